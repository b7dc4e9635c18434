// SPDX-License-Identifier: MIT
/* Inside emon: emon.c ties the parts, emon_say.c speaks on the serial line, emon_show.c fills in the web's templates. */
#ifndef EMON_PRIVATE_H
#define EMON_PRIVATE_H

#include "emon.h"

/* emon_say.c: one line each, with the node's firmware in front */
void emon_say_begin(struct emon *e);
void emon_say_failed(struct emon *e, int code); /* nothing works: why */
void emon_say_config(struct emon *e, int code); /* the configuration could not be read */
void emon_say_event(struct emon *e, enum otaria_event ev, int code, uint32_t a, uint32_t b);

/* emon_show.c */
extern const uint32_t *const emon_show_status, *const emon_show_firmware;
bool emon_show(void *emon, char field, unsigned index, struct emon_text *out);

#endif
