// SPDX-License-Identifier: MIT
#include "base/xalloc.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *checked(void *p)
{
    if (!p) {
        fputs("otaria: out of memory\n", stderr);
        abort();
    }
    return p;
}

void *xmalloc(size_t len)
{
    return checked(malloc(len ? len : 1));
}

void *xcalloc(size_t cnt, size_t len)
{
    return checked(calloc(cnt ? cnt : 1, len ? len : 1));
}

void *xrealloc(void *p, size_t len)
{
    return checked(realloc(p, len ? len : 1));
}

char *xstrdup(const char *s)
{
    return checked(strdup(s));
}

char *xasprintf(const char *fmt, ...)
{
    va_list ap;
    char *s = NULL;
    int len;

    va_start(ap, fmt);
    len = vasprintf(&s, fmt, ap);
    va_end(ap);
    return checked(len < 0 ? NULL : s);
}
