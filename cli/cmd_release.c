// SPDX-License-Identifier: MIT
/* otaria release: the table. */
#include "cli/cli.h"

static const struct cli_command commands[] = {
    {"new", cmd_release_new, "sign an image as a release"},
    {"verify", cmd_release_verify, "decide as a device would, and say why"},
    {"show", cmd_release_show, "print what a release says, without judging it"},
    {"again", cmd_release_again, "release an old image once more, under a new sequence"},
    {"withdraw", cmd_release_withdraw, "stop offering a release on a server"},
    {0},
};

int cmd_release(int argc, char **argv)
{
    return cli_dispatch("otaria release", commands, "Signed releases.\n", argc, argv);
}
