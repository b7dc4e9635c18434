// SPDX-License-Identifier: MIT
/* What the `otaria device` commands share. */
#ifndef OTARIA_CLI_DEVICE_H
#define OTARIA_CLI_DEVICE_H

#include <otaria/agent.h>

#include "cli/cli.h"

int device_run(int argc, char **argv);
int device_status(int argc, char **argv);
int device_revert(int argc, char **argv);

/* The layout that class_text ends in, or when it is NULL one of this flash size. -1: OTARIA_E_LAYOUT. */
int device_layout(const char *class_text, uint64_t flash_size, const struct otaria_layout **layout,
                  struct err *err) __attribute__((warn_unused_result));

/* "flash FILE: ..." for the errno that otaria_posix_flash_open left. */
int device_flash_error(const char *path, const struct otaria_layout *layout, struct err *err);

#endif
