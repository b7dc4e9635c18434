// SPDX-License-Identifier: MIT
#include "api_lab.h"

#include <arpa/inet.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>
#include <openssl/evp.h>

#include "base/hex.h"

#define KEYS OTARIA_SOURCE_DIR "/spec/vectors/manifest/keys/"

static void must(int result, const struct err *err)
{
    if (result < 0)
        fail_msg("%s", err->text);
}

void lab_serve(struct lab *lab)
{
    const struct http_config config = {.loops = 2};
    const struct http_plane *planes;
    struct err err;
    size_t cnt;

    lab->config.data = lab->folder;
    must(api_new(&lab->config, &lab->settings, &lab->api, &err), &err);
    if (!api_token_known(lab->api))
        must(api_token_set(lab->api, LAB_TOKEN, &err), &err);
    planes = api_planes(lab->api, &cnt);
    must(http_server_new(&config, planes, cnt, &lab->http, &err), &err);
    must(http_server_listen(lab->http, "127.0.0.1:0", false, API_PLANE_DEVICE, &lab->device_port,
                            &err),
         &err);
    must(http_server_listen(lab->http, "127.0.0.1:0", false, API_PLANE_ADMIN, &lab->admin_port,
                            &err),
         &err);
    must(api_start(lab->api, lab->http, &err), &err);
    must(http_server_start(lab->http, &err), &err);
}

static void stop(struct lab *lab)
{
    http_server_stop(lab->http, 1000);
    api_stop(lab->api);
    http_server_free(lab->http);
    api_free(lab->api);
}

void lab_prepare(struct lab *lab)
{
    struct err err;

    memset(lab, 0, sizeof *lab);
    snprintf(lab->folder, sizeof lab->folder, "/tmp/otaria-api-XXXXXX");
    assert_non_null(mkdtemp(lab->folder));
    must(keys_load(KEYS "a.key.pem", NULL, &lab->key, &err), &err);
    must(keys_load(KEYS "stranger.key.pem", NULL, &lab->stranger, &err), &err);
    memcpy(lab->settings.keys[0], lab->key.point, 65);
    lab->settings.keys_cnt = 1;
    lab->settings.poll_interval_s = 1000;
}

void lab_open(struct lab *lab)
{
    lab_prepare(lab);
    lab_serve(lab);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *walk)
{
    (void)st, (void)type, (void)walk;
    return remove(path);
}

