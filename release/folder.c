// SPDX-License-Identifier: MIT
/* The files of a release in their folder: all or nothing as far as a file system can. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/hex.h"
#include "base/xalloc.h"
#include "release/release.h"

#define SUMS_MAX ((size_t)1 << 20)

struct entry {
    char *name; /* in the folder */
    const uint8_t *data;
    size_t len;
};

/* In writing order: NAME.suit last, when everything that it needs is there. */
enum { SLOT, CLASSIC, SUIT, LATEST, ENTRIES };

static char *join(const char *folder, const char *name)
{
    return xasprintf("%s/%s", folder, name);
}

static void name_entries(struct entry e[ENTRIES], const struct release_files *f)
{
    char *name = release_name(f->text);
    const char *version = f->text->version;

    e[SLOT] = (struct entry){xasprintf("%s-%s.bin", name, version), f->slot, f->slot_len};
    e[CLASSIC] =
        (struct entry){xasprintf("%s-%s.classic.bin", name, version), f->classic, f->classic_len};
    e[SUIT] = (struct entry){xasprintf("%s-%s.suit", name, version), f->suit, f->suit_len};
    e[LATEST] = (struct entry){xasprintf("%s.suit", name), f->suit, f->suit_len};
    free(name);
}

/* 1 the file has this content, 0 there is none, -1 it cannot be read or differs. */
static int same_content(const char *path, const struct entry *e, struct err *err)
{
    struct stat st;
    uint8_t *data;
    size_t len;
    bool same;

    if (lstat(path, &st) < 0)
        return errno == ENOENT ? 0 : err_errno(err, "%s", path);
    if (st.st_size != (off_t)e->len)
        goto differs;
    if (file_read(path, e->len, &data, &len, err) < 0)
        return -1;
    same = len == e->len && memcmp(data, e->data, len) == 0;
    free(data);
    if (same)
        return 1;
differs:
    return err_set(err, ERR_FAILED,
                   "%s exists with other content. A version is released once: choose another "
                   "version, or give the same --seq to make the same release again",
                   path);
}

/* NAME.suit may be replaced by a newer release of the same class, and by nothing else. */
static int check_latest(const char *path, const struct release_files *f, struct err *err)
{
    struct otaria_manifest old, new;
    struct release_text text;
    uint8_t *data;
    size_t len;
    int ret = -1;

    if (access(path, F_OK) < 0)
        return errno == ENOENT ? 0 : err_errno(err, "%s", path);
    if (file_read(path, OTARIA_ENVELOPE_LMS_MAX, &data, &len, err) < 0)
        return -1;
    if (otaria_manifest_decode(&old, data, len) < 0 || release_text_check(&old, &text, NULL) < 0 ||
        otaria_manifest_decode(&new, f->suit, f->suit_len) < 0)
        err_set(err, ERR_FAILED, "%s exists and is not a release; move it away", path);
    else if (memcmp(old.class_id, new.class_id, 16) != 0)
        err_set(err, ERR_FAILED, "%s belongs to %s of %s; use another folder", path,
                text.class_text, text.vendor);
    else if (old.seq > new.seq)
        err_set(err, ERR_FAILED,
                "%s is release %s with the higher sequence %llu; choose a higher --seq or another "
                "folder",
                path, text.version, (unsigned long long)old.seq);
    else if (old.seq == new.seq && memcmp(old.digest, new.digest, 32) != 0)
        err_set(err, ERR_FAILED,
                "%s is release %s with the same sequence %llu; no two releases may share one", path,
                text.version, (unsigned long long)old.seq);
    else
        ret = 0;
    free(data);
    return ret;
}

static int check_all(const char *folder, const struct entry e[ENTRIES],
                     const struct release_files *f, bool present[ENTRIES], struct err *err)
{
    char *path;
    int ret;

    for (int i = 0; i < LATEST; i++) {
        path = join(folder, e[i].name);
        ret = same_content(path, &e[i], err);
        free(path);
        if (ret < 0)
            return -1;
        present[i] = ret == 1;
    }
    path = join(folder, e[LATEST].name);
    ret = check_latest(path, f, err);
    free(path);
    return ret;
}

/* True when line, of the form "<64 hex>  <name>", is about one of the entries. */
static bool is_about(const char *line, size_t len, const struct entry e[ENTRIES])
{
    for (int i = 0; i < ENTRIES; i++)
        if (len == 66 + strlen(e[i].name) && memcmp(line + 66, e[i].name, len - 66) == 0)
            return true;
    return false;
}

/* Keeps the lines of other releases, then adds ours: `sha256sum -c SHA256SUMS` checks the folder. */
static int write_sums(const char *folder, const struct entry e[ENTRIES], struct err *err)
{
    char *path = join(folder, "SHA256SUMS"), *text, *line, *end;
    uint8_t *old = NULL, digest[32];
    size_t old_len = 0, len = 0;
    int ret = -1;

    if (access(path, F_OK) == 0 && file_read(path, SUMS_MAX, &old, &old_len, err) < 0) {
        free(path);
        return -1;
    }
    text = xmalloc(old_len + 1 + ENTRIES * 512);
    for (line = (char *)old; line && *line; line = end) {
        end = line + strcspn(line, "\n");
        if (end > line && !is_about(line, (size_t)(end - line), e)) {
            memcpy(text + len, line, (size_t)(end - line));
            len += (size_t)(end - line);
            text[len++] = '\n';
        }
        end += *end == '\n';
    }
    for (int i = 0; i < ENTRIES; i++) {
        release_sha256(e[i].data, e[i].len, digest);
        len += hex_encode(text + len, digest, sizeof digest);
        len += (size_t)snprintf(text + len, 512 - 64, "  %s\n", e[i].name);
    }
    ret = file_write_atomic(path, text, len, 0644, err);
    free(text);
    free(old);
    free(path);
    return ret;
}

static int write_all(const char *folder, const struct entry e[ENTRIES], const bool present[ENTRIES],
                     struct err *err)
{
    for (int i = 0; i < ENTRIES; i++) {
        char *path;
        int ret;

        if (present[i])
            continue;
        path = join(folder, e[i].name);
        ret = file_write_atomic(path, e[i].data, e[i].len, 0644, err);
        free(path);
        if (ret < 0)
            return -1;
    }
    return write_sums(folder, e, err);
}

/* The folder, locked against other writers until closed. */
static int open_folder(const char *folder, struct err *err)
{
    int fd;

    if (mkdir(folder, 0777) < 0 && errno != EEXIST)
        return err_errno(err, "%s", folder);
    fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return err_errno(err, "%s", folder);
    if (flock(fd, LOCK_EX) < 0 && errno != ENOLCK && errno != EOPNOTSUPP) {
        err_errno(err, "%s", folder);
        close(fd);
        return -1;
    }
    return fd;
}

int release_folder_write(const char *folder, const struct release_files *files, struct err *err)
{
    bool present[ENTRIES] = {false};
    struct entry e[ENTRIES];
    int fd = open_folder(folder, err), ret;

    if (fd < 0)
        return -1;
    name_entries(e, files);
    ret = check_all(folder, e, files, present, err);
    if (ret == 0)
        ret = write_all(folder, e, present, err);
    for (int i = 0; i < ENTRIES; i++)
        free(e[i].name);
    close(fd);
    return ret;
}
