// SPDX-License-Identifier: MIT
/* The settings: one table for the command line, the file, and what changed. */
#include <errno.h>
#include <ini.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/file.h"
#include "base/xalloc.h"
#include "server/daemon/impl.h"

enum config_kind { CONFIG_TEXT, CONFIG_LIST, CONFIG_NUMBER, CONFIG_FLAG };

struct config_row {
    const char *name;
    enum config_kind kind;
    bool live; /* a reload changes it */
    size_t at;
    uint32_t min, max;
};

#define AT(field) offsetof(struct config, field)

static const struct config_row rows[] = {
    {"data", CONFIG_TEXT, false, AT(data), 0, 0},
    {"listen", CONFIG_LIST, false, AT(listen), 0, 0},
    {"admin", CONFIG_LIST, false, AT(admin), 0, 0},
    {"tls-cert", CONFIG_TEXT, false, AT(tls_cert), 0, 0},
    {"tls-key", CONFIG_TEXT, false, AT(tls_key), 0, 0},
    {"release-key", CONFIG_LIST, true, AT(release_key), 0, 0},
    {"threshold", CONFIG_NUMBER, true, AT(threshold), 1, OTARIA_KEYS_MAX},
    {"token-out", CONFIG_TEXT, false, AT(token_out), 0, 0},
    {"ready-file", CONFIG_TEXT, false, AT(ready_file), 0, 0},
    {"poll-interval", CONFIG_NUMBER, true, AT(poll_interval), 1, OTARIA_POLL_MAX_S},
    {"poll-minimum", CONFIG_NUMBER, true, AT(poll_minimum), 1, OTARIA_POLL_MAX_S},
    {"polls-per-second", CONFIG_NUMBER, true, AT(polls_per_second), 0, 1000000},
    {"new-ids-per-address", CONFIG_NUMBER, false, AT(new_ids_per_address), 0, 1000000},
    {"devices-max", CONFIG_NUMBER, false, AT(devices_max), 1, 5000000},
    {"database-max", CONFIG_NUMBER, false, AT(database_max), 0, 2000000000},
    {"host", CONFIG_LIST, true, AT(host), 0, 0},
    {"admin-plain-anywhere", CONFIG_FLAG, false, AT(admin_plain_anywhere), 0, 0},
    {"header-timeout", CONFIG_NUMBER, false, AT(header_timeout), 1, 300},
    {"stop-deadline", CONFIG_NUMBER, true, AT(stop_deadline), 0, 3600},
    {"verbose", CONFIG_FLAG, false, AT(verbose), 0, 0},
};
#define ROWS_CNT (sizeof rows / sizeof rows[0])
_Static_assert(ROWS_CNT <= CONFIG_ROWS_MAX, "struct config has a bit for each row");

static const struct config_row *row_find(const char *name)
{
    for (size_t i = 0; i < ROWS_CNT; i++) {
        if (strcmp(rows[i].name, name) == 0)
            return &rows[i];
    }
    return NULL;
}

static uint32_t row_bit(const struct config_row *row)
{
    return (uint32_t)1 << (row - rows);
}

bool config_given(const struct config *config, const char *name)
{
    return (config->given & row_bit(row_find(name))) != 0;
}

/* ---- Values ---- */

static char **text_of(const struct config *config, const struct config_row *row)
{
    return (char **)((uintptr_t)config + row->at);
}

static struct config_list *list_of(const struct config *config, const struct config_row *row)
{
    return (struct config_list *)((uintptr_t)config + row->at);
}

static uint32_t *number_of(const struct config *config, const struct config_row *row)
{
    return (uint32_t *)((uintptr_t)config + row->at);
}

static bool *flag_of(const struct config *config, const struct config_row *row)
{
    return (bool *)((uintptr_t)config + row->at);
}

static void list_clear(struct config_list *list)
{
    for (size_t i = 0; i < list->cnt; i++)
        free(list->item[i]);
    list->cnt = 0;
}

void config_free(struct config *config)
{
    for (size_t i = 0; i < ROWS_CNT; i++) {
        if (rows[i].kind == CONFIG_TEXT)
            free(*text_of(config, &rows[i]));
        else if (rows[i].kind == CONFIG_LIST)
            list_clear(list_of(config, &rows[i]));
    }
    memset(config, 0, sizeof *config);
}

static int set_number(const struct config_row *row, const char *value, uint32_t *out,
                      struct err *err)
{
    unsigned long long n;
    char *end;

    errno = 0;
    n = strtoull(value, &end, 10);
    if (value[0] < '0' || value[0] > '9' || *end || errno || n < row->min || n > row->max)
        return err_set(err, ERR_USAGE, "%s: \"%s\" is not a whole number from %u to %u", row->name,
                       value, (unsigned)row->min, (unsigned)row->max);
    *out = (uint32_t)n;
    return 0;
}