void lab_remove(struct lab *lab)
{
    nftw(lab->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

void lab_close(struct lab *lab)
{
    stop(lab);
    lab_remove(lab);
}

void lab_restart(struct lab *lab)
{
    stop(lab);
    lab_serve(lab);
}

void answer_free(struct answer *a)
{
    free(a->text);
    a->text = NULL;
}

bool answer_has(const struct answer *a, const char *text)
{
    return strstr(a->text, text) != NULL;
}

static void send_all(int fd, const void *data, size_t len)
{
    for (const char *p = data; len > 0;) {
        ssize_t n = send(fd, p, len, MSG_NOSIGNAL);

        if (n <= 0)
            return; /* refused early; the answer tells */
        p += n;
        len -= (size_t)n;
    }
}

struct answer lab_request(uint16_t port, const char *head, const void *body, size_t len)
{
    struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    size_t line = strcspn(head, "\r"), used = 0, room = 4 * 1024 * 1024;
    struct answer a = {.text = malloc(room)};
    char text[2048];
    const char *end;
    ssize_t n;

    if (connect(fd, (struct sockaddr *)&to, sizeof to) < 0) {
        close(fd);
        a.text[0] = '\0';
        return a;
    }
    snprintf(text, sizeof text, "%.*s HTTP/1.1\r\n%s%s%sConnection: close\r\n", (int)line, head,
             strstr(head, "Host:") != NULL ? "" : "Host: localhost\r\n",
             head[line] != '\0' ? head + line + 2 : "", head[line] != '\0' ? "\r\n" : "");
    send_all(fd, text, strlen(text));
    if (body != NULL)
        snprintf(text, sizeof text, "Content-Length: %zu\r\n\r\n", len);
    else
        snprintf(text, sizeof text, "\r\n");
    send_all(fd, text, strlen(text));
    send_all(fd, body, len);
    while (used < room - 1 && (n = recv(fd, a.text + used, room - 1 - used, 0)) > 0)
        used += (size_t)n;
    close(fd);
    a.text[used] = '\0';
    end = strstr(a.text, "\r\n\r\n");
    if (end == NULL)
        return a;
    a.body = (const uint8_t *)end + 4;
    a.body_len = used - (size_t)(end + 4 - a.text);
    assert_int_equal(sscanf(a.text, "HTTP/1.1 %d", &a.status), 1);
    return a;
}

struct answer lab_admin(struct lab *lab, const char *head, const void *body, size_t len)
{
    char text[1024];

    snprintf(text, sizeof text, "%s\r\nAuthorization: Bearer " LAB_TOKEN, head);
    return lab_request(lab->admin_port, text, body, len);
}

void lab_sign(struct lab_release *r, const struct key_pair *key, const char *version, uint64_t seq,
              const char *image)
{
    struct release_plan plan = {.seq = seq, .components_cnt = 1};
    struct err err;

    release_sha256(image, strlen(image), r->image_sha256);
    must(release_text_set(&plan.text, "example.org", "emon", "esp12e", "4m2m", version, &err),
         &err);
    plan.component[0] =
        (struct release_component){.size = (uint32_t)strlen(image), .uri = "app.bin"};
    memcpy(plan.component[0].digest, r->image_sha256, 32);
    must(release_encode(&plan, key, 1, r->suit, &r->suit_len, &err), &err);
    assert_int_equal(otaria_manifest_decode(&r->m, r->suit, r->suit_len), 0);
}

struct answer lab_put(struct lab *lab, const char *image)
{
    char head[128], hex[HEX_SIZE(32)];
    uint8_t sha256[32];

    release_sha256(image, strlen(image), sha256);
    hex_encode(hex, sha256, sizeof sha256);
    snprintf(head, sizeof head, "PUT /admin/v1/payloads/%s", hex);
    return lab_admin(lab, head, image, strlen(image));
}

struct answer lab_publish(struct lab *lab, const struct lab_release *r, const char *more_json)
{
    char suit[OTARIA_ENVELOPE_MAX * 2], body[OTARIA_ENVELOPE_MAX * 3];

    EVP_EncodeBlock((unsigned char *)suit, r->suit, (int)r->suit_len);
    snprintf(body, sizeof body, "{\"suit\":\"%s\"%s}", suit, more_json);
    return lab_admin(lab, "POST /admin/v1/releases", body, strlen(body));
}

void lab_release(struct lab *lab, struct lab_release *r, const char *version, uint64_t seq,
                 const char *image)
{
    struct answer a;

    lab_sign(r, &lab->key, version, seq, image);
    a = lab_put(lab, image);
    assert_true(a.status == 201 || a.status == 200);
    answer_free(&a);
    a = lab_publish(lab, r, "");
    if (a.status != 201)
        fail_msg("%s", a.text);
    answer_free(&a);
}

struct otaria_poll_request lab_poll_of(const struct lab_release *r, unsigned n)
{
    struct otaria_poll_request p = {.id_len = 6, .version = "1.0.2", .uptime_s = 60, .counter = n};

    memcpy(p.id, &n, sizeof n);
    memcpy(p.vendor, r->m.vendor, sizeof p.vendor);
    memcpy(p.class_id, r->m.class_id, sizeof p.class_id);
    return p;
}

struct answer lab_poll(struct lab *lab, const struct otaria_poll_request *p)
{
    uint8_t body[OTARIA_POLL_REQUEST_MAX];
    size_t len;

    assert_int_equal(otaria_poll_request_write(p, body, sizeof body, &len), 0);
    return lab_request(lab->device_port, "POST /v1/poll\r\nContent-Type: application/cbor", body,
                       len);
}

struct otaria_poll_response lab_polled(struct lab *lab, const struct otaria_poll_request *p,
                                       struct answer *a)
{
    struct otaria_poll_response response;

    *a = lab_poll(lab, p);
    if (a->status != 200)
        fail_msg("%s", a->text);
    assert_int_equal(otaria_poll_response_read(&response, a->body, a->body_len), 0);
    return response;
}
