// SPDX-License-Identifier: MIT
/* Secrets from files and from the terminal; never from arguments or the environment. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "base/file.h"
#include "cli/cli.h"

bool cli_has_terminal(void)
{
    return isatty(STDIN_FILENO);
}

int cli_read_secret(const char *path, char *text, size_t max, struct err *err)
{
    uint8_t *data;
    size_t len, line;
    int ret = -1;

    if (file_read(path, 4096, &data, &len, err) < 0)
        return -1;
    line = strcspn((char *)data, "\r\n");
    if (line == 0)
        err_set(err, ERR_FAILED, "%s: the first line is empty", path);
    else if (line >= max)
        err_set(err, ERR_FAILED, "%s: the first line is longer than %zu bytes", path, max - 1);
    else if (line < len && data[line] == '\0')
        err_set(err, ERR_FAILED, "%s: not a line of text", path);
    else
        ret = 0;
    if (ret == 0) {
        memcpy(text, data, line);
        text[line] = '\0';
        if (keys_exposed(path))
            cli_note("%s can be read by others; chmod 600 it", path);
    }
    OPENSSL_cleanse(data, len);
    free(data);
    return ret;
}

/* One line from the terminal, not shown. */
static int ask_terminal(const char *prompt, char text[KEYS_PASSPHRASE_MAX], struct err *err)
{
    struct termios before, hidden;
    size_t len = 0;
    ssize_t n;
    char c;

    if (tcgetattr(STDIN_FILENO, &before) < 0)
        return err_errno(err, "terminal");
    hidden = before;
    hidden.c_lflag &= ~(tcflag_t)ECHO;
    hidden.c_lflag |= ECHONL;
    fputs(prompt, stderr);
    fflush(stderr);
    if (tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden) < 0)
        return err_errno(err, "terminal");
    while ((n = read(STDIN_FILENO, &c, 1)) == 1 && c != '\n')
        if (len < KEYS_PASSPHRASE_MAX)
            text[len++] = c;
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
    if (n != 1)
        return err_set(err, ERR_FAILED, "no passphrase was given");
    if (len == KEYS_PASSPHRASE_MAX)
        return err_set(err, ERR_FAILED, "the passphrase is longer than %d bytes",
                       KEYS_PASSPHRASE_MAX - 1);
    text[len] = '\0';
    return 0;
}

static int ask(void *ctx, const char *path, char text[KEYS_PASSPHRASE_MAX], struct err *err)
{
    const char *file = ctx;
    char prompt[512];

    if (file)
        return cli_read_secret(file, text, KEYS_PASSPHRASE_MAX, err);
    if (!cli_has_terminal())
        return err_set(err, ERR_FAILED,
                       "%s is encrypted and there is no terminal to ask for its passphrase: give "
                       "--passphrase-file",
                       path);
    snprintf(prompt, sizeof prompt, "Passphrase of %s: ", path);
    return ask_terminal(prompt, text, err);
}

struct keys_passphrase cli_passphrase(const char *passphrase_file)
{
    union {
        const char *in;
        void *out;
    } ctx = {.in = passphrase_file};

    return (struct keys_passphrase){ask, ctx.out};
}

int cli_passphrase_new(char text[KEYS_PASSPHRASE_MAX], struct err *err)
{
    char again[KEYS_PASSPHRASE_MAX];
    int ret = -1;

    if (ask_terminal("Passphrase for the new key: ", text, err) < 0)
        return -1;
    if (!*text)
        return err_set(err, ERR_FAILED,
                       "the passphrase is empty; --no-passphrase makes a key without one");
    if (ask_terminal("The same again: ", again, err) == 0) {
        if (strcmp(text, again) == 0)
            ret = 0;
        else
            err_set(err, ERR_FAILED, "the two differ; nothing was written");
    }
    OPENSSL_cleanse(again, sizeof again);
    if (ret < 0)
        OPENSSL_cleanse(text, KEYS_PASSPHRASE_MAX);
    return ret;
}
