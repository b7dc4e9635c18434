// SPDX-License-Identifier: MIT
/* The options of `otaria device run`. */
#include "cli/device_run.h"

enum {
    KEY_ASK = 256,
    KEY_CLASS,
    KEY_FLASH,
    KEY_HEALTHY,
    KEY_ID,
    KEY_INIT,
    KEY_JSON,
    KEY_KEY,
    KEY_NETWORK,
    KEY_ONCE,
    KEY_POLL,
    KEY_SERVER,
    KEY_SOURCE,
    KEY_THRESHOLD,
    KEY_TLS_ANY,
    KEY_TLS_CA,
    KEY_TLS_FULL,
    KEY_TLS_PIN,
    KEY_VENDOR
};

static const struct argp_option options[] = {
    {"flash", KEY_FLASH, "FILE", 0, "The flash file; made when there is an --init", 0},
    {"server", KEY_SERVER, "URL", 0, "Where to poll: http[s]://HOST[:PORT][/BASE]", 0},
    {"key", KEY_KEY, "PUB.pem", 0, "A release key to trust; may be given again", 0},
    {"threshold", KEY_THRESHOLD, "N", 0, "How many of them must have signed (1)", 0},
    {"vendor", KEY_VENDOR, "DOMAIN", 0, "The vendor's domain", 0},
    {"class", KEY_CLASS, "TEXT", 0, "PRODUCT/HARDWARE/LAYOUT", 0},
    {"init", KEY_INIT, "IMAGE", 0,
     "Flash this image (either form of .bin) when the flash holds none, as by the serial cable", 0},
    {"id", KEY_ID, "HEX", 0, "Device id, 6 to 16 bytes (default: made from the file's path)", 0},
    {"poll", KEY_POLL, "SECONDS", 0,
     "Poll interval (3600). Below 60 it is also the shortest wait and the unit of backoff: for "
     "demonstrations and tests",
     0},
    {"ask", KEY_ASK, NULL, 0, "Only look: do not install what is offered", 0},
    {"once", KEY_ONCE, NULL, 0,
     "End after one update attempt: 0 = confirmed or nothing new, 1 = refused or reverted", 0},
    {"json", KEY_JSON, NULL, 0, "One JSON object a line instead of words", 0},
    {"tls-pin", KEY_TLS_PIN, "HEX", 0,
     "https: trust the server with this key (`otaria keys pin`); may be given again", 1},
    {"tls-ca", KEY_TLS_CA, "FILE.pem", 0, "https: trust whom these authorities know by its name",
     1},
    {"tls-any", KEY_TLS_ANY, NULL, 0, "https: trust whoever answers; the release keys decide", 1},
    {"tls-full", KEY_TLS_FULL, NULL, 0,
     "https: have room for records of 16 KB, for servers that send them unasked", 1},
    {"network-give-up", KEY_NETWORK, "SECONDS", 0, "A trial without network ends after (1800)", 2},
    {"source-give-up", KEY_SOURCE, "SECONDS", 0, "A trial without server ends after (86400)", 2},
    {"healthy-after", KEY_HEALTHY, "SECONDS", 0, "A trial boot earns more tries after (600)", 2},
    {0},
};

static error_t parse_tls(int key, const char *arg, struct argp_state *state)
{
    struct device_tls_options *o = &((struct run_options *)state->input)->tls;

    switch (key) {
    case KEY_TLS_ANY:
        o->any = 1;
        return 0;
    case KEY_TLS_CA:
        o->ca = arg;
        return 0;
    case KEY_TLS_FULL:
        o->full = 1;
        return 0;
    case KEY_TLS_PIN:
        device_tls_pin(state, o, arg);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static error_t parse_number(int key, const char *arg, struct argp_state *state)
{
    struct run_options *o = state->input;

    switch (key) {
    case KEY_POLL:
        o->poll_s = (uint32_t)cli_number(state, "--poll", arg, 1, OTARIA_POLL_MAX_S);
        return 0;
    case KEY_THRESHOLD:
        o->threshold = (uint32_t)cli_number(state, "--threshold", arg, 1, OTARIA_KEYS_MAX);
        return 0;
    case KEY_NETWORK:
        o->network_s = (uint32_t)cli_number(state, "--network-give-up", arg, 1, UINT32_MAX);
        return 0;
    case KEY_SOURCE:
        o->source_s = (uint32_t)cli_number(state, "--source-give-up", arg, 1, UINT32_MAX);
        return 0;
    case KEY_HEALTHY:
        o->healthy_s = (uint32_t)cli_number(state, "--healthy-after", arg, 1, UINT32_MAX);
        return 0;
    default:
        return parse_tls(key, arg, state);
    }
}

static error_t parse_end(struct argp_state *state)
{
    const struct run_options *o = state->input;

    cli_need(state, o->flash, "--flash FILE");
    cli_need(state, o->server, "--server URL");
    cli_need(state, o->keys.cnt ? o->keys.path[0] : NULL, "--key PUB.pem");
    cli_need(state, o->vendor, "--vendor DOMAIN");
    cli_need(state, o->class_text, "--class TEXT");
    if (o->threshold > o->keys.cnt)
        argp_error(state, "--threshold %u: there are only %zu keys", o->threshold, o->keys.cnt);
    device_tls_check(state, &o->tls, o->server);
    return 0;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct run_options *o = state->input;

    switch (key) {
    case KEY_FLASH:
        o->flash = arg;
        return 0;
    case KEY_SERVER:
        o->server = arg;
        return 0;
    case KEY_VENDOR:
        o->vendor = arg;
        return 0;
    case KEY_CLASS:
        o->class_text = arg;
        return 0;
    case KEY_INIT:
        o->init = arg;
        return 0;
    case KEY_ID:
        o->id = arg;
        return 0;
    case KEY_ASK:
        o->ask = 1;
        return 0;
    case KEY_ONCE:
        o->once = 1;
        return 0;
    case KEY_JSON:
        o->json = 1;
        return 0;
    case ARGP_KEY_ARG:
        if (!cli_looks_like_key(arg))
            argp_error(state, "\"%s\" is no option; further keys end in .pem", arg);
        /* fall through */
    case KEY_KEY:
        cli_keys_add(state, &o->keys, arg);
        return 0;
    case ARGP_KEY_END:
        return parse_end(state);
    default:
        return parse_number(key, arg, state);
    }
}

const struct argp device_run_argp = {
    options,
    parse,
    "[PUB.pem...]",
    "Run the device library as a process: the flash is a file, the network is this machine's. It "
    "polls, takes what is offered if the keys signed it, \"reboots\" within the process, tries the new "
    "image and confirms it. One line an event."
    "\v"
    "The image is not executed; this command plays the application, which starts and loads its "
    "configuration at once. The process may be killed at any time and started again with the same "
    "flash file.",
    NULL,
    NULL,
    NULL};
