// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "server/http/impl.h"

struct http_file {
    _Atomic unsigned refs;
    int fd;
    uint64_t size;
    uint8_t *_Atomic map; /* made by the first TLS answer, shared by all */
};

int http_file_open(const char *path, struct http_file **file, struct err *err)
{
    struct http_file *f;
    struct stat st;
    int fd;

    *file = NULL;
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return err_errno(err, "%s", path);
    if (fstat(fd, &st) < 0) {
        err_errno(err, "%s", path);
        close(fd);
        return -1;
    }
    if (!S_ISREG(st.st_mode)) {
        close(fd);
        return err_set(err, ERR_FAILED, "%s: not a regular file", path);
    }
    f = xcalloc(1, sizeof *f);
    atomic_init(&f->refs, 1);
    f->fd = fd;
    f->size = (uint64_t)st.st_size;
    *file = f;
    return 0;
}

struct http_file *http_file_ref(struct http_file *file)
{
    atomic_fetch_add_explicit(&file->refs, 1, memory_order_relaxed);
    return file;
}

void http_file_unref(struct http_file *file)
{
    uint8_t *map;

    if (!file || atomic_fetch_sub_explicit(&file->refs, 1, memory_order_acq_rel) != 1)
        return;
    map = atomic_load(&file->map);
    if (map)
        munmap(map, (size_t)file->size);
    close(file->fd);
    free(file);
}

uint64_t http_file_size(const struct http_file *file)
{
    return file->size;
}

int http_file_fd(const struct http_file *file)
{
    return file->fd;
}

const uint8_t *http_file_map(struct http_file *file)
{
    uint8_t *map = atomic_load_explicit(&file->map, memory_order_acquire);
    uint8_t *first = NULL;

    if (map || file->size == 0 || file->size > SIZE_MAX)
        return map;
    map = mmap(NULL, (size_t)file->size, PROT_READ, MAP_SHARED, file->fd, 0);
    if (map == MAP_FAILED)
        return NULL;
    if (!atomic_compare_exchange_strong(&file->map, &first, map)) {
        munmap(map, (size_t)file->size); /* another loop was quicker */
        return first;
    }
    return map;
}
