// SPDX-License-Identifier: MIT
#include "tests/vectors/vectors.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/hex.h"
#include "base/xalloc.h"

#define FOLDER   OTARIA_SOURCE_DIR "/spec/vectors/manifest/"
#define FILE_MAX (1u << 20)

enum column {
    NAME,
    FILE_NAME,
    EXPECTED,
    TRUSTED,
    THRESHOLD,
    VENDOR,
    CLASS,
    FLOOR_SEQ,
    FLOOR_DIGEST,
    MAX_SIZES,
    SHOWS,
    IMPORT,
    COLUMNS
};

struct keys {
    char *table;
    struct {
        const char *name;
        uint8_t point[65];
    } key[16];
    size_t cnt;
};

static void stop(const char *what, const char *which)
{
    fprintf(stderr, "vectors: %s: %s\n", what, which);
    exit(1);
}

static uint8_t *read_whole(const char *name, size_t *len)
{
    char *path = xasprintf("%s%s", FOLDER, name);
    uint8_t *data;
    struct err err;

    if (file_read(path, FILE_MAX, &data, len, &err) < 0)
        stop("cannot read", err.text);
    free(path);
    return data;
}

/* *table is the whole file, to free; the result is its second line, behind the names of the columns. */
static char *read_table(const char *name, char **table)
{
    size_t len;
    char *rest = *table = (char *)read_whole(name, &len);

    strsep(&rest, "\n");
    return rest;
}

static void hex(uint8_t *out, size_t len, const char *text)
{
    if (!hex_decode(out, len, text))
        stop("bad hex", text);
}

/* Cuts the next line into its columns; false at the end. */
static bool row(char **table, char **columns, size_t cnt)
{
    char *line = strsep(table, "\n");

    if (line == NULL || *line == '\0')
        return false;
    for (size_t i = 0; i < cnt; i++) {
        columns[i] = strsep(&line, "\t");
        if (columns[i] == NULL)
            stop("a column is missing", columns[0]);
    }
    if (line != NULL)
        stop("a column too many", columns[0]);
    return true;
}

static void read_keys(struct keys *k)
{
    char *rest = read_table("keys.tsv", &k->table), *columns[3];

    for (k->cnt = 0; row(&rest, columns, 3); k->cnt++) {
        if (k->cnt == sizeof k->key / sizeof k->key[0])
            stop("too many keys", columns[0]);
        k->key[k->cnt].name = columns[0];
        hex(k->key[k->cnt].point, 65, columns[2]);
    }
}

static const uint8_t *find_key(const struct keys *k, const char *name)
{
    for (size_t i = 0; i < k->cnt; i++) {
        if (strcmp(k->key[i].name, name) == 0)
            return k->key[i].point;
    }
    stop("no such key", name);
    return NULL;
}

static void read_trust(struct vector *v, const struct keys *k, char *names, const char *threshold)
{
    const char *name;

    v->trust.threshold = (unsigned)strtoul(threshold, NULL, 10);
    if (strcmp(names, "-") == 0)
        return;
    while ((name = strsep(&names, ",")) != NULL) {
        if (v->trust.keys_cnt == OTARIA_KEYS_MAX)
            stop("too many trusted keys", v->name);
        memcpy(v->keys[v->trust.keys_cnt++], find_key(k, name), 65);
    }
}

static void read_identity(struct vector *v, char *const *columns)
{
    char *sizes = columns[MAX_SIZES];

    hex(v->id.vendor, 16, columns[VENDOR]);
    hex(v->id.class_id, 16, columns[CLASS]);
    v->id.floor_seq = strtoull(columns[FLOOR_SEQ], NULL, 10);
    v->id.has_floor_digest = strcmp(columns[FLOOR_DIGEST], "-") != 0;
    if (v->id.has_floor_digest)
        hex(v->id.floor_digest, 32, columns[FLOOR_DIGEST]);
    v->id.image_max[0] = (uint32_t)strtoul(sizes, &sizes, 10);
    if (*sizes != ',')
        stop("bad max_sizes", v->name);
    v->id.image_max[1] = (uint32_t)strtoul(sizes + 1, NULL, 10);
}

void vectors_open(struct vectors *all)
{
    struct keys keys;
    char *rest = read_table("index.tsv", &all->table), *columns[COLUMNS];

    read_keys(&keys);
    all->v = NULL;
    for (all->cnt = 0; row(&rest, columns, COLUMNS); all->cnt++) {
        struct vector *v;

        all->v = xrealloc(all->v, (all->cnt + 1) * sizeof *all->v);
        v = &all->v[all->cnt];
        memset(v, 0, sizeof *v);
        v->name = columns[NAME];
        v->file = columns[FILE_NAME];
        v->expected = columns[EXPECTED];
        v->import = columns[IMPORT];
        read_trust(v, &keys, columns[TRUSTED], columns[THRESHOLD]);
        read_identity(v, columns);
    }
    for (size_t i = 0; i < all->cnt; i++)
        all->v[i].trust.keys = (const uint8_t(*)[65])all->v[i].keys;
    free(keys.table);
    if (all->cnt == 0)
        stop("no vectors in", FOLDER);
}

void vectors_close(struct vectors *all)
{
    free(all->v);
    free(all->table);
    all->v = NULL;
    all->table = NULL;
    all->cnt = 0;
}

const struct vector *vectors_find(const struct vectors *all, const char *name)
{
    for (size_t i = 0; i < all->cnt; i++) {
        if (strcmp(all->v[i].name, name) == 0)
            return &all->v[i];
    }
    stop("no such vector", name);
    return NULL;
}

uint8_t *vector_read(const struct vector *v, size_t *len)
{
    return read_whole(v->file, len);
}
