// SPDX-License-Identifier: MIT
/* Addresses: reading them, binding them, telling which ports came of it. */
#include <arpa/inet.h>
#include <jansson.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "server/daemon/impl.h"

static const char tls_prefix[] = "tls:";

static bool is_port(const char *text)
{
    size_t len = strlen(text);

    return len >= 1 && len <= 5 && strspn(text, "0123456789") == len &&
           strtoul(text, NULL, 10) <= 65535;
}

/* Whether name (without brackets) is a numeric address of that family, and whether it is this machine. */
static bool is_address(const char *name, bool six, bool *loopback)
{
    struct in6_addr v6;
    struct in_addr v4;

    if (six) {
        *loopback = inet_pton(AF_INET6, name, &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
        return inet_pton(AF_INET6, name, &v6) == 1;
    }
    *loopback = inet_pton(AF_INET, name, &v4) == 1 && ntohl(v4.s_addr) >> 24 == 127;
    return inet_pton(AF_INET, name, &v4) == 1;
}

int listen_parse(struct listen_addr *a, const char *text, struct err *err)
{
    char name[CONFIG_ADDR_MAX];
    const char *rest = text, *colon;
    bool six;
    size_t len;

    memset(a, 0, sizeof *a);
    a->tls = strncmp(text, tls_prefix, strlen(tls_prefix)) == 0;
    if (a->tls)
        rest += strlen(tls_prefix);
    colon = strrchr(rest, ':');
    if (!colon || strlen(rest) >= sizeof a->addr_port || !is_port(colon + 1))
        return err_set(err, ERR_USAGE, "\"%s\" is not [tls:]ADDR:PORT, as in 127.0.0.1:8266", text);
    six = rest[0] == '[' && colon > rest + 1 && colon[-1] == ']';
    len = (size_t)(colon - rest) - (six ? 2 : 0);
    memcpy(name, rest + (six ? 1 : 0), len);
    name[len] = '\0';
    if (!is_address(name, six, &a->loopback))
        return err_set(err, ERR_USAGE,
                       "\"%s\": \"%s\" is no numeric address (192.0.2.1, or [2001:db8::1])", text,
                       name);
    snprintf(a->addr_port, sizeof a->addr_port, "%s", rest);
    a->port_at = (size_t)(colon - rest) + 1;
    return 0;
}

static int listen_list(struct http_server *http, const struct config_list *list, unsigned plane,
                       struct listen_bound *bound, struct err *err)
{
    for (size_t i = 0; i < list->cnt; i++) {
        struct listen_addr *a = &bound->addr[bound->cnt];
        uint16_t port;

        if (listen_parse(a, list->item[i], err) < 0 ||
            http_server_listen(http, a->addr_port, a->tls, plane, &port, err) < 0)
            return -1;
        snprintf(a->addr_port + a->port_at, sizeof a->addr_port - a->port_at, "%u", port);
        bound->cnt++;
    }
    return 0;
}

int listen_all(struct http_server *http, const struct config *config, struct listen_bound *bound,
               struct err *err)
{
    memset(bound, 0, sizeof *bound);
    if (listen_list(http, &config->listen, API_PLANE_DEVICE, bound, err) < 0)
        return -1;
    bound->devices_cnt = bound->cnt;
    return listen_list(http, &config->admin, API_PLANE_ADMIN, bound, err);
}

int listen_tell(const struct listen_bound *bound, const char *path, struct err *err)
{
    json_t *devices = json_array(), *admins = json_array(), *tls = json_array();
    json_t *all;
    char *text;
    int ret;

    for (size_t i = 0; i < bound->cnt; i++) {
        const struct listen_addr *a = &bound->addr[i];

        json_array_append_new(i < bound->devices_cnt ? devices : admins, json_string(a->addr_port));
        if (a->tls)
            json_array_append_new(tls, json_string(a->addr_port));
    }
    all = json_pack("{s:o, s:O, s:o, s:o}", "listen", devices, "admin", json_array_get(admins, 0),
                    "admins", admins, "tls", tls);
    text = all ? json_dumps(all, JSON_PRESERVE_ORDER) : NULL;
    ret = text ? file_write_atomic(path, text, strlen(text), 0644, err)
               : err_set(err, ERR_FAILED, "%s: out of memory", path);
    free(text);
    json_decref(all);
    return ret;
}
