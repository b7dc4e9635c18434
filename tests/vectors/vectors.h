// SPDX-License-Identifier: MIT
/* The vectors of spec/vectors/manifest as C structures. Whatever is wrong with the files ends the program. */
#ifndef OTARIA_TESTS_VECTORS_H
#define OTARIA_TESTS_VECTORS_H

#include <otaria/manifest.h>

struct vector {
    char *name, *file, *expected, *import;
    uint8_t keys[OTARIA_KEYS_MAX][65];
    struct otaria_trust trust; /* its keys are the ones above */
    struct otaria_identity id;
};

struct vectors {
    struct vector *v;
    size_t cnt;
    char *table; /* the text that the names point into */
};

void vectors_open(struct vectors *all);
void vectors_close(struct vectors *all);

/* The vector of that name. */
const struct vector *vectors_find(const struct vectors *all, const char *name);

/* The bytes of a vector; free() them. */
uint8_t *vector_read(const struct vector *v, size_t *len);

#endif
