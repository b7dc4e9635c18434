// SPDX-License-Identifier: MIT
/* What the server's reader accepts, the device's writer can say, and it means the same. */
#include <otaria/poll.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct otaria_poll_request first, second;
    uint8_t buf[OTARIA_POLL_REQUEST_MAX];
    size_t buf_len;

    if (otaria_poll_request_read(&first, data, len) != 0)
        return 0;
    if (first.id_len < 6 || first.id_len > 16 || strlen(first.version) > OTARIA_VERSION_MAX ||
        otaria_poll_request_write(&first, buf, sizeof buf, &buf_len) != 0 ||
        otaria_poll_request_read(&second, buf, buf_len) != 0 ||
        memcmp(&first, &second, sizeof first) != 0)
        abort();
    return 0;
}
