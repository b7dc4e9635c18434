// SPDX-License-Identifier: MIT
/* device/src/poll.c and poll_server.c: every vector of spec/vectors/poll, and that both halves agree. */
#include <otaria/poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/hex.h"
#include "base/xalloc.h"
#include "tests/guard.h"

#define FOLDER OTARIA_SOURCE_DIR "/spec/vectors/poll/"

static struct guard guard;

/* ---- what the index says a message means ---- */

static const char *hex_or(char out[HEX_SIZE(32)], const uint8_t *p, size_t len)
{
    hex_encode(out, p, len);
    return out;
}

static char *request_line(const struct otaria_poll_request *r)
{
    char id[HEX_SIZE(32)], vendor[HEX_SIZE(32)], class_id[HEX_SIZE(32)], sha[HEX_SIZE(32)];
    char nonce[HEX_SIZE(32)], running[HEX_SIZE(32)] = "-", eight[HEX_SIZE(32)], result[96] = "-";

    if (r->has_running_manifest)
        hex_encode(running, r->running_manifest, 32);
    if (r->has_result)
        snprintf(result, sizeof result, "%d:%s", r->result, hex_or(eight, r->result_manifest, 8));
    return xasprintf("id=%s vendor=%s class=%s seq=%llu sha256=%s nonce=%s state=%u result=%s "
                     "boots=%u version=%s uptime=%lu heap=%lu rssi=%d reset=%s capabilities=%lu "
                     "running=%s counter=%llu",
                     hex_or(id, r->id, r->id_len), hex_or(vendor, r->vendor, 16),
                     hex_or(class_id, r->class_id, 16), (unsigned long long)r->confirmed_seq,
                     hex_or(sha, r->running_sha256, 32), hex_or(nonce, r->nonce, 16), r->state,
                     result, r->trial_boots, *r->version ? r->version : "-",
                     (unsigned long)r->uptime_s, (unsigned long)r->free_heap, r->rssi,
                     *r->reset_reason ? r->reset_reason : "-", (unsigned long)r->capabilities,
                     running, (unsigned long long)r->counter);
}

static char *response_line(const struct otaria_poll_response *r)
{
    char *payloads = xstrdup(r->payloads_cnt ? "" : "-"), *line;

    for (unsigned i = 0; i < r->payloads_cnt; i++) {
        const struct otaria_poll_payload *p = &r->payload[i];
        char *more =
            xasprintf("%s%s%u:%.*s:%u:%lu", payloads, i ? "," : "", p->component, (int)p->path.len,
                      (const char *)p->path.p, p->encoding, (unsigned long)p->size);

        free(payloads);
        payloads = more;
    }
    line = xasprintf("m_len=%zu again=%lu payloads=%s version=%.*s", r->manifest.len,
                     (unsigned long)r->again_s, payloads, r->version.len ? (int)r->version.len : 1,
                     r->version.len ? (const char *)r->version.p : "-");
    free(payloads);
    return line;
}

/* ---- vectors ---- */

struct row {
    char *name, *file, *kind, *expected, *decoded;
};

static bool next_row(char **at, struct row *row)
{
    char *line = strsep(at, "\n");

    if (!line || !*line)
        return false;
    row->name = strsep(&line, "\t");
    row->file = strsep(&line, "\t");
    row->kind = strsep(&line, "\t");
    row->expected = strsep(&line, "\t");
    row->decoded = strsep(&line, "\t");
    assert_non_null(row->decoded);
    return true;
}

static int decode(const char *kind, const uint8_t *data, size_t len, char **line)
{
    struct otaria_poll_request request;
    struct otaria_poll_response response;
    const uint8_t *p = guard_copy(&guard, data, len);
    int result;

    *line = NULL;
    if (strcmp(kind, "request") == 0) {
        result = otaria_poll_request_read(&request, p, len);
        *line = result == 0 ? request_line(&request) : NULL;
    } else {
        result = otaria_poll_response_read(&response, p, len);
        *line = result == 0 ? response_line(&response) : NULL;
    }
    return result;
}

static void every_vector_gives_what_the_index_says(void **state)
{
    uint8_t *index, *data;
    size_t len;
    char *at, *path, *line;
    struct row row;
    unsigned good = 0, bad = 0;

    (void)state;
    assert_int_equal(file_read(FOLDER "index.tsv", 1 << 20, &index, &len, NULL), 0);
    at = (char *)index;
    assert_true(next_row(&at, &row)); /* the head */
    while (next_row(&at, &row)) {
        path = xasprintf(FOLDER "%s", row.file);
        assert_int_equal(file_read(path, 1 << 16, &data, &len, NULL), 0);
        if (strcmp(row.expected, "accepted") == 0) {
            assert_int_equal(decode(row.kind, data, len, &line), 0);
            assert_string_equal(line, row.decoded);
            free(line);
            good++;
        } else {
            assert_string_equal(row.expected, "POLL");
            if (decode(row.kind, data, len, &line) != OTARIA_E_POLL)
                fail_msg("%s was accepted", row.name);
            bad++;
        }
        free(data);
        free(path);
    }
    free(index);
    assert_true(good >= 30 && bad >= 100);
}