static int set_flag(const struct config_row *row, const char *value, bool *out, struct err *err)
{
    bool yes = !strcasecmp(value, "yes") || !strcasecmp(value, "true") ||
               !strcasecmp(value, "on") || !strcmp(value, "1");
    bool no = !strcasecmp(value, "no") || !strcasecmp(value, "false") ||
              !strcasecmp(value, "off") || !strcmp(value, "0");

    if (!yes && !no)
        return err_set(err, ERR_USAGE, "%s: \"%s\" is neither yes nor no", row->name, value);
    *out = yes;
    return 0;
}

static int row_set(struct config *config, const struct config_row *row, const char *value,
                   struct err *err)
{
    struct config_list *list;

    config->given |= row_bit(row);
    if (*value == '\0')
        return err_set(err, ERR_USAGE, "%s: its value is missing", row->name);
    switch (row->kind) {
    case CONFIG_NUMBER:
        return set_number(row, value, number_of(config, row), err);
    case CONFIG_FLAG:
        return set_flag(row, value, flag_of(config, row), err);
    case CONFIG_TEXT:
        free(*text_of(config, row));
        *text_of(config, row) = xstrdup(value);
        return 0;
    case CONFIG_LIST:
        break;
    }
    list = list_of(config, row);
    if (list->cnt == CONFIG_LIST_MAX)
        return err_set(err, ERR_USAGE, "%s: more than %d of them", row->name, CONFIG_LIST_MAX);
    list->item[list->cnt++] = xstrdup(value);
    return 0;
}

/* ---- The file ---- */

struct reading {
    struct config *config;
    struct err *err; /* of the first line that is wrong */
    bool failed;
};

static int file_pair(struct config *config, const char *section, const char *name,
                     const char *value, struct err *err)
{
    const struct config_row *row = row_find(name);

    if (*section != '\0' && strcmp(section, "serve") != 0)
        return err_set(err, ERR_USAGE, "[%s] is no section of this file; [serve] is the only one",
                       section);
    if (!row)
        return err_set(err, ERR_USAGE, "there is no setting \"%s\"", name);
    if (row->kind != CONFIG_LIST && (config->given & row_bit(row)))
        return err_set(err, ERR_USAGE, "%s is there twice", name);
    return row_set(config, row, value, err);
}

static int on_pair(void *user, const char *section, const char *name, const char *value)
{
    struct reading *r = user;

    if (!r->failed && file_pair(r->config, section, name, value, r->err) < 0)
        r->failed = true;
    return !r->failed;
}

/* Zero bytes and overlong lines would be cut by the parser in silence. */
static int file_lines(const char *path, const uint8_t *text, size_t len, struct err *err)
{
    unsigned line = 1;
    size_t start = 0;

    for (size_t i = 0; i < len; i++) {
        if (text[i] == '\n') {
            line++;
            start = i + 1;
        } else if (text[i] == '\0') {
            return err_set(err, ERR_USAGE, "%s:%u: a zero byte; this is no text", path, line);
        } else if (i - start >= CONFIG_LINE_MAX) {
            return err_set(err, ERR_USAGE, "%s:%u: longer than %d bytes", path, line,
                           CONFIG_LINE_MAX);
        }
    }
    return 0;
}

static int config_file(struct config *config, const char *path, struct err *err)
{
    struct reading reading = {.config = config, .err = err};
    uint8_t *text;
    size_t len;
    int line = 0, ret;

    if (file_read(path, CONFIG_FILE_MAX, &text, &len, err) < 0)
        return err_prefix(err, "configuration");
    ret = file_lines(path, text, len, err);
    if (ret == 0)
        line = ini_parse_string((const char *)text, on_pair, &reading);
    free(text);
    if (line > 0 && !reading.failed)
        err_set(err, ERR_USAGE, "neither \"name = value\" nor a [section] nor a comment");
    if (line > 0)
        return err_prefix(err, "%s:%d", path, line);
    if (line < 0)
        return err_set(err, ERR_FAILED, "%s: out of memory", path);
    return ret;
}

/* ---- The command line ---- */

static int config_words(struct config *config, const struct daemon_call *call, struct err *err)
{
    uint32_t seen = 0;

    for (size_t i = 0; i < call->words_cnt; i++) {
        const struct config_row *row = row_find(call->words[i].name);

        if (!row)
            return err_set(err, ERR_USAGE, "there is no setting \"%s\"", call->words[i].name);
        if (row->kind == CONFIG_LIST && !(seen & row_bit(row)))
            list_clear(list_of(config, row));
        seen |= row_bit(row);
        if (row_set(config, row, call->words[i].value, err) < 0)
            return err_prefix(err, "command line");
    }
    return 0;
}

/* ---- The whole ---- */

static int check_listeners(const struct config *config, const struct config_list *list,
                           const char *name, bool admin, struct err *err)
{
    struct listen_addr a;

    for (size_t i = 0; i < list->cnt; i++) {
        if (listen_parse(&a, list->item[i], err) < 0)
            return err_prefix(err, "%s", name);
        if (a.tls && !config->tls_cert)
            return err_set(err, ERR_USAGE, "%s %s needs tls-cert and tls-key", name, list->item[i]);
        if (admin && !a.tls && !a.loopback && !config->admin_plain_anywhere)
            return err_set(err, ERR_USAGE,
                           "admin %s would send the token in clear text through a network; use "
                           "tls:%s, or admin-plain-anywhere behind a proxy of your own",
                           list->item[i], list->item[i]);
    }
    return 0;
}

