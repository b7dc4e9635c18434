// SPDX-License-Identifier: MIT
/* Lines of emon's configuration: what was read, written out again and read, is the same configuration. */
#include <stdlib.h>
#include <string.h>

#include "firmware/emon/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check(bool holds)
{
    if (!holds)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct emon_config c, again;
    char text[EMON_CONFIG_TEXT_MAX];
    struct emon_text out = {.p = text, .max = sizeof text};

    emon_config_defaults(&c, "http://ota.example");
    emon_config_defaults(&again, "http://ota.example");
    (void)emon_config_read(&c, (const char *)data, len);
    check(strlen(c.node) >= 1 && strlen(c.node) <= EMON_NODE_MAX);
    check(strlen(c.server) >= 8 && c.pins_cnt <= EMON_PINS_MAX);
    for (unsigned key = 0; key < EMON_KEYS; key++) {
        if (key == EMON_KEY_PASSWORD && !c.has_password)
            continue;
        emon_config_put_name((enum emon_key)key, &out);
        emon_put(&out, "=", 1);
        emon_config_put(&c, (enum emon_key)key, &out);
        emon_put(&out, "\n", 1);
    }
    check(!out.cut);
    check(emon_config_read(&again, text, out.len) == 0);
    check(strcmp(c.node, again.node) == 0 && strcmp(c.server, again.server) == 0);
    check(c.ask == again.ask && c.tls == again.tls);
    check(c.has_password == again.has_password && memcmp(c.password, again.password, 32) == 0 &&
          memcmp(c.salt, again.salt, 16) == 0);
    check(c.pins_cnt == again.pins_cnt && memcmp(c.pin, again.pin, c.pins_cnt * 32) == 0);
    check(c.poll_s == again.poll_s && c.poll_min_s == again.poll_min_s);
    return 0;
}
