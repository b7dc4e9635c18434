// SPDX-License-Identifier: MIT
/*
 * A chip on the host: flash, boot stage, and the agent of the image that was booted. What happens at power-on and at a
 * reset is what the real chip does: otaria_boot_choose, then a new agent that knows nothing but flash.
 *
 *     chip_init(&chip, &cfg);                // cfg: everything of the agent but running and version
 *     while (chip_boot(&chip) == 0) {        // power on, or reset
 *         ... otaria_stage_reached, otaria_loop(&chip.agent) until the sys port's reset was called ...
 *     }
 *
 * The image is not executed: the caller plays its application. Memory: the caller's, nothing to release.
 */
#ifndef OTARIA_SIM_CHIP_H
#define OTARIA_SIM_CHIP_H

#include <otaria/agent.h>

struct chip {
    struct otaria_config cfg;
    struct otaria_boot_choice choice;     /* of the last boot */
    char version[OTARIA_VERSION_MAX + 1]; /* compiled into the booted image; "" = it has none */
    struct otaria agent;
};

/* Copies cfg; its pointers must live as long as the chip. */
void chip_init(struct chip *c, const struct otaria_config *cfg);

/* 0; OTARIA_E_NOT_AN_IMAGE when nothing is bootable; what otaria_begin returns. */
int chip_boot(struct chip *c) __attribute__((warn_unused_result));

/* The compiled-in version of the image in this slot; "" when there is none. */
void chip_version(const struct otaria_flash *f, const struct otaria_layout *l, unsigned slot,
                  char version[OTARIA_VERSION_MAX + 1]);

/* Serial flashing: erases slot A and programs the bytes there, the first word last. 0 or OTARIA_E_FLASH_IO, _TOO_LARGE. */
int chip_flash_serial(const struct otaria_flash *f, const struct otaria_layout *l,
                      const uint8_t *image, size_t len) __attribute__((warn_unused_result));

/* The slot that the records say runs (or would at the next reset, if no try were left to spend); reads only. */
unsigned chip_running_slot(const struct otaria_flash *f, const struct otaria_layout *l);

#endif