static int check_hosts(const struct config_list *hosts, struct err *err)
{
    static const char allowed[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_";

    for (size_t i = 0; i < hosts->cnt; i++) {
        if (hosts->item[i][strspn(hosts->item[i], allowed)] != '\0')
            return err_set(err, ERR_USAGE,
                           "host: \"%s\" is no host name (and no port belongs to it)",
                           hosts->item[i]);
    }
    return 0;
}

static int config_check(const struct config *config, struct err *err)
{
    if (!config->tls_cert != !config->tls_key)
        return err_set(err, ERR_USAGE, "tls-cert and tls-key belong together; %s is missing",
                       config->tls_cert ? "tls-key" : "tls-cert");
    if (config->release_key.cnt > OTARIA_KEYS_MAX)
        return err_set(err, ERR_USAGE, "release-key: more than %d of them", OTARIA_KEYS_MAX);
    if (config->release_key.cnt > 0 && config->threshold > config->release_key.cnt)
        return err_set(err, ERR_USAGE, "threshold %u is more than there are release keys (%zu)",
                       (unsigned)config->threshold, config->release_key.cnt);
    if (config->poll_interval < config->poll_minimum)
        return err_set(err, ERR_USAGE, "poll-interval %u is below poll-minimum %u",
                       (unsigned)config->poll_interval, (unsigned)config->poll_minimum);
    if (check_hosts(&config->host, err) < 0 ||
        check_listeners(config, &config->listen, "listen", false, err) < 0)
        return -1;
    return check_listeners(config, &config->admin, "admin", true, err);
}

static void config_defaults(struct config *config)
{
    *config = (struct config){
        .threshold = 1,
        .poll_interval = API_POLL_INTERVAL_S,
        .poll_minimum = OTARIA_POLL_MIN_S,
        .new_ids_per_address = 500,
        .devices_max = 200000,
        .header_timeout = 20,
        .stop_deadline = STOP_DEADLINE_S,
    };
}

/* Lists cannot be given an element to be replaced, so theirs come last. */
static void config_default_lists(struct config *config)
{
    if (!config->data)
        config->data = xstrdup("otaria-data");
    if (config->listen.cnt == 0)
        config->listen.item[config->listen.cnt++] = xstrdup("0.0.0.0:8266");
    if (config->admin.cnt == 0)
        config->admin.item[config->admin.cnt++] = xstrdup("127.0.0.1:8267");
}

int config_load(struct config *config, const struct daemon_call *call, struct err *err)
{
    config_defaults(config);
    if ((call->config_path && config_file(config, call->config_path, err) < 0) ||
        config_words(config, call, err) < 0) {
        config_free(config);
        return -1;
    }
    config_default_lists(config);
    if (config_check(config, err) < 0) {
        config_free(config);
        return -1;
    }
    return 0;
}

/* ---- What changed ---- */

static void swap_bytes(void *a, void *b, size_t len)
{
    unsigned char *x = a, *y = b;

    for (size_t i = 0; i < len; i++) {
        unsigned char old = x[i];

        x[i] = y[i];
        y[i] = old;
    }
}

void config_take_live(struct config *config, struct config *from)
{
    static const size_t size[] = {
        [CONFIG_TEXT] = sizeof(char *),
        [CONFIG_LIST] = sizeof(struct config_list),
        [CONFIG_NUMBER] = sizeof(uint32_t),
        [CONFIG_FLAG] = sizeof(bool),
    };

    for (size_t i = 0; i < ROWS_CNT; i++) {
        if (rows[i].live)
            swap_bytes((char *)config + rows[i].at, (char *)from + rows[i].at, size[rows[i].kind]);
    }
}

static char *list_words(const struct config_list *list)
{
    char *text = xstrdup(list->cnt ? list->item[0] : "none");

    for (size_t i = 1; i < list->cnt; i++) {
        char *longer = xasprintf("%s, %s", text, list->item[i]);

        free(text);
        text = longer;
    }
    return text;
}

static char *row_words(const struct config *config, const struct config_row *row)
{
    switch (row->kind) {
    case CONFIG_TEXT:
        return xstrdup(*text_of(config, row) ? *text_of(config, row) : "none");
    case CONFIG_LIST:
        return list_words(list_of(config, row));
    case CONFIG_NUMBER:
        return xasprintf("%u", (unsigned)*number_of(config, row));
    case CONFIG_FLAG:
        break;
    }
    return xstrdup(*flag_of(config, row) ? "yes" : "no");
}

void config_diff(const struct config *before, const struct config *after,
                 void (*fn)(void *ctx, const char *name, const char *before, const char *after,
                            bool live),
                 void *ctx)
{
    for (size_t i = 0; i < ROWS_CNT; i++) {
        char *was = row_words(before, &rows[i]), *is = row_words(after, &rows[i]);

        if (strcmp(was, is) != 0)
            fn(ctx, rows[i].name, was, is, rows[i].live);
        free(was);
        free(is);
    }
}