static void every_truncation_and_no_bit_flip_reads_outside(void **state)
{
    static const char *const names[] = {"request-full", "response-full"};
    uint8_t *data;
    size_t len;
    char *path, *line;

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        const char *kind = i ? "response" : "request";

        path = xasprintf(FOLDER "%s.cbor", names[i]);
        assert_int_equal(file_read(path, 1 << 16, &data, &len, NULL), 0);
        for (size_t cut = 0; cut < len; cut++)
            assert_int_equal(decode(kind, data, cut, &line), OTARIA_E_POLL);
        for (size_t bit = 0; bit < len * 8; bit++) {
            data[bit / 8] ^= (uint8_t)(1 << bit % 8);
            int result = decode(kind, data, len, &line);
            assert_true(result == 0 || result == OTARIA_E_POLL);
            free(line);
            data[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
        free(data);
        free(path);
    }
}

/* ---- both halves ---- */

static void largest_request(struct otaria_poll_request *r)
{
    memset(r, 0xFF, sizeof *r);
    r->id_len = 16;
    r->has_result = r->has_running_manifest = true;
    r->result = INT32_MIN;
    r->rssi = INT32_MIN;
    memset(r->version, 'v', OTARIA_VERSION_MAX);
    r->version[OTARIA_VERSION_MAX] = 0;
    memset(r->reset_reason, 'r', OTARIA_POLL_REASON_MAX);
    r->reset_reason[OTARIA_POLL_REASON_MAX] = 0;
}

static void the_largest_request_fits_and_comes_back(void **state)
{
    struct otaria_poll_request in, out;
    uint8_t buf[OTARIA_POLL_REQUEST_MAX];
    size_t len;

    (void)state;
    largest_request(&in);
    assert_int_equal(otaria_poll_request_write(&in, buf, sizeof buf, &len), 0);
    assert_int_equal(otaria_poll_request_read(&out, buf, len), 0);
    char *a = request_line(&in), *b = request_line(&out);
    assert_string_equal(a, b);
    free(a);
    free(b);
    for (size_t max = 0; max < len; max++) {
        size_t got;

        assert_int_equal(otaria_poll_request_write(&in, guard_tail(&guard, max), max, &got),
                         OTARIA_E_BUFFER);
        assert_int_equal(got, 0);
    }
}

static void the_largest_response_fits_and_comes_back(void **state)
{
    uint8_t manifest[OTARIA_ENVELOPE_MAX] = {1}, buf[OTARIA_POLL_RESPONSE_MAX];
    char path[OTARIA_POLL_PATH_LEN + 1] = "/b/", version[] = "12345678901234567890123456789012";
    struct otaria_poll_response in = {.manifest = {manifest, sizeof manifest},
                                      .again_s = UINT32_MAX},
                                out;
    size_t len;

    (void)state;
    memset(path + 3, 'a', 64);
    in.version = (struct otaria_span){(const uint8_t *)version, 32};
    in.payloads_cnt = 3;
    for (unsigned i = 0; i < 3; i++)
        in.payload[i] =
            (struct otaria_poll_payload){.component = i % 2,
                                         .encoding = i,
                                         .size = UINT32_MAX,
                                         .path = {(const uint8_t *)path, OTARIA_POLL_PATH_LEN}};
    assert_int_equal(otaria_poll_response_write(&in, buf, sizeof buf, &len), 0);
    assert_int_equal(otaria_poll_response_read(&out, buf, len), 0);
    char *a = response_line(&in), *b = response_line(&out);
    assert_string_equal(a, b);
    free(a);
    free(b);
    assert_int_equal(otaria_poll_response_write(&in, buf, len - 1, &len), OTARIA_E_BUFFER);
}

static void a_path_is_b_and_64_lower_case_digits_and_nothing_else(void **state)
{
    char path[] = "/b/0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    (void)state;
    assert_true(otaria_poll_path_ok((uint8_t *)path, 67));
    assert_false(otaria_poll_path_ok((uint8_t *)path, 66));
    for (size_t i = 0; i < 67; i++) {
        char kept = path[i];

        for (int c = 0; c < 256; c++) {
            bool digit = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');

            path[i] = (char)c;
            assert_int_equal(otaria_poll_path_ok((uint8_t *)path, 67),
                             i < 3 ? (char)c == kept : digit);
        }
        path[i] = kept;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_vector_gives_what_the_index_says),
        cmocka_unit_test(every_truncation_and_no_bit_flip_reads_outside),
        cmocka_unit_test(the_largest_request_fits_and_comes_back),
        cmocka_unit_test(the_largest_response_fits_and_comes_back),
        cmocka_unit_test(a_path_is_b_and_64_lower_case_digits_and_nothing_else),
    };

    guard_open(&guard, 1 << 16);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
