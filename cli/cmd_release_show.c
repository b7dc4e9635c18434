// SPDX-License-Identifier: MIT
/* otaria release show: what a file says, whoever wrote it. Nothing here is a verdict. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <otaria/cbor.h>

#include "base/file.h"
#include "base/hex.h"
#include "base/xalloc.h"
#include "cli/cli.h"
#include "release/release.h"

struct options {
    const char *suit;
    bool json;
};

static const struct argp_option argp_options[] = {
    {"json", 'j', NULL, 0, "Print JSON", 0},
    {0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct options *o = state->input;

    switch (key) {
    case 'j':
        o->json = true;
        return 0;
    case ARGP_KEY_ARG:
        if (o->suit)
            argp_error(state, "one FILE.suit, please; \"%s\" is a second", arg);
        o->suit = arg;
        return 0;
    case ARGP_KEY_END:
        cli_need(state, o->suit, "FILE.suit");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp argp = {
    argp_options,
    parse,
    "FILE.suit",
    "Print what a release says. Signatures are listed and NOT verified: that is what \"release "
    "verify\" is for.",
    NULL,
    NULL,
    NULL,
};

static json_t *hex_of(const uint8_t *p, size_t len)
{
    char *text = xmalloc(HEX_SIZE(len));
    json_t *value;

    hex_encode(text, p, len);
    value = json_string(text);
    free(text);
    return value;
}

/* Bytes that anyone may have chosen, as JSON text: a control character or a broken one is shown as '?'. */
static json_t *text_of(struct otaria_span s)
{
    char *text = xmalloc(s.len + 1);
    json_t *value;

    for (size_t i = 0; i < s.len; i++)
        text[i] = s.p[i] >= 0x20 && s.p[i] < 0x7F ? (char)s.p[i] : '?';
    value = json_stringn(text, s.len);
    free(text);
    return value;
}

static const char *algorithm_name(int64_t alg)
{
    return alg == -9 ? "ESP256" : alg == -7 ? "ES256" : alg == -46 ? "HSS-LMS" : "unknown";
}

/* One block; the decoder has checked its form. */
static json_t *block_of(struct otaria_span block)
{
    struct otaria_cbor_reader r, header;
    struct otaria_span protected, kid = {NULL, 0}, signature;
    json_t *value = json_object();
    int64_t alg;

    otaria_cbor_open(&r, block.p, block.len);
    otaria_cbor_tag(&r);
    otaria_cbor_array(&r);
    protected = otaria_cbor_bytes(&r);
    otaria_cbor_open(&header, protected.p, protected.len);
    otaria_cbor_map(&header);
    otaria_cbor_int(&header);
    alg = otaria_cbor_int(&header);
    if (otaria_cbor_map(&r) == 1) {
        otaria_cbor_uint(&r);
        kid = otaria_cbor_bytes(&r);
    }
    otaria_cbor_null(&r);
    signature = otaria_cbor_bytes(&r);
    json_object_set_new(value, "alg", json_integer(alg));
    json_object_set_new(value, "name", json_string(algorithm_name(alg)));
    if (kid.len > 0)
        json_object_set_new(value, "key_id", hex_of(kid.p, kid.len));
    json_object_set_new(value, "signature", hex_of(signature.p, signature.len));
    return value;
}

static json_t *blocks_of(const struct otaria_manifest *m)
{
    struct otaria_cbor_reader r;
    json_t *list = json_array();

    otaria_cbor_open(&r, m->blocks.p, m->blocks.len);
    for (unsigned i = 0; i < m->blocks_cnt && !r.failed; i++)
        json_array_append_new(list, block_of(otaria_cbor_bytes(&r)));
    return list;
}

static json_t *components_of(const struct otaria_manifest *m)
{
    json_t *list = json_array();

    for (unsigned i = 0; i < m->components_cnt; i++) {
        const struct otaria_component *c = &m->component[i];
        json_t *value = json_pack("{s:s, s:I, s:o}", "component", i ? "fs" : "app", "size",
                                  (json_int_t)c->size, "sha256", hex_of(c->digest, 32));

        if (c->uri.len > 0)
            json_object_set_new(value, "uri", text_of(c->uri));
        json_array_append_new(list, value);
    }
    return list;
}

