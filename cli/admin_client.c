// SPDX-License-Identifier: MIT
#include "cli/admin_client.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <curl/curl.h>
#include <openssl/crypto.h>

#include "base/xalloc.h"
#include "cli/cli.h"

#define REPLY_MAX      ((size_t)16 << 20)
#define TOKEN_MAX      512
#define CONNECT_MS     10000L
#define SILENCE_S      60L
#define TEXT_SHOWN_MAX 300

struct admin {
    CURL *curl;
    char *server; /* without '/' at the end */
    char header[TOKEN_MAX + 32];
    char curl_error[CURL_ERROR_SIZE];
    const char *ca_file;
    bool tls, answered;
    /* of the present request */
    char *reply;
    size_t reply_len;
    const char *body;
    size_t body_len, body_sent;
    const char *progress;
};

/* ---- Options ---- */

enum { KEY_SERVER = 1024, KEY_TOKEN_FILE, KEY_CA };

static const struct argp_option options[] = {
    {"server", KEY_SERVER, "URL", 0,
     "Admin address of the server, such as http://127.0.0.1:8267; beyond this machine only https://",
     10},
    {"token-file", KEY_TOKEN_FILE, "FILE", 0,
     "First line is the admin token (see serve --token-out)", 10},
    {"ca", KEY_CA, "FILE", 0, "Trust this certificate (PEM) in place of the system's", 10},
    {0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct admin_options *o = state->input;

    switch (key) {
    case KEY_SERVER:
        o->server = arg;
        return 0;
    case KEY_TOKEN_FILE:
        o->token_file = arg;
        return 0;
    case KEY_CA:
        o->ca_file = arg;
        return 0;
    case ARGP_KEY_END:
        cli_need(state, o->server, "--server");
        cli_need(state, o->token_file, "--token-file");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

const struct argp admin_argp = {options, parse, NULL, NULL, NULL, NULL, NULL};

/* ---- The address ---- */

static bool is_loopback(const char *host)
{
    struct in_addr v4;
    struct in6_addr v6;
    char bare[64];
    size_t len = strlen(host);

    if (strcmp(host, "localhost") == 0)
        return true;
    if (inet_pton(AF_INET, host, &v4) == 1)
        return (ntohl(v4.s_addr) >> 24) == 127;
    if (len < 3 || len >= sizeof bare || host[0] != '[' || host[len - 1] != ']')
        return false;
    memcpy(bare, host + 1, len - 2);
    bare[len - 2] = '\0';
    return inet_pton(AF_INET6, bare, &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

static int wrong_server(struct err *err, const char *server)
{
    return err_set(err, ERR_USAGE,
                   "--server \"%s\" is not an address such as http://127.0.0.1:8267 or "
                   "https://ota.example.org:8267",
                   server);
}

static int check_parts(struct admin *a, const char *server, const char *scheme, const char *host,
                       const char *path, bool more, struct err *err)
{
    a->tls = strcmp(scheme, "https") == 0;
    if ((!a->tls && strcmp(scheme, "http") != 0) || more || strcmp(path, "/") != 0)
        return wrong_server(err, server);
    if (!a->tls && !is_loopback(host))
        return err_set(err, ERR_USAGE,
                       "the admin token would cross the network in the clear: %s is not this "
                       "machine. Use https://, or a tunnel (ssh -L 8267:127.0.0.1:8267 %s)",
                       host, host);
    return 0;
}

static int set_server(struct admin *a, const char *server, struct err *err)
{
    char *scheme = NULL, *host = NULL, *path = NULL, *user = NULL, *query = NULL;
    CURLU *url = curl_url();
    int ret = -1;

    if (curl_url_set(url, CURLUPART_URL, server, 0) != CURLUE_OK ||
        curl_url_get(url, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK ||
        curl_url_get(url, CURLUPART_HOST, &host, 0) != CURLUE_OK ||
        curl_url_get(url, CURLUPART_PATH, &path, 0) != CURLUE_OK) {
        wrong_server(err, server);
    } else {
        curl_url_get(url, CURLUPART_USER, &user, 0);
        curl_url_get(url, CURLUPART_QUERY, &query, 0);
        ret = check_parts(a, server, scheme, host, path, user || query, err);
    }
    if (ret == 0) {
        a->server = xstrdup(server);
        if (a->server[strlen(a->server) - 1] == '/')
            a->server[strlen(a->server) - 1] = '\0';
    }
    curl_free(scheme);
    curl_free(host);
    curl_free(path);
    curl_free(user);
    curl_free(query);
    curl_url_cleanup(url);
    return ret;
}

static int set_token(struct admin *a, const char *file, struct err *err)
{
    char token[TOKEN_MAX];
    int ret = cli_read_secret(file, token, sizeof token, err);

    for (const char *c = token; ret == 0 && *c; c++)
        if (*c <= ' ' || *c > '~')
            ret = err_set(err, ERR_FAILED, "%s: the first line is not a token", file);
    if (ret == 0)
        snprintf(a->header, sizeof a->header, "Authorization: Bearer %s", token);
    OPENSSL_cleanse(token, sizeof token);
    return ret;
}

struct admin *admin_open(const struct admin_options *o, struct err *err)
{
    struct admin *a = xcalloc(1, sizeof *a);

    if (set_server(a, o->server, err) < 0 || set_token(a, o->token_file, err) < 0) {
        admin_close(a);
        return NULL;
    }
    a->ca_file = o->ca_file;
    a->curl = curl_easy_init();
    if (!a->curl) {
        err_set(err, ERR_FAILED, "libcurl could not be started");
        admin_close(a);
        return NULL;
    }
    return a;
}

void admin_close(struct admin *a)
{
    if (!a)
        return;
    curl_easy_cleanup(a->curl);
    OPENSSL_cleanse(a->header, sizeof a->header);
    free(a->server);
    free(a);
}

/* ---- Requests ---- */

static size_t take_reply(char *data, size_t size, size_t cnt, void *ctx)
{
    struct admin *a = ctx;
    size_t len = size * cnt;

    if (len > REPLY_MAX - a->reply_len)
        return 0;
    a->reply = xrealloc(a->reply, a->reply_len + len + 1);
    memcpy(a->reply + a->reply_len, data, len);
    a->reply_len += len;
    a->reply[a->reply_len] = '\0';
    return len;
}

static size_t give_body(char *data, size_t size, size_t cnt, void *ctx)
{
    struct admin *a = ctx;
    size_t len = size * cnt;

    if (len > a->body_len - a->body_sent)
        len = a->body_len - a->body_sent;
    memcpy(data, a->body + a->body_sent, len);
    a->body_sent += len;
    return len;
}

/* curl sends again when a kept connection turns out to be closed. */
static int rewind_body(void *ctx, curl_off_t offset, int origin)
{
    struct admin *a = ctx;

    if (origin != SEEK_SET || offset < 0 || (size_t)offset > a->body_len)
        return CURL_SEEKFUNC_FAIL;
    a->body_sent = (size_t)offset;
    return CURL_SEEKFUNC_OK;
}

static int show_progress(void *ctx, curl_off_t down_all, curl_off_t down, curl_off_t up_all,
                         curl_off_t up)
{
    struct admin *a = ctx;

    (void)down_all;
    (void)down;
    if (up_all > 0)
        fprintf(stderr, "\r%s  %3d %%", a->progress, (int)(up * 100 / up_all));
    return 0;
}

static void set_connection(struct admin *a)
{
    curl_easy_reset(a->curl);
    curl_easy_setopt(a->curl, CURLOPT_ERRORBUFFER, a->curl_error);
    curl_easy_setopt(a->curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(a->curl, CURLOPT_PROTOCOLS_STR, a->tls ? "https" : "http");
    curl_easy_setopt(a->curl, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(a->curl, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS);
    curl_easy_setopt(a->curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(a->curl, CURLOPT_LOW_SPEED_TIME, SILENCE_S);
    curl_easy_setopt(a->curl, CURLOPT_USERAGENT, "otaria/" OTARIA_VERSION);
    if (!a->tls)
        curl_easy_setopt(a->curl, CURLOPT_NOPROXY, "*");
    if (a->ca_file)
        curl_easy_setopt(a->curl, CURLOPT_CAINFO, a->ca_file);
    curl_easy_setopt(a->curl, CURLOPT_WRITEFUNCTION, take_reply);
    curl_easy_setopt(a->curl, CURLOPT_WRITEDATA, a);
}

static void set_body(struct admin *a, const struct admin_request *r)
{
    a->body = r->body;
    a->body_len = r->body_len;
    a->body_sent = 0;
    curl_easy_setopt(a->curl, CURLOPT_CUSTOMREQUEST, r->method);
    if (!r->body)
        return;
    curl_easy_setopt(a->curl, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(a->curl, CURLOPT_INFILESIZE_LARGE, (curl_off_t)r->body_len);
    curl_easy_setopt(a->curl, CURLOPT_READFUNCTION, give_body);
    curl_easy_setopt(a->curl, CURLOPT_READDATA, a);
    curl_easy_setopt(a->curl, CURLOPT_SEEKFUNCTION, rewind_body);
    curl_easy_setopt(a->curl, CURLOPT_SEEKDATA, a);
    a->progress = r->progress;
    if (r->progress && isatty(STDERR_FILENO)) {
        curl_easy_setopt(a->curl, CURLOPT_NOPROGRESS, 0L);
        curl_easy_setopt(a->curl, CURLOPT_XFERINFOFUNCTION, show_progress);
        curl_easy_setopt(a->curl, CURLOPT_XFERINFODATA, a);
    }
}

static int no_answer(const struct admin *a, CURLcode code, struct err *err)
{
    const char *why = a->curl_error[0] ? a->curl_error : curl_easy_strerror(code);

    if (code == CURLE_COULDNT_CONNECT)
        return err_set(err, ERR_FAILED,
                       "no server answers at %s (%s): is `otaria serve` running, and is this its "
                       "--admin address?",
                       a->server, why);
    if (code == CURLE_OPERATION_TIMEDOUT)
        return err_set(err, ERR_FAILED, "the server at %s fell silent: %s", a->server, why);
    if (code == CURLE_PEER_FAILED_VERIFICATION)
        return err_set(err, ERR_FAILED,
                       "the certificate of %s is not trusted (%s): give --ca FILE for your own "
                       "authority",
                       a->server, why);
    return err_set(err, ERR_FAILED, "%s: %s", a->server, why);
}

/* What another program wrote, fit for a terminal. */
static void clean(char *out, size_t max, const char *text)
{
    size_t len = 0;

    for (; *text && len + 1 < max; text++)
        out[len++] = (unsigned char)*text < 0x20 || *text == 0x7F ? '?' : *text;
    out[len] = '\0';
}

/* The server said no: its own sentence, or what the status alone tells. */
static int refused(const struct admin *a, long status, struct err *err)
{
    json_t *reply = a->reply ? json_loadb(a->reply, a->reply_len, 0, NULL) : NULL;
    const char *name = "", *message = NULL;
    char said[TEXT_SHOWN_MAX], named[64];
    int code = 0;

    if (reply && json_unpack(reply, "{s:s, s?:i, s:s}", "error", &name, "code", &code, "message",
                             &message) == 0) {
        clean(said, sizeof said, message);
        clean(named, sizeof named, name);
        if (code < 0)
            err_set(err, code, "the server refuses: %s (%d): %s", named, code, said);
        else
            err_set(err, ERR_FAILED, "the server refuses: %s: %s", named, said);
    } else {
        err_set(err, ERR_FAILED, "%s answers with status %ld%s", a->server, status,
                status == 401   ? ": it does not know this token"
                : status == 404 ? ": is this the --admin address of an otaria server?"
                                : "");
    }
    json_decref(reply);
    return -1;
}

static int take_json(const struct admin *a, json_t **reply, struct err *err)
{
    json_error_t where;

    if (!reply)
        return 0;
    *reply = a->reply ? json_loadb(a->reply, a->reply_len, 0, &where) : NULL;
    if (!*reply)
        return err_set(err, ERR_FAILED, "%s does not answer with JSON: is it an otaria server?",
                       a->server);
    return 0;
}

int admin_call(struct admin *a, const struct admin_request *r, json_t **reply, struct err *err)
{
    char *url = xasprintf("%s%s", a->server, r->path);
    char *type = xasprintf("Content-Type: %s", r->type ? r->type : "application/json");
    struct curl_slist *headers = curl_slist_append(NULL, a->header);
    long status = 0;
    CURLcode code;
    int ret;

    if (reply)
        *reply = NULL;
    set_connection(a);
    set_body(a, r);
    headers = curl_slist_append(headers, "Expect:");
    if (r->body)
        headers = curl_slist_append(headers, type);
    curl_easy_setopt(a->curl, CURLOPT_URL, url);
    curl_easy_setopt(a->curl, CURLOPT_HTTPHEADER, headers);
    a->curl_error[0] = '\0';
    code = curl_easy_perform(a->curl);
    if (r->progress && isatty(STDERR_FILENO))
        fputs("\r\033[K", stderr);
    curl_easy_getinfo(a->curl, CURLINFO_RESPONSE_CODE, &status);
    /* A server that has made up its mind may answer before it has read everything, and close. */
    a->answered = code == CURLE_OK || (code == CURLE_SEND_ERROR && status >= 400);
    if (!a->answered)
        ret = no_answer(a, code, err);
    else if (status < 200 || status > 299)
        ret = refused(a, status, err);
    else
        ret = take_json(a, reply, err);
    curl_slist_free_all(headers);
    free(a->reply);
    a->reply = NULL;
    a->reply_len = 0;
    free(type);
    free(url);
    return ret;
}

bool admin_answered(const struct admin *a)
{
    return a->answered;
}

int admin_get(struct admin *a, const char *path, json_t **reply, struct err *err)
{
    return admin_call(a, &(struct admin_request){.method = "GET", .path = path}, reply, err);
}

int admin_send(struct admin *a, const char *method, const char *path, json_t *body, json_t **reply,
               struct err *err)
{
    char *text = json_dumps(body, JSON_COMPACT);
    struct admin_request r = {
        .method = method, .path = path, .body = text, .body_len = text ? strlen(text) : 0};
    int ret = text ? admin_call(a, &r, reply, err)
                   : err_set(err, ERR_FAILED, "the request could not be written as JSON");

    free(text);
    json_decref(body);
    return ret;
}

char *admin_escape(const char *part)
{
    static const char digits[] = "0123456789ABCDEF";
    char *out = xmalloc(3 * strlen(part) + 1), *o = out;

    for (; *part; part++) {
        if (isalnum((unsigned char)*part) || strchr("-._~", *part)) {
            *o++ = *part;
        } else {
            *o++ = '%';
            *o++ = digits[(unsigned char)*part >> 4];
            *o++ = digits[(unsigned char)*part & 15];
        }
    }
    *o = '\0';
    return out;
}

char *admin_device_id(const char *text)
{
    char *out = xmalloc(strlen(text) + 1);
    size_t len = 0;

    for (; *text; text++) {
        if (*text == ':' && len > 0 && len % 2 == 0 && text[1])
            continue;
        if (!isxdigit((unsigned char)*text)) {
            free(out);
            return NULL;
        }
        out[len++] = (char)tolower((unsigned char)*text);
    }
    out[len] = '\0';
    if (len % 2 || len < 12 || len > 32) {
        free(out);
        return NULL;
    }
    return out;
}
