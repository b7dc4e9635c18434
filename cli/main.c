// SPDX-License-Identifier: MIT
/* The `otaria` command: a table. Each row has its cmd_*.c. */
#include "cli/cli.h"

static const struct cli_command commands[] = {
    {"keys", cmd_keys, "make release keys, and the C header that devices compile in"},
    {"release", cmd_release, "make, verify, show, repeat and withdraw signed releases"},
    {"publish", cmd_publish, "offer a folder of releases on a server"},
    {"fleet", cmd_fleet, "see what the devices of a server do, and set their channel"},
    {"serve", cmd_serve, "run the server"},
    {"device", cmd_device, "run the device library as a process, on a flash file"},
    {0},
};

static const char intro[] =
    "Signed firmware releases for ESP8266-class devices: make them, serve them, watch them arrive.\n"
    "\n"
    "  otaria keys new work --dir keys\n"
    "  otaria serve --data data --release-key keys/work.pub.pem --token-out token &\n"
    "  otaria release new --vendor example.org --product sensor --hardware nodemcu \\\n"
    "      --layout 4m2m --version 1.0.0 --image app=firmware.bin --key keys/work.key.pem -o out\n"
    "  otaria publish out --server http://127.0.0.1:8267 --token-file token\n";

int main(int argc, char **argv)
{
    return cli_dispatch("otaria", commands, intro, argc, argv);
}
