// SPDX-License-Identifier: MIT
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/xalloc.h"

/* Reads until the end of the file; the count behind it tells a file that is longer than max. */
static int read_all(int fd, const char *path, size_t max, uint8_t **data, size_t *len,
                    struct err *e)
{
    size_t room = 0, used = 0;
    uint8_t *buf = NULL;

    for (;;) {
        ssize_t n;

        if (used == room) {
            uint8_t *more;

            room = room ? room * 2 : 16384;
            more = realloc(buf, room + 1);
            if (!more) {
                free(buf);
                return err_set(e, ERR_FAILED, "%s: out of memory", path);
            }
            buf = more;
        }
        n = read(fd, buf + used, room - used);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            free(buf);
            return err_errno(e, "%s", path);
        }
        if (n == 0)
            break;
        used += (size_t)n;
        if (used > max) {
            free(buf);
            return err_set(e, ERR_FAILED, "%s: larger than %zu bytes", path, max);
        }
    }
    buf[used] = '\0';
    *data = buf;
    *len = used;
    return 0;
}

int file_read(const char *path, size_t max, uint8_t **data, size_t *len, struct err *e)
{
    int fd, ret;

    *data = NULL;
    *len = 0;
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return err_errno(e, "%s", path);
    ret = read_all(fd, path, max, data, len, e);
    close(fd);
    return ret;
}

static int write_all(int fd, const uint8_t *p, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, p, len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        p += n;
        len -= (size_t)n;
    }
    return 0;
}

static int sync_folder(const char *path, struct err *e)
{
    const char *slash = strrchr(path, '/');
    char *folder = slash ? strndup(path, slash == path ? 1 : (size_t)(slash - path)) : strdup(".");
    int fd, ret = 0;

    if (!folder)
        return err_errno(e, "%s", path);
    fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || fsync(fd) < 0)
        ret = err_errno(e, "%s", folder);
    if (fd >= 0)
        close(fd);
    free(folder);
    return ret;
}

int file_write_atomic(const char *path, const void *p, size_t len, unsigned mode, struct err *e)
{
    char *temporary = xasprintf("%s.XXXXXX", path);
    int fd = mkostemp(temporary, O_CLOEXEC);
    int ret = -1;

    if (fd < 0) {
        err_errno(e, "%s", path);
        goto out;
    }
    if (write_all(fd, p, len) < 0 || fchmod(fd, (mode_t)mode) < 0 || fsync(fd) < 0) {
        err_errno(e, "%s", path);
        goto out_remove;
    }
    if (close(fd) < 0) {
        fd = -1;
        err_errno(e, "%s", path);
        goto out_remove;
    }
    fd = -1;
    if (rename(temporary, path) < 0) {
        err_errno(e, "%s", path);
        goto out_remove;
    }
    ret = sync_folder(path, e);
    goto out;

out_remove:
    unlink(temporary);
out:
    if (fd >= 0)
        close(fd);
    free(temporary);
    return ret;
}
