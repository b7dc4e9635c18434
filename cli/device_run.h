// SPDX-License-Identifier: MIT
/* What `otaria device run` is told. */
#ifndef OTARIA_CLI_DEVICE_RUN_H
#define OTARIA_CLI_DEVICE_RUN_H

#include "cli/cli.h"
#include "cli/device_tls.h"

struct run_options {
    const char *flash, *server, *vendor, *class_text, *init, *id;
    struct cli_keys keys;
    struct device_tls_options tls;
    uint32_t poll_s, threshold, network_s, source_s, healthy_s;
    int once, json, ask;
};

/* Its parser; the input is a struct run_options, zero before. */
extern const struct argp device_run_argp;

#endif
