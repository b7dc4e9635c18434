// SPDX-License-Identifier: MIT
/*
 * The order that survives a power cut: bytes into FOLDER/ab/.tmp-XXXXXX, fsync, rename, fsync of the folder
 * (and of FOLDER when ab is new). Until the rename nobody finds the file; after it the bytes are on the disk.
 */
#include "server/store/payload.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hex.h"
#include "base/xalloc.h"

#define TEMP_PREFIX ".tmp-"
#define READ_SIZE   65536

struct payloads {
    int dir_fd;
    char folder[PAYLOAD_PATH_MAX - 80];
};

static bool sha256_of(const void *data, size_t len, uint8_t digest[32])
{
    return EVP_Digest(data, len, digest, NULL, EVP_sha256(), NULL) == 1;
}

static void clean_one(int dir_fd, const char *name)
{
    int fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    struct dirent *entry;

    if (dir == NULL) {
        if (fd >= 0)
            close(fd);
        return;
    }
    while ((entry = readdir(dir)) != NULL) {
        if (strncmp(entry->d_name, TEMP_PREFIX, strlen(TEMP_PREFIX)) == 0)
            unlinkat(fd, entry->d_name, 0);
    }
    closedir(dir);
}

/* Leftovers of a crash. One that cannot be removed only costs room. */
static void clean(int dir_fd)
{
    char name[3];

    for (unsigned i = 0; i < 256; i++) {
        snprintf(name, sizeof name, "%02x", i);
        clean_one(dir_fd, name);
    }
}

int payloads_open(const char *folder, struct payloads **payloads, struct err *err)
{
    struct payloads *p;

    *payloads = NULL;
    if (strlen(folder) >= sizeof p->folder)
        return err_set(err, ERR_FAILED, "the name of the payload folder is too long");
    if (mkdir(folder, 0700) < 0 && errno != EEXIST)
        return err_errno(err, "%s", folder);
    p = xcalloc(1, sizeof *p);
    snprintf(p->folder, sizeof p->folder, "%s", folder);
    p->dir_fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (p->dir_fd < 0) {
        err_errno(err, "%s", folder);
        free(p);
        return -1;
    }
    clean(p->dir_fd);
    *payloads = p;
    return 0;
}

void payloads_close(struct payloads *payloads)
{
    if (payloads == NULL)
        return;
    close(payloads->dir_fd);
    free(payloads);
}

void payload_path(const struct payloads *p, const uint8_t sha256[32], char path[PAYLOAD_PATH_MAX])
{
    char hex[HEX_SIZE(32)];

    hex_encode(hex, sha256, 32);
    snprintf(path, PAYLOAD_PATH_MAX, "%s/%.2s/%s", p->folder, hex, hex);
}

static int write_all(int fd, const uint8_t *data, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, data, len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return -1;
        data += n;
        len -= (size_t)n;
    }
    return 0;
}

/* The folder of two digits, open. */
static int prefix_open(struct payloads *p, const char *hex, struct err *err)
{
    char name[3] = {hex[0], hex[1], '\0'};
    int fd;

    if (mkdirat(p->dir_fd, name, 0700) == 0) {
        if (fsync(p->dir_fd) < 0)
            return err_errno(err, "%s", p->folder);
    } else if (errno != EEXIST) {
        return err_errno(err, "%s/%s", p->folder, name);
    }
    fd = openat(p->dir_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        err_errno(err, "%s/%s", p->folder, name);
    return fd;
}

static int store_file(struct payloads *p, const char *hex, const void *data, size_t len,
                      struct err *err)
{
    char temp[PAYLOAD_PATH_MAX], path[PAYLOAD_PATH_MAX];
    int dir = prefix_open(p, hex, err), fd = -1, result = -1;

    if (dir < 0)
        return -1;
    snprintf(temp, sizeof temp, "%s/%.2s/" TEMP_PREFIX "XXXXXX", p->folder, hex);
    snprintf(path, sizeof path, "%s/%.2s/%s", p->folder, hex, hex);
    fd = mkostemp(temp, O_CLOEXEC);
    if (fd < 0) {
        err_errno(err, "%s", temp);
        goto out;
    }
    /* close() is looked at too: some file systems tell only then that the disk is full. */
    if (write_all(fd, data, len) < 0 || fchmod(fd, 0400) < 0 || fsync(fd) < 0) {
        err_errno(err, "%s", path);
        close(fd);
        unlink(temp);
        goto out;
    }
    if (close(fd) < 0 || rename(temp, path) < 0) {
        err_errno(err, "%s", path);
        unlink(temp);
        goto out;
    }
    result = fsync(dir) < 0 ? err_errno(err, "%s", path) : 0;
out:
    close(dir);
    return result;
}

int payload_put(struct payloads *p, const uint8_t sha256[32], const void *data, size_t len,
                enum payload_put *how, struct err *err)
{
    uint8_t digest[32];
    char hex[HEX_SIZE(32)];
    bool intact;

    *how = PAYLOAD_NEW;
    if (!sha256_of(data, len, digest))
        return err_set(err, ERR_FAILED, "SHA-256 is not available");
    if (memcmp(digest, sha256, sizeof digest) != 0) {
        *how = PAYLOAD_DIFFERS;
        hex_encode(hex, digest, sizeof digest);
        return err_set(err, ERR_FAILED, "the SHA-256 of the %zu bytes received is %s", len, hex);
    }
    /* A damaged file under this name is replaced. */
    if (payload_check(p, sha256, len, &intact, err) < 0)
        return -1;
    if (intact) {
        *how = PAYLOAD_OLD;
        return 0;
    }
    hex_encode(hex, sha256, sizeof digest);
    return store_file(p, hex, data, len, err);
}

int payload_open(struct payloads *p, const uint8_t sha256[32], int *fd, uint64_t *size,
                 struct err *err)
{
    char path[PAYLOAD_PATH_MAX];
    struct stat st;

    payload_path(p, sha256, path);
    *fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (*fd < 0)
        return errno == ENOENT ? 0 : err_errno(err, "%s", path);
    if (fstat(*fd, &st) < 0 || !S_ISREG(st.st_mode)) {
        close(*fd);
        *fd = -1;
        return err_set(err, ERR_FAILED, "%s is not a file", path);
    }
    *size = (uint64_t)st.st_size;
    return 0;
}

static int digest_of(int fd, uint8_t digest[32])
{
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    uint8_t *buf = xmalloc(READ_SIZE);
    bool ok = md != NULL && EVP_DigestInit_ex(md, EVP_sha256(), NULL) == 1;
    ssize_t n = 0;

    while (ok && (n = read(fd, buf, READ_SIZE)) != 0) {
        if (n < 0 && errno == EINTR)
            continue;
        ok = n > 0 && EVP_DigestUpdate(md, buf, (size_t)n) == 1;
    }
    ok = ok && EVP_DigestFinal_ex(md, digest, NULL) == 1;
    EVP_MD_CTX_free(md);
    free(buf);
    return ok ? 0 : -1;
}

int payload_check(struct payloads *p, const uint8_t sha256[32], uint64_t size, bool *intact,
                  struct err *err)
{
    uint8_t digest[32];
    uint64_t have;
    int fd, result = 0;

    *intact = false;
    if (payload_open(p, sha256, &fd, &have, err) < 0)
        return -1;
    if (fd < 0)
        return 0;
    if (have == size) {
        if (digest_of(fd, digest) < 0)
            result = err_errno(err, "reading a payload");
        else
            *intact = memcmp(digest, sha256, sizeof digest) == 0;
    }
    close(fd);
    return result;
}
