// SPDX-License-Identifier: MIT
/*
 * Bytes of a connection to emon's page, whole and in pieces as the first byte says: the same answer, which is an HTTP
 * answer; and nothing was done for anyone who did not bring the password.
 */
#include <stdlib.h>
#include <string.h>

#include "firmware/emon/page.h"
#include "firmware/emon/web.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define PASSWORD "correct horse"

EMON_TEXT(status_text, "{\"node\":@n}\n");

static struct emon_config config;
static unsigned deeds;

static uint64_t now_ms(void *ctx)
{
    (void)ctx;
    return 5;
}

static void random_bytes(void *ctx, void *out, size_t len)
{
    (void)ctx;
    memset(out, 7, len);
}

static int configure(void *ctx, const struct emon_config *next)
{
    (void)ctx;
    config = *next;
    deeds++;
    return 0;
}

static int act(void *ctx, enum emon_action action)
{
    (void)ctx;
    deeds++;
    return action == EMON_REVERT ? OTARIA_E_NO_PREVIOUS : 0;
}

static bool put(void *ctx, char field, unsigned index, struct emon_text *out)
{
    (void)ctx;
    (void)field;
    (void)index;
    emon_put_json(out, config.node, strlen(config.node));
    return false;
}

static const struct emon_web_app app = {.now_ms = now_ms,
                                        .random = random_bytes,
                                        .config = &config,
                                        .configure = configure,
                                        .act = act,
                                        .put = put,
                                        .status = status_text.word,
                                        .firmware = status_text.word};

static void check(bool holds)
{
    if (!holds)
        abort();
}

static size_t answer(const uint8_t *data, size_t len, size_t piece, uint8_t *out, size_t max)
{
    static struct emon_web web;
    const uint8_t salt[16] = {1}, *p;
    size_t out_len = 0, n;
    int i;

    emon_config_defaults(&config, "http://ota.example");
    emon_password_set(&config, salt, PASSWORD, strlen(PASSWORD));
    deeds = 0;
    emon_web_init(&web, &app);
    i = emon_web_open(&web);
    check(i >= 0);
    for (size_t at = 0; at < len; at += piece)
        emon_web_input(&web, (unsigned)i, data + at, len - at < piece ? len - at : piece);
    while ((n = emon_web_output(&web, (unsigned)i, &p)) > 0) {
        check(n <= max - out_len);
        memcpy(out + out_len, p, n);
        out_len += n;
        emon_web_sent(&web, (unsigned)i, n);
    }
    check(emon_web_finished(&web, (unsigned)i) == (out_len > 0));
    return out_len;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static uint8_t whole[16384], split[16384];
    size_t whole_len, piece;

    if (len == 0)
        return 0;
    piece = (size_t)data[0] + 1;
    whole_len = answer(data + 1, len - 1, len, whole, sizeof whole);
    check(whole_len == 0 || memcmp(whole, "HTTP/1.1 ", 9) == 0);
    check(!deeds || memmem(data, len, PASSWORD, strlen(PASSWORD)));
    check(answer(data + 1, len - 1, piece, split, sizeof split) == whole_len);
    check(memcmp(whole, split, whole_len) == 0);
    return 0;
}
