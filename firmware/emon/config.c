// SPDX-License-Identifier: MIT
/* Keys and values. config_store.c has the flash. */
#include "config.h"

#include <otaria/agent.h>
#include <otaria/crypto.h>
#include <string.h>

static const char key_name[EMON_KEYS][16] = {
    [EMON_KEY_NODE] = "node",
    [EMON_KEY_SERVER] = "server",
    [EMON_KEY_POLL] = "poll",
    [EMON_KEY_POLICY] = "policy",
    [EMON_KEY_PASSWORD] = "password",
    [EMON_KEY_TLS] = "tls",
    [EMON_KEY_PINS] = "pins",
    [EMON_KEY_NETWORK_GIVE_UP] = "network-give-up",
    [EMON_KEY_SOURCE_GIVE_UP] = "source-give-up",
    [EMON_KEY_HEALTHY_AFTER] = "healthy-after",
    [EMON_KEY_POLL_MINIMUM] = "poll-minimum",
};

_Static_assert(EMON_SERVER_MAX == OTARIA_URI_MAX, "a server that the agent takes must fit");

void emon_config_defaults(struct emon_config *c, const char *server)
{
    memset(c, 0, sizeof *c);
    memcpy(c->node, "emon", 5);
    (void)emon_config_set(c, EMON_KEY_SERVER, server, strlen(server));
}

enum emon_key emon_config_key(const char *name, size_t len)
{
    unsigned key = 0;

    while (key < EMON_KEYS && (len > sizeof key_name[0] || strlen(key_name[key]) != len ||
                               memcmp(key_name[key], name, len) != 0))
        key++;
    return (enum emon_key)key;
}

void emon_config_put_name(enum emon_key key, struct emon_text *out)
{
    emon_put_string(out, key_name[key]);
}

/* ---- values ---- */

static bool is(const char *value, size_t len, const char *word)
{
    return len == strlen(word) && memcmp(value, word, len) == 0;
}

static bool is_label_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
}

static bool set_node(struct emon_config *c, const char *value, size_t len)
{
    if (len == 0 || len > EMON_NODE_MAX || value[0] == '-' || value[len - 1] == '-')
        return false;
    for (size_t i = 0; i < len; i++) {
        if (!is_label_byte(value[i]))
            return false;
    }
    memcpy(c->node, value, len);
    c->node[len] = 0;
    return true;
}

static bool set_server(struct emon_config *c, const char *value, size_t len)
{
    struct otaria_server parts;
    char url[EMON_SERVER_MAX + 1];

    if (len > EMON_SERVER_MAX || memchr(value, 0, len))
        return false;
    memcpy(url, value, len);
    url[len] = 0;
    if (otaria_server_parse(url, &parts) < 0)
        return false;
    memcpy(c->server, url, len + 1);
    return true;
}

static bool set_seconds(uint32_t *seconds, const char *value, size_t len)
{
    uint32_t v = 0;

    for (size_t i = 0; i < len; i++) {
        if (value[i] < '0' || value[i] > '9')
            return false;
        v = v * 10 + (uint32_t)(value[i] - '0');
    }
    if (len == 0 || len > 8)
        return false;
    *seconds = v;
    return true;
}

static bool set_choice(bool *second, const char *value, size_t len, const char *a, const char *b)
{
    if (!is(value, len, a) && !is(value, len, b))
        return false;
    *second = is(value, len, b);
    return true;
}

/* In the order of enum emon_tls. */
static const char tls_word[][4] = {"pin", "ca", "any"};

static bool set_tls(struct emon_config *c, const char *value, size_t len)
{
    for (unsigned i = 0; i < sizeof tls_word / sizeof tls_word[0]; i++) {
        if (is(value, len, tls_word[i])) {
            c->tls = (enum emon_tls)i;
            return true;
        }
    }
    return false;
}

static unsigned hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return (unsigned)(c - '0');
    return c >= 'a' && c <= 'f' ? (unsigned)(c - 'a' + 10) : 16;
}

