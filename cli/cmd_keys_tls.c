// SPDX-License-Identifier: MIT
/* otaria keys pin, keys anchors: what a device needs to know of its server's certificate. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/hex.h"
#include "cli/anchors.h"
#include "cli/cli.h"

struct options {
    const char *path, *output;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct options *o = state->input;

    switch (key) {
    case 'o':
        o->output = arg;
        return 0;
    case ARGP_KEY_ARG:
        if (o->path)
            argp_error(state, "one file, please; \"%s\" is a second", arg);
        o->path = arg;
        return 0;
    case ARGP_KEY_END:
        cli_need(state, o->path, "CERT.pem");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* ---- keys pin ---- */

static const struct argp pin_argp = {
    NULL,
    parse,
    "CERT.pem",
    "Print the pin of a server's certificate: the SHA-256 of its public key "
    "(SubjectPublicKeyInfo). - reads standard input."
    "\v"
    "A device with this pin talks TLS with whoever has that key, and with nobody else; a new "
    "certificate for the same key needs no new pin. Compile the pins of two keys into the "
    "firmware, the second for the day on which the first is lost.\n"
    "\n"
    "  otaria keys pin server.pem\n"
    "  openssl s_client -connect ota.example.org:443 </dev/null | otaria keys pin -",
    NULL,
    NULL,
    NULL,
};

int keys_pin(int argc, char **argv)
{
    struct options o = {0};
    struct err err;
    uint8_t pin[32];
    char hex[HEX_SIZE(32)];

    cli_parse(&pin_argp, argc, argv, &o);
    if (anchors_pin(o.path, pin, &err) < 0)
        return cli_fail(&err);
    hex_encode(hex, pin, sizeof pin);
    printf("%s\n", hex);
    return 0;
}

/* ---- keys anchors ---- */

static const struct argp_option anchors_options[] = {
    {"output", 'o', "FILE.h", 0, "Where to write the header; - is standard output", 0},
    {0},
};

static const struct argp anchors_argp = {
    anchors_options,
    parse,
    "CA.pem",
    "Write the certificates of a PEM file as a C header for the firmware: the authorities that a "
    "device with tls = ca trusts."
    "\v"
    "  otaria keys anchors ca.pem -o otaria_anchors.h\n"
    "\n"
    "In the firmware: otaria_tls_ca_init(&ca, otaria_anchors, OTARIA_ANCHORS_CNT).",
    NULL,
    NULL,
    NULL,
};

static void print_bytes(FILE *out, const char *name, size_t i, const unsigned char *p, size_t len)
{
    fprintf(out, "static const unsigned char otaria_anchor_%zu_%s[] = {", i, name);
    for (size_t k = 0; k < len; k++)
        fprintf(out, "%s0x%02x%s", k % 13 ? " " : "\n    ", p[k], k + 1 < len ? "," : "};\n");
}

static void print_parts(FILE *out, size_t i, const br_x509_trust_anchor *a)
{
    print_bytes(out, "dn", i, a->dn.data, a->dn.len);
    if (a->pkey.key_type == BR_KEYTYPE_EC) {
        print_bytes(out, "q", i, a->pkey.key.ec.q, a->pkey.key.ec.qlen);
    } else {
        print_bytes(out, "n", i, a->pkey.key.rsa.n, a->pkey.key.rsa.nlen);
        print_bytes(out, "e", i, a->pkey.key.rsa.e, a->pkey.key.rsa.elen);
    }
    fputc('\n', out);
}

/* BearSSL's fields point to bytes that it could write to, and never does. */
static void print_anchor(FILE *out, size_t i, const br_x509_trust_anchor *a)
{
    fprintf(out,
            "    {{(unsigned char *)otaria_anchor_%zu_dn, sizeof otaria_anchor_%zu_dn},\n"
            "     BR_X509_TA_CA,\n",
            i, i);
    if (a->pkey.key_type == BR_KEYTYPE_EC)
        fprintf(out,
                "     {BR_KEYTYPE_EC,\n"
                "      {.ec = {BR_EC_secp256r1, (unsigned char *)otaria_anchor_%zu_q, sizeof "
                "otaria_anchor_%zu_q}}}},\n",
                i, i);
    else
        fprintf(out,
                "     {BR_KEYTYPE_RSA,\n"
                "      {.rsa = {(unsigned char *)otaria_anchor_%zu_n, sizeof otaria_anchor_%zu_n,\n"
                "               (unsigned char *)otaria_anchor_%zu_e, sizeof "
                "otaria_anchor_%zu_e}}}},\n",
                i, i, i, i);
}

static char *format(const struct anchors *anchors, size_t *len)
{
    char *text = NULL;
    FILE *out = open_memstream(&text, len);

    if (!out)
        abort();
    fprintf(out,
            "/* Made by `otaria keys anchors`: the authorities that this firmware trusts. */\n"
            "#ifndef OTARIA_ANCHORS_H\n"
            "#define OTARIA_ANCHORS_H\n\n"
            "#include <bearssl/bearssl_x509.h>\n\n"
            "#define OTARIA_ANCHORS_CNT %zu\n\n",
            anchors->cnt);
    for (size_t i = 0; i < anchors->cnt; i++)
        print_parts(out, i, &anchors->anchor[i]);
    fprintf(out, "static const br_x509_trust_anchor otaria_anchors[OTARIA_ANCHORS_CNT] = {\n");
    for (size_t i = 0; i < anchors->cnt; i++)
        print_anchor(out, i, &anchors->anchor[i]);
    fprintf(out, "};\n\n#endif\n");
    fclose(out);
    return text;
}

int keys_anchors(int argc, char **argv)
{
    struct options o = {0};
    struct anchors anchors;
    struct err err;
    size_t len = 0;
    char *text;
    int ret = 0;

    cli_parse(&anchors_argp, argc, argv, &o);
    if (!o.output)
        o.output = "-";
    if (anchors_load(o.path, &anchors, &err) < 0)
        return cli_fail(&err);
    text = format(&anchors, &len);
    anchors_free(&anchors);
    if (strcmp(o.output, "-") == 0)
        fwrite(text, 1, len, stdout);
    else
        ret = file_write_atomic(o.output, text, len, 0644, &err);
    free(text);
    return ret < 0 ? cli_fail(&err) : 0;
}
