// SPDX-License-Identifier: MIT
#include <otaria/flash.h>

#include <string.h>

/* The name's length stands in the table: the device core needs no strlen. */
struct row {
    size_t name_len;
    struct otaria_layout layout;
};

#define ROW(name_, flash_, a_, b_, max_, nv0_, nv1_, recovery_, record0_, record1_, fs0_, \
            fs0_len_, fs1_, fs1_len_, scratch_, staged_)                                  \
    {.name_len = sizeof(name_) - 1,                                                       \
     .layout = {.name = name_,                                                            \
                .flash_size = flash_,                                                     \
                .slot = {a_, b_},                                                         \
                .image_max = max_,                                                        \
                .nv = {nv0_, nv1_},                                                       \
                .recovery = recovery_,                                                    \
                .record = {record0_, record1_},                                           \
                .fs = {fs0_, fs1_},                                                       \
                .fs_len = {fs0_len_, fs1_len_},                                           \
                .scratch = scratch_,                                                      \
                .staged = staged_}},

static const struct row rows[] = {OTARIA_LAYOUTS(ROW)};

const struct otaria_layout *otaria_layout_find(const char *name, size_t len)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].name_len == len && memcmp(rows[i].layout.name, name, len) == 0) {
            return &rows[i].layout;
        }
    }
    return NULL;
}
