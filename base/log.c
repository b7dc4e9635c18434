// SPDX-License-Identifier: MIT
#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static enum log_level most_level = LOG_LEVEL_INFO;

void log_set_level(enum log_level most)
{
    most_level = most;
}

/* "2026-11-24T13:40:00.123Z" into out; returns its length. */
static size_t put_time(char *out, size_t out_len)
{
    struct timespec now;
    struct tm tm;
    size_t len;

    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &tm);
    len = strftime(out, out_len, "%Y-%m-%dT%H:%M:%S", &tm);
    return len + (size_t)snprintf(out + len, out_len - len, ".%03dZ", (int)(now.tv_nsec / 1000000));
}

void log_line(enum log_level level, const char *fmt, ...)
{
    static const char *const names[] = {"error", "warning", "info", "debug"};
    char line[1100];
    int saved = errno;
    size_t len, text;
    va_list ap;

    if (level > most_level)
        return;
    len = put_time(line, 64);
    len += (size_t)snprintf(line + len, 16, " %s ", names[level]);
    text = len;
    va_start(ap, fmt);
    vsnprintf(line + len, 1001, fmt, ap);
    va_end(ap);
    len += strlen(line + len);
    for (size_t i = text; i < len; i++)
        if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f)
            line[i] = '?';
    line[len++] = '\n';
    /* A log that cannot be written must not stop the program; there is nobody left to tell. */
    if (write(STDERR_FILENO, line, len) < 0)
        errno = 0;
    errno = saved;
}
