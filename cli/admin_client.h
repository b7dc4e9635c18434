// SPDX-License-Identifier: MIT
/*
 * A client of the server's admin plane (spec/openapi.yaml): one connection, requests one after the other.
 *
 * The token goes over TLS or to this machine, nowhere else: another http:// address is refused before
 * anything is sent, redirects are not followed, and a proxy from the environment is not used for http.
 */
#ifndef OTARIA_CLI_ADMIN_CLIENT_H
#define OTARIA_CLI_ADMIN_CLIENT_H

#include <argp.h>
#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "base/err.h"

struct admin;

/* What the command line says; borrowed. */
struct admin_options {
    const char *server, *token_file, *ca_file;
};

/* Children of the argp parsers of commands that talk to a server; input: struct admin_options. */
extern const struct argp admin_argp;

/* NULL with err set. The token is read here. */
struct admin *admin_open(const struct admin_options *options, struct err *err);
void admin_close(struct admin *admin);

struct admin_request {
    const char *method, *path; /* path: "/admin/v1/...", parts escaped with admin_escape */
    const void *body;          /* NULL = none */
    size_t body_len;
    const char *type;     /* of the body */
    const char *progress; /* a name for progress on a terminal; NULL = none */
};

/*
 * 0: the server answered 2xx and *reply is its JSON (belongs to the caller; reply may be NULL). -1: err says
 * what the server said, or why there was no answer.
 */
int admin_call(struct admin *admin, const struct admin_request *request, json_t **reply,
               struct err *err) __attribute__((warn_unused_result));

/* Whether the last request got an answer, if only a refusal. */
bool admin_answered(const struct admin *admin);

/* The same for GET, and for a JSON body, which is released. */
int admin_get(struct admin *admin, const char *path, json_t **reply, struct err *err)
    __attribute__((warn_unused_result));
int admin_send(struct admin *admin, const char *method, const char *path, json_t *body,
               json_t **reply, struct err *err) __attribute__((warn_unused_result));

/* A part of a path, percent-encoded; belongs to the caller. */
char *admin_escape(const char *part);

/* A device id as the server writes it: "AA:BB:CC:DD:EE:FF" becomes "aabbccddeeff". NULL when it is none. */
char *admin_device_id(const char *text);

#endif
