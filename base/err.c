// SPDX-License-Identifier: MIT
#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/error_names.h"

/* Copies text into e, shortening it at a UTF-8 character with "..." when it is too long. */
static void put_text(struct err *e, const char *text)
{
    size_t len = strlen(text);

    if (len < sizeof e->text) {
        memcpy(e->text, text, len + 1);
        return;
    }
    len = sizeof e->text - sizeof "...";
    while (len > 0 && ((unsigned char)text[len] & 0xC0) == 0x80)
        len--;
    memcpy(e->text, text, len);
    memcpy(e->text + len, "...", sizeof "...");
}

int err_set(struct err *e, int code, const char *fmt, ...)
{
    char text[2 * sizeof e->text];
    va_list ap;

    if (!e)
        return -1;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    put_text(e, text);
    e->code = code;
    return -1;
}

int err_errno(struct err *e, const char *fmt, ...)
{
    int saved = errno;
    char text[2 * sizeof e->text];
    char reason[128];
    va_list ap;
    size_t len;

    if (!e)
        return -1;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    len = strlen(text);
    snprintf(text + len, sizeof text - len, ": %s", strerror_r(saved, reason, sizeof reason));
    put_text(e, text);
    e->code = ERR_FAILED;
    errno = saved;
    return -1;
}

int err_prefix(struct err *e, const char *fmt, ...)
{
    char text[2 * sizeof e->text];
    va_list ap;
    size_t len;

    if (!e)
        return -1;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    len = strlen(text);
    snprintf(text + len, sizeof text - len, ": %s", e->text);
    put_text(e, text);
    return -1;
}

static const struct error_name *find(int code)
{
    for (size_t i = 0; i < error_names_cnt; i++)
        if (error_names[i].code == code)
            return &error_names[i];
    return NULL;
}

const char *otaria_error_name(int code)
{
    const struct error_name *row = find(code);

    if (code == 0)
        return "OK";
    return row ? row->name : "UNKNOWN";
}

const char *otaria_error_sentence(int code)
{
    const struct error_name *row = find(code);

    if (code == 0)
        return "no error";
    return row ? row->sentence : "a code that this version does not know";
}