static bool take_hex(uint8_t *out, size_t len, const char *digits)
{
    for (size_t i = 0; i < len; i++) {
        unsigned high = hex_value(digits[2 * i]), low = hex_value(digits[2 * i + 1]);

        if (high > 15 || low > 15)
            return false;
        out[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

static bool set_pins(struct emon_config *c, const char *value, size_t len)
{
    uint8_t pin[EMON_PINS_MAX][32];
    unsigned cnt = 0;

    for (size_t at = 0; at < len; at += 65, cnt++) {
        if (cnt == EMON_PINS_MAX || len - at < 64 || !take_hex(pin[cnt], 32, value + at) ||
            (len - at > 64 && (value[at + 64] != ',' || len - at == 65)))
            return false;
    }
    c->pins_cnt = cnt;
    memcpy(c->pin, pin, cnt * sizeof pin[0]);
    return true;
}

static bool set_password(struct emon_config *c, const char *value, size_t len)
{
    uint8_t salt[16], password[32];

    if (len != 32 + 1 + 64 || value[32] != ':' || !take_hex(salt, sizeof salt, value) ||
        !take_hex(password, sizeof password, value + 33))
        return false;
    memcpy(c->salt, salt, sizeof salt);
    memcpy(c->password, password, sizeof password);
    c->has_password = true;
    return true;
}

bool emon_config_set(struct emon_config *c, enum emon_key key, const char *value, size_t len)
{
    switch (key) {
    case EMON_KEY_NODE:
        return set_node(c, value, len);
    case EMON_KEY_SERVER:
        return set_server(c, value, len);
    case EMON_KEY_POLL:
        return set_seconds(&c->poll_s, value, len);
    case EMON_KEY_POLICY:
        return set_choice(&c->ask, value, len, "auto", "ask");
    case EMON_KEY_PASSWORD:
        return set_password(c, value, len);
    case EMON_KEY_TLS:
        return set_tls(c, value, len);
    case EMON_KEY_PINS:
        return set_pins(c, value, len);
    case EMON_KEY_NETWORK_GIVE_UP:
        return set_seconds(&c->network_give_up_s, value, len);
    case EMON_KEY_SOURCE_GIVE_UP:
        return set_seconds(&c->source_give_up_s, value, len);
    case EMON_KEY_HEALTHY_AFTER:
        return set_seconds(&c->healthy_after_s, value, len);
    case EMON_KEY_POLL_MINIMUM:
        return set_seconds(&c->poll_min_s, value, len);
    case EMON_KEYS:
        break;
    }
    return false;
}

static void put_pins(const struct emon_config *c, struct emon_text *out)
{
    for (unsigned i = 0; i < c->pins_cnt; i++) {
        if (i)
            emon_put(out, ",", 1);
        emon_put_hex(out, c->pin[i], 32);
    }
}

static void put_password(const struct emon_config *c, struct emon_text *out)
{
    if (!c->has_password)
        return;
    emon_put_hex(out, c->salt, sizeof c->salt);
    emon_put(out, ":", 1);
    emon_put_hex(out, c->password, sizeof c->password);
}

void emon_config_put(const struct emon_config *c, enum emon_key key, struct emon_text *out)
{
    switch (key) {
    case EMON_KEY_NODE:
        emon_put_string(out, c->node);
        break;
    case EMON_KEY_SERVER:
        emon_put_string(out, c->server);
        break;
    case EMON_KEY_POLL:
        emon_put_u32(out, c->poll_s);
        break;
    case EMON_KEY_POLICY:
        emon_put_string(out, c->ask ? "ask" : "auto");
        break;
    case EMON_KEY_PASSWORD:
        put_password(c, out);
        break;
    case EMON_KEY_TLS:
        emon_put_string(out, tls_word[c->tls]);
        break;
    case EMON_KEY_PINS:
        put_pins(c, out);
        break;
    case EMON_KEY_NETWORK_GIVE_UP:
        emon_put_u32(out, c->network_give_up_s);
        break;
    case EMON_KEY_SOURCE_GIVE_UP:
        emon_put_u32(out, c->source_give_up_s);
        break;
    case EMON_KEY_HEALTHY_AFTER:
        emon_put_u32(out, c->healthy_after_s);
        break;
    case EMON_KEY_POLL_MINIMUM:
        emon_put_u32(out, c->poll_min_s);
        break;
    case EMON_KEYS:
        break;
    }
}

/* ---- lines ---- */

unsigned emon_config_read(struct emon_config *c, const char *text, size_t len)
{
    unsigned useless = 0;

    while (len > 0) {
        const char *end = memchr(text, '\n', len);
        size_t line = end ? (size_t)(end - text) : len;
        const char *equals = memchr(text, '=', line);
        size_t name = equals ? (size_t)(equals - text) : line;

        if (!equals ||
            !emon_config_set(c, emon_config_key(text, name), text + name + 1, line - name - 1))
            useless++;
        text += line + (end != NULL);
        len -= line + (end != NULL);
    }
    return useless;
}

/* ---- the password ---- */

bool emon_password_possible(const char *password, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (password[i] < ' ' || password[i] > '~')
            return false;
    }
    /* A header field's value ends where its last visible character does. */
    return len >= EMON_PASSWORD_MIN && len <= EMON_PASSWORD_MAX && password[0] != ' ' &&
           password[len - 1] != ' ';
}

static void salted(const uint8_t salt[16], const char *password, size_t len, uint8_t out[32])
{
    struct otaria_sha256 hash;

    otaria_sha256_init(&hash, NULL, 0);
    otaria_sha256_update(&hash, salt, 16);
    otaria_sha256_update(&hash, password, len);
    otaria_sha256_final(&hash, out);
    otaria_wipe(&hash, sizeof hash);
}

void emon_password_set(struct emon_config *c, const uint8_t salt[16], const char *password,
                       size_t len)
{
    memcpy(c->salt, salt, sizeof c->salt);
    salted(c->salt, password, len, c->password);
    c->has_password = true;
}

bool emon_password_matches(const struct emon_config *c, const char *password, size_t len)
{
    uint8_t digest[32], differs = !c->has_password;

    salted(c->salt, password, len, digest);
    for (unsigned i = 0; i < sizeof digest; i++)
        differs |= digest[i] ^ c->password[i];
    otaria_wipe(digest, sizeof digest);
    return !differs;
}
