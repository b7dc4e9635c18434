// SPDX-License-Identifier: MIT
#include <otaria/flash.h>

#include <string.h>

#define ROW(name_, flash_, a_, b_, max_, nv0_, nv1_, recovery_, record0_, record1_, fs0_, \
            fs0_len_, fs1_, fs1_len_, scratch_, staged_)                                  \
    {.name = name_,                                                                       \
     .flash_size = flash_,                                                                \
     .slot = {a_, b_},                                                                    \
     .image_max = max_,                                                                   \
     .nv = {nv0_, nv1_},                                                                  \
     .recovery = recovery_,                                                               \
     .record = {record0_, record1_},                                                      \
     .fs = {fs0_, fs1_},                                                                  \
     .fs_len = {fs0_len_, fs1_len_},                                                      \
     .scratch = scratch_,                                                                 \
     .staged = staged_},

static const struct otaria_layout layouts[] = {OTARIA_LAYOUTS(ROW)};

const struct otaria_layout *otaria_layout_find(const char *name, size_t len)
{
    for (size_t i = 0; i < sizeof layouts / sizeof layouts[0]; i++) {
        if (strlen(layouts[i].name) == len && memcmp(layouts[i].name, name, len) == 0) {
            return &layouts[i];
        }
    }
    return NULL;
}
