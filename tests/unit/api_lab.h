// SPDX-License-Identifier: MIT
/* A whole server in this process on a fresh data folder, with releases signed by a key of the vectors. */
#ifndef OTARIA_TESTS_API_LAB_H
#define OTARIA_TESTS_API_LAB_H

#include <otaria/poll.h>

#include "release/release.h"
#include "server/api/api.h"

struct lab {
    char folder[64];
    struct api_config config;
    struct api_settings settings;
    struct key_pair key, stranger;
    struct api *api;
    struct http_server *http;
    uint16_t device_port, admin_port;
};

/* The three steps of open and close, for a server that another process runs. */
void lab_prepare(struct lab *lab); /* folder, keys, settings */
void lab_serve(struct lab *lab);
void lab_remove(struct lab *lab);

#define LAB_TOKEN "a-token-of-the-tests"

void lab_open(struct lab *lab);  /* new folder, server running */
void lab_close(struct lab *lab); /* stops and removes everything */
void lab_restart(
    struct lab *lab); /* stop and start on the same folder, with lab->config and settings */

struct answer {
    int status;          /* 0: the connection ended without an answer */
    char *text;          /* all of it, NUL-terminated; free with answer_free */
    const uint8_t *body; /* in text */
    size_t body_len;
};
void answer_free(struct answer *a);
bool answer_has(const struct answer *a, const char *text); /* in the head or a text body */

/* One request on a connection of its own. `head` is method and path, then further header lines. */
struct answer lab_request(uint16_t port, const char *head, const void *body, size_t len);
/* The same on the admin plane with the token. */
struct answer lab_admin(struct lab *lab, const char *head, const void *body, size_t len);

/* A signed release of `image` for example.org emon/esp12e/4m2m. */
struct lab_release {
    uint8_t suit[OTARIA_ENVELOPE_MAX];
    size_t suit_len;
    uint8_t image_sha256[32];
    struct otaria_manifest m; /* borrows from suit */
};
void lab_sign(struct lab_release *r, const struct key_pair *key, const char *version, uint64_t seq,
              const char *image);
struct answer lab_put(struct lab *lab, const char *image);
struct answer lab_publish(struct lab *lab, const struct lab_release *r, const char *more_json);
/* Sign, PUT and publish; fails the test unless 201. */
void lab_release(struct lab *lab, struct lab_release *r, const char *version, uint64_t seq,
                 const char *image);

/* A poll of a device of that class; `n` is in its id. */
struct otaria_poll_request lab_poll_of(const struct lab_release *r, unsigned n);
struct answer lab_poll(struct lab *lab, const struct otaria_poll_request *p);
/* Polls and reads the answer; fails the test unless 200. The response borrows from *a. */
struct otaria_poll_response lab_polled(struct lab *lab, const struct otaria_poll_request *p,
                                       struct answer *a);

#endif
