// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include <otaria/flash.h>

#define TEXT(s) (s), sizeof(s) - 1

static void every_row_is_found_by_its_name(void **state)
{
    const struct otaria_layout *l = otaria_layout_find(TEXT("4m2m"));

    (void)state;
    assert_non_null(l);
    assert_string_equal(l->name, "4m2m");
    assert_int_equal(l->slot[1], 0x101000);
    assert_int_equal(l->record[1], 0x100000);
    assert_int_equal(l->fs[0], 0x200000);
    assert_int_equal(l->fs_len[0], 0x1FA000);
    assert_false(l->staged);
    assert_int_equal(otaria_layout_find(TEXT("2m"))->flash_size, 0x200000);
    assert_int_equal(otaria_layout_find(TEXT("4m1m1m"))->fs[1], 0x300000);
    assert_true(otaria_layout_find(TEXT("1m"))->staged);
}

static void other_names_are_not_found(void **state)
{
    (void)state;
    assert_null(otaria_layout_find(TEXT("4m3m")));
    assert_null(otaria_layout_find(TEXT("2m1m")));
    assert_null(otaria_layout_find("4m2m", 2));
    assert_null(otaria_layout_find("2mx", 3));
    assert_null(otaria_layout_find("", 0));
}

static void areas_do_not_overlap(void **state)
{
    static const char *const names[] = {"2m", "4m2m", "4m1m1m", "1m"};

    (void)state;
    for (unsigned n = 0; n < 4; n++) {
        const struct otaria_layout *l = otaria_layout_find(names[n], strlen(names[n]));
        uint32_t area[][2] = {{0, 0x1000},
                              {l->slot[0], l->image_max},
                              {l->slot[1], l->image_max},
                              {l->nv[0], 0x1000},
                              {l->nv[1], 0x1000},
                              {l->recovery, 0x1000},
                              {l->record[0], 0x1000},
                              {l->record[1], 0x1000},
                              {l->fs[0], l->fs_len[0]},
                              {l->fs[1], l->fs_len[1]},
                              {l->scratch, l->scratch ? 0x1000u : 0},
                              {l->flash_size - 0x5000, 0x5000}};
        enum { AREAS = sizeof area / sizeof area[0] };
        for (unsigned i = 0; i < AREAS; i++) {
            assert_int_equal(area[i][0] % OTARIA_SECTOR, 0);
            assert_true(area[i][0] + area[i][1] <= l->flash_size);
            for (unsigned k = 0; k < i; k++) {
                assert_true(area[i][0] >= area[k][0] + area[k][1] ||
                            area[k][0] >= area[i][0] + area[i][1]);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_is_found_by_its_name),
        cmocka_unit_test(other_names_are_not_found),
        cmocka_unit_test(areas_do_not_overlap),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