static json_t *document_of(const struct otaria_manifest *m)
{
    struct release_text t;
    struct otaria_manifest_text spans;
    struct err err;
    json_t *value = json_object();

    if (m->text.len > 0 && otaria_manifest_text(m, &spans) == 0) {
        json_object_set_new(value, "version", text_of(spans.version));
        json_object_set_new(value, "vendor", text_of(spans.vendor));
        json_object_set_new(value, "class", text_of(spans.class_text));
    }
    if (release_text_check(m, &t, &err) < 0)
        json_object_set_new(value, "text_problem", json_string(err.text));
    json_object_set_new(value, "seq", json_integer((json_int_t)m->seq));
    json_object_set_new(value, "vendor_id", hex_of(m->vendor, 16));
    json_object_set_new(value, "class_id", hex_of(m->class_id, 16));
    json_object_set_new(value, "components", components_of(m));
    json_object_set_new(value, "digest", hex_of(m->digest, 32));
    json_object_set_new(value, "signatures", blocks_of(m));
    json_object_set_new(value, "signatures_verified", json_false());
    return value;
}

static void print_line(const char *label, const json_t *text)
{
    if (text)
        printf("%-11s %s\n", label, json_string_value(text));
}

/* Sequences are times unless somebody chose otherwise. */
static void print_seq(uint64_t seq)
{
    time_t t = (time_t)seq;
    struct tm tm;
    char when[64] = "";

    if (seq >= 1577836800 && seq < 4102444800 && gmtime_r(&t, &tm))
        strftime(when, sizeof when, " (%Y-%m-%d %H:%M:%S UTC, if it is a time)", &tm);
    printf("%-11s %llu%s\n", "sequence", (unsigned long long)seq, when);
}

static void print_words(const struct otaria_manifest *m, const json_t *doc)
{
    const json_t *item;
    size_t i;

    print_line("version", json_object_get(doc, "version"));
    print_line("class", json_object_get(doc, "class"));
    print_line("vendor", json_object_get(doc, "vendor"));
    print_line("text", json_object_get(doc, "text_problem"));
    print_seq(m->seq);
    print_line("vendor id", json_object_get(doc, "vendor_id"));
    print_line("class id", json_object_get(doc, "class_id"));
    json_array_foreach(json_object_get(doc, "components"), i, item)
    {
        printf("%-11s %llu bytes, sha256 %s\n", i ? "filesystem" : "image",
               (unsigned long long)json_integer_value(json_object_get(item, "size")),
               json_string_value(json_object_get(item, "sha256")));
        print_line("  from", json_object_get(item, "uri"));
    }
    print_line("digest", json_object_get(doc, "digest"));
    json_array_foreach(json_object_get(doc, "signatures"), i, item)
    {
        const json_t *kid = json_object_get(item, "key_id");

        printf("%-11s %s (%lld), key id %s, NOT verified\n", "signature",
               json_string_value(json_object_get(item, "name")),
               (long long)json_integer_value(json_object_get(item, "alg")),
               kid ? json_string_value(kid) : "none");
    }
    if (json_array_size(json_object_get(doc, "signatures")) == 0)
        printf("%-11s none\n", "signature");
}

int cmd_release_show(int argc, char **argv)
{
    struct options o = {0};
    struct otaria_manifest m;
    struct err err = {0};
    uint8_t *suit;
    size_t len;
    json_t *doc;
    int code;

    cli_parse(&argp, argc, argv, &o);
    if (file_read(o.suit, (size_t)1 << 20, &suit, &len, &err) < 0)
        return cli_fail(&err);
    code = otaria_manifest_decode(&m, suit, len);
    if (code < 0) {
        err_set(&err, ERR_FAILED, "%s: %s (%d): %s", o.suit, otaria_error_name(code), code,
                otaria_error_sentence(code));
        free(suit);
        return cli_fail(&err);
    }
    doc = document_of(&m);
    if (o.json) {
        cli_print_json(doc);
    } else {
        print_words(&m, doc);
        json_decref(doc);
    }
    free(suit);
    return 0;
}
