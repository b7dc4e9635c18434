// SPDX-License-Identifier: MIT
#include "posix.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* Whole transfers only: a short one is a failure. */
static int read_at(int fd, uint32_t addr, void *buf, size_t len)
{
    ssize_t got;

    do
        got = pread(fd, buf, len, (off_t)addr);
    while (got < 0 && errno == EINTR);
    return got == (ssize_t)len ? 0 : -1;
}

static int write_at(int fd, uint32_t addr, const void *buf, size_t len)
{
    ssize_t put;

    do
        put = pwrite(fd, buf, len, (off_t)addr);
    while (put < 0 && errno == EINTR);
    return put == (ssize_t)len ? 0 : -1;
}

static bool allowed(const struct otaria_posix_flash *f, uint32_t addr, const void *buf, size_t len)
{
    return addr % 4 == 0 && len % 4 == 0 && (uintptr_t)buf % 4 == 0 && addr <= f->size &&
           len <= f->size - addr;
}

static int flash_read(void *ctx, uint32_t addr, void *buf, size_t len)
{
    const struct otaria_posix_flash *f = ctx;

    return allowed(f, addr, buf, len) ? read_at(f->fd, addr, buf, len) : -1;
}

static int flash_write(void *ctx, uint32_t addr, const void *buf, size_t len)
{
    const struct otaria_posix_flash *f = ctx;
    uint8_t page[OTARIA_PAGE];
    const uint8_t *bits = buf;

    if (!allowed(f, addr, buf, len) || addr % OTARIA_PAGE + len > OTARIA_PAGE ||
        read_at(f->fd, addr, page, len) < 0)
        return -1;
    for (size_t i = 0; i < len; i++)
        page[i] &= bits[i];
    return write_at(f->fd, addr, page, len);
}

static int flash_erase(void *ctx, uint32_t addr)
{
    const struct otaria_posix_flash *f = ctx;
    uint8_t sector[OTARIA_SECTOR];

    if (addr % OTARIA_SECTOR != 0 || addr >= f->size)
        return -1;
    memset(sector, 0xFF, sizeof sector);
    return write_at(f->fd, addr, sector, sizeof sector);
}

/* An erased chip under its final name, complete or not at all. */
static int make_erased(const char *path, uint32_t size)
{
    char temp[PATH_MAX];
    uint8_t sector[OTARIA_SECTOR];
    int fd, len = snprintf(temp, sizeof temp, "%s.%ld.new", path, (long)getpid());
    bool good = true;

    if (len < 0 || (size_t)len >= sizeof temp) {
        errno = ENAMETOOLONG;
        return -1;
    }
    fd = open(temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (fd < 0)
        return -1;
    memset(sector, 0xFF, sizeof sector);
    for (uint32_t at = 0; at < size && good; at += OTARIA_SECTOR)
        good = write_at(fd, at, sector, sizeof sector) == 0;
    good = good && fsync(fd) == 0;
    good = close(fd) == 0 && good;
    /* link, not rename: two processes that start at once must not replace each other's chip */
    if (good && link(temp, path) < 0 && errno != EEXIST)
        good = false;
    len = errno;
    unlink(temp);
    errno = len;
    return good ? 0 : -1;
}

static int check_size(const struct stat *st, uint32_t size)
{
    if (!S_ISREG(st->st_mode) || st->st_size == 0 || st->st_size % OTARIA_SECTOR != 0 ||
        st->st_size > UINT32_MAX || (size && (uint64_t)st->st_size != size)) {
        errno = EINVAL;
        return -1;
    }
    return 0;
}

int otaria_posix_flash_open(struct otaria_posix_flash *f, const char *path, uint32_t size,
                            bool *created)
{
    struct stat st;
    int error;

    memset(f, 0, sizeof *f);
    if (created)
        *created = false;
    f->fd = open(path, O_RDWR | O_CLOEXEC);
    if (f->fd < 0 && errno == ENOENT && size) {
        if (make_erased(path, size) < 0)
            return -1;
        if (created)
            *created = true;
        f->fd = open(path, O_RDWR | O_CLOEXEC);
    }
    if (f->fd < 0)
        return -1;
    if (flock(f->fd, LOCK_EX | LOCK_NB) < 0) {
        error = errno == EWOULDBLOCK ? EBUSY : errno;
    } else if (fstat(f->fd, &st) < 0 || check_size(&st, size) < 0) {
        error = errno;
    } else {
        f->size = (uint32_t)st.st_size;
        f->port = (struct otaria_flash){f, flash_read, flash_write, flash_erase};
        return 0;
    }
    otaria_posix_flash_close(f);
    errno = error;
    return -1;
}

void otaria_posix_flash_close(struct otaria_posix_flash *f)
{
    if (f->fd >= 0)
        close(f->fd);
    f->fd = -1;
}
