// SPDX-License-Identifier: MIT
/* The admin token: 32 random bytes, shown once, kept as a hash. */
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/file.h"
#include "base/xalloc.h"
#include "server/daemon/impl.h"

#define TOKEN_BYTES 32
#define TOKEN_TEXT  43 /* base64url without padding */

/* RFC 4648 section 5, without padding: text[TOKEN_TEXT + 2] has room for that of the first step. */
static void base64url(char text[TOKEN_TEXT + 2], const uint8_t bytes[TOKEN_BYTES])
{
    EVP_EncodeBlock((unsigned char *)text, bytes, TOKEN_BYTES);
    for (char *p = text; *p != '\0'; p++) {
        if (*p == '+')
            *p = '-';
        else if (*p == '/')
            *p = '_';
    }
    text[TOKEN_TEXT] = '\0';
}

static int token_make(char text[TOKEN_TEXT + 2], struct err *err)
{
    uint8_t bytes[TOKEN_BYTES];

    if (getrandom(bytes, sizeof bytes, 0) != sizeof bytes)
        return err_errno(err, "random numbers");
    base64url(text, bytes);
    OPENSSL_cleanse(bytes, sizeof bytes);
    return 0;
}

/* The file first, so that a token the database knows is never one that nobody was told. */
static int token_write(struct api *api, const char *path, char text[TOKEN_TEXT + 2],
                       struct err *err)
{
    char line[TOKEN_TEXT + 3];
    int ret;

    snprintf(line, sizeof line, "%s\n", text);
    ret = file_write_atomic(path, line, strlen(line), 0600, err);
    OPENSSL_cleanse(line, sizeof line);
    if (ret < 0)
        return err_prefix(err, "admin token");
    return api_token_set(api, text, err);
}

static int token_print(struct api *api, const char *text, struct err *err)
{
    if (api_token_set(api, text, err) < 0)
        return -1;
    printf("admin token (shown once): %s\n", text);
    fflush(stdout);
    return 0;
}

int token_provide(struct api *api, const struct config *config, bool always, char *where,
                  size_t where_max, struct err *err)
{
    char text[TOKEN_TEXT + 2], *path = NULL;
    int ret;

    where[0] = '\0';
    if (api_token_known(api) && !always)
        return 0;
    if (token_make(text, err) < 0)
        return -1;
    if (config->token_out)
        path = xstrdup(config->token_out);
    else if (!isatty(STDOUT_FILENO))
        path = xasprintf("%s/admin.token", config->data);
    ret = path ? token_write(api, path, text, err) : token_print(api, text, err);
    snprintf(where, where_max, "%s%s", path ? "written to " : "shown above, once",
             path ? path : "");
    OPENSSL_cleanse(text, sizeof text);
    free(path);
    return ret;
}
