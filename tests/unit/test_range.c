// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "server/http/http.h"

static void range_is_read_as_rfc_9110_says(void **state)
{
    static const struct {
        const char *value;
        uint64_t size;
        int rc;
        uint64_t off, len;
    } table[] = {
        {"bytes=0-", 100, 0, 0, 100},
        {"bytes=40-", 100, 0, 40, 60},
        {"BYTES=40-49", 100, 0, 40, 10},
        {"bytes=99-99", 100, 0, 99, 1},
        {"bytes=90-1000", 100, 0, 90, 10},
        {"bytes=5-18446744073709551615", 100, 0, 5, 95},
        {"bytes=5-99999999999999999999999", 100, 0, 5, 95},
        {"bytes=-1", 100, 0, 99, 1},
        {"bytes=-1000", 100, 0, 0, 100},
        {"bytes=100-", 100, -1, 0, 0},
        {"bytes=99999999999999999999999-", 100, -1, 0, 0},
        {"bytes=0-", 0, -1, 0, 0},
        {"bytes=-0", 100, -1, 0, 0},
        {"bytes=-5", 0, -1, 0, 0},
        {"bytes=5-4", 100, 1, 0, 0},
        {"bytes=0-1,3-4", 100, 1, 0, 0},
        {"bytes=", 100, 1, 0, 0},
        {"bytes=-", 100, 1, 0, 0},
        {"bytes=5", 100, 1, 0, 0},
        {"bytes=a-", 100, 1, 0, 0},
        {"bytes= 5-", 100, 1, 0, 0},
        {"bytes=5-6x", 100, 1, 0, 0},
        {"bytes=-5-6", 100, 1, 0, 0},
        {"items=0-5", 100, 1, 0, 0},
        {"", 100, 1, 0, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        uint64_t off = 0, len = 0;
        struct http_str value = {table[i].value, strlen(table[i].value)};
        int rc = http_range_parse(value, table[i].size, &off, &len);

        if (rc != table[i].rc || off != table[i].off || len != table[i].len)
            fail_msg("%s: %d %llu %llu", table[i].value, rc, (unsigned long long)off,
                     (unsigned long long)len);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(range_is_read_as_rfc_9110_says)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
