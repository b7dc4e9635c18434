// SPDX-License-Identifier: MIT
/* Inside the web server: web.c carries connections, web_serve.c knows what requests mean. */
#ifndef EMON_WEB_PRIVATE_H
#define EMON_WEB_PRIVATE_H

#include "web.h"

/* A whole request: acts on it and sets up the answer. */
void web_serve(struct emon_web *w, struct emon_conn *c);

/* The answer is this status (400 .. 505) with its sentence. */
void web_refuse(struct emon_conn *c, unsigned status);

/* Fields of an answer that refuses. */
void web_put_status(const struct emon_conn *c, struct emon_text *out); /* "404 Not Found" */
void web_put_extra(const struct emon_web *w, const struct emon_conn *c,
                   struct emon_text *out); /* header fields that this status wants */

/* Fields of GET /config; false when field is none of them. */
bool web_put_config(const struct emon_web *w, char field, struct emon_text *out);

#endif
