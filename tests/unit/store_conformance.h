// SPDX-License-Identifier: MIT
/*
 * What every store backend must do. A backend's test program gives a factory and runs these:
 *
 *     static const struct store_factory factory = {.open = open_mine, .wipe = wipe_mine};
 *     return store_conformance_run("mine", &factory);
 */
#ifndef OTARIA_TESTS_STORE_CONFORMANCE_H
#define OTARIA_TESTS_STORE_CONFORMANCE_H

#include <stddef.h>

#include "server/store/store.h"

struct store_factory {
    struct store *(*open)(void); /* the same database each time; fails the test when it cannot */
    void (*wipe)(void);          /* makes the next open begin with nothing */
};

/* Runs all; returns the number of failures. */
int store_conformance_run(const char *backend, const struct store_factory *factory);

#endif
