// SPDX-License-Identifier: MIT
/* Who may use the admin plane. */
#include <arpa/inet.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <string.h>
#include <strings.h>

#include "server/api/impl.h"

/* Host without the port and without the brackets of an IPv6 address. False: not in that form. */
static bool host_name(struct http_str host, char name[256])
{
    const char *end = host.p + host.len, *colon;
    size_t len;

    if (host.len > 0 && host.p[0] == '[') {
        const char *close = memchr(host.p, ']', host.len);

        if (close == NULL || (close + 1 < end && close[1] != ':'))
            return false;
        host.p++;
        len = (size_t)(close - host.p);
    } else {
        colon = host.len > 0 ? memchr(host.p, ':', host.len) : NULL;
        len = colon != NULL ? (size_t)(colon - host.p) : host.len;
    }
    if (len == 0 || len > 255)
        return false;
    memcpy(name, host.p, len);
    name[len] = '\0';
    return true;
}

/*
 * A browser that was tricked into resolving evil.example to our address still sends "Host: evil.example". It
 * cannot be made to send an address literal that way, so any literal will do.
 */
bool auth_host(const struct api_settings *settings, struct http_str host)
{
    struct in6_addr address;
    char name[256];

    if (!host_name(host, name))
        return false;
    if (strcasecmp(name, "localhost") == 0 || inet_pton(AF_INET, name, &address) == 1 ||
        inet_pton(AF_INET6, name, &address) == 1)
        return true;
    for (size_t i = 0; i < settings->hosts_cnt; i++) {
        if (strcasecmp(name, settings->hosts[i]) == 0)
            return true;
    }
    return false;
}

void auth_digest(const char *token, size_t len, uint8_t sha256[32])
{
    if (EVP_Digest(token, len, sha256, NULL, EVP_sha256(), NULL) != 1)
        memset(sha256, 0, 32);
}

/* Digests are compared, in constant time: neither length nor content of the token shows in the time. */
bool auth_token(const struct api *api, const struct http_request *r)
{
    static const char scheme[] = "bearer ";
    struct http_str value;
    uint8_t sha256[32];

    if (!api->token_known || !http_header_find(r, "authorization", &value) ||
        value.len <= strlen(scheme) || strncasecmp(value.p, scheme, strlen(scheme)) != 0)
        return false;
    auth_digest(value.p + strlen(scheme), value.len - strlen(scheme), sha256);
    return CRYPTO_memcmp(sha256, api->token_sha256, sizeof sha256) == 0;
}
