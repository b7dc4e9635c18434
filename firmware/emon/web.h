// SPDX-License-Identifier: MIT
/*
 * The device's web server, without a network: bytes of a connection in, bytes out, in any split. The port carries them
 * and knows nothing of HTTP; this file knows nothing of sockets. One request a connection, EMON_CONNS of them at a time,
 * no allocation, nothing blocks.
 *
 *     int i = emon_web_open(&web);                        a connection was accepted; its number, 0 .. EMON_CONNS-1
 *     emon_web_input(&web, i, data, len);                 as bytes come
 *     while ((len = emon_web_output(&web, i, &p)) > 0)    whenever there may be room
 *         emon_web_sent(&web, i, send(p, len));
 *     if (emon_web_finished(&web, i)) ... close it, then emon_web_close(&web, i)
 *
 * Endpoints, and what each needs, are in README.md. All answers but the page are JSON.
 */
#ifndef EMON_WEB_H
#define EMON_WEB_H

#include "guard.h"
#include "request.h"

#define EMON_CONNS      3
#define EMON_REQUEST_MS 10000u /* for a whole request to come */
#define EMON_IDLE_MS    1000u /* a connection that said nothing for so long gives way to a new one */
#define EMON_ANSWER_MS  30000u /* for the whole answer to be taken */

enum emon_action { EMON_CHECK, EMON_UPDATE, EMON_REVERT };

/* What the server shows and does. */
struct emon_web_app {
    void *ctx;
    uint64_t (*now_ms)(void *ctx);
    void (*random)(void *ctx, void *buf, size_t len);
    const struct emon_config *config; /* as it is in force */
    /* Stores it and puts it in force: 0, or enum otaria_error and nothing changed. */
    int (*configure)(void *ctx, const struct emon_config *next);
    int (*act)(void *ctx, enum emon_action action); /* 0 or enum otaria_error */
    /* Templates of what GET /status and GET /firmware answer, and their fields: lower-case letters, see struct emon_fields. */
    const uint32_t *status, *firmware;
    bool (*put)(void *ctx, char field, unsigned index, struct emon_text *out);
};

struct emon_conn {
    /* private */
    uint8_t state;
    bool page;                 /* the answer is the page, else the template */
    uint16_t status;           /* of a refusal */
    int16_t code;              /* enum otaria_error behind it, when reason is NULL */
    uint16_t len, sent;        /* of buf */
    const uint32_t *reason;    /* its sentence */
    struct emon_template text; /* at also counts the page's bytes */
    const uint32_t *next;      /* the template after it, or NULL */
    uint64_t since_ms;         /* when it was opened, or its answer began */
    struct emon_request request;
    char buf[EMON_BODY_MAX];
};

struct emon_web {
    /* private */
    const struct emon_web_app *app;
    struct emon_guard guard;
    struct emon_conn conn[EMON_CONNS];
};

/* app is borrowed. Draws the setup code if there is no password. */
void emon_web_init(struct emon_web *w, const struct emon_web_app *app);

/* The code with which the first password is set; "" once there is one. */
const char *emon_web_setup(const struct emon_web *w);

/*
 * The number of a free connection. When all are taken, that of one that has not said a word for EMON_IDLE_MS: browsers
 * open such connections in advance; the port closes the old one and serves the new one under this number. -1: none.
 */
int emon_web_open(struct emon_web *w);

/* Takes all of it: what the request does not need is dropped. */
void emon_web_input(struct emon_web *w, unsigned i, const uint8_t *data, size_t len);

/* Bytes to send now, valid until the next call for this connection; 0 = none. */
size_t emon_web_output(struct emon_web *w, unsigned i, const uint8_t **data);
void emon_web_sent(struct emon_web *w, unsigned i, size_t len); /* so many of them were */

/* Everything is sent, or nothing will be: time to close. Also when the peer was too slow. */
bool emon_web_finished(struct emon_web *w, unsigned i);
void emon_web_close(struct emon_web *w, unsigned i); /* the connection is gone, whyever */

#endif
