// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"

static char captured[4096];

/* Logs one line with stderr going into a pipe, and gives back what arrived. */
static const char *logged(enum log_level level, const char *text)
{
    int ends[2], kept = dup(STDERR_FILENO);
    ssize_t n;

    assert_int_equal(pipe2(ends, O_NONBLOCK), 0);
    dup2(ends[1], STDERR_FILENO);
    log_line(level, "%s", text);
    dup2(kept, STDERR_FILENO);
    close(kept);
    close(ends[1]);
    n = read(ends[0], captured, sizeof captured - 1);
    close(ends[0]);
    captured[n > 0 ? n : 0] = '\0';
    return captured;
}

static void a_line_has_iso_time_level_and_text(void **state)
{
    int year, month, day, hour, minute, second, ms, end = 0;

    (void)state;
    logged(LOG_LEVEL_WARNING, "low tide");
    assert_int_equal(sscanf(captured, "%4d-%2d-%2dT%2d:%2d:%2d.%3dZ warning low tide\n%n", &year,
                            &month, &day, &hour, &minute, &second, &ms, &end),
                     7);
    assert_int_equal(end, strlen(captured));
    assert_true(year >= 2026);
}

static void control_characters_cannot_forge_a_line(void **state)
{
    (void)state;
    logged(LOG_LEVEL_INFO, "a\n2026 error b\x1b[2J\x7f");
    assert_non_null(strstr(captured, "a?2026 error b?[2J?\n"));
    assert_ptr_equal(strchr(captured, '\n'), captured + strlen(captured) - 1);
}

static void long_text_is_cut_and_still_one_line(void **state)
{
    char text[3000];

    (void)state;
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    logged(LOG_LEVEL_INFO, text);
    assert_true(strlen(captured) < 1060);
    assert_non_null(strstr(captured, "x\n"));
}

static void levels_above_the_limit_are_dropped(void **state)
{
    (void)state;
    assert_string_equal(logged(LOG_LEVEL_DEBUG, "x"), "");
    log_set_level(LOG_LEVEL_DEBUG);
    assert_non_null(strstr(logged(LOG_LEVEL_DEBUG, "x"), " debug x\n"));
    log_set_level(LOG_LEVEL_ERROR);
    assert_string_equal(logged(LOG_LEVEL_WARNING, "x"), "");
    log_set_level(LOG_LEVEL_INFO);
}

static void errno_is_kept_when_stderr_is_gone(void **state)
{
    int kept = dup(STDERR_FILENO);

    (void)state;
    close(STDERR_FILENO);
    errno = EDOM;
    log_line(LOG_LEVEL_INFO, "nobody can read this");
    assert_int_equal(errno, EDOM);
    dup2(kept, STDERR_FILENO);
    close(kept);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_has_iso_time_level_and_text),
        cmocka_unit_test(control_characters_cannot_forge_a_line),
        cmocka_unit_test(long_text_is_cut_and_still_one_line),
        cmocka_unit_test(levels_above_the_limit_are_dropped),
        cmocka_unit_test(errno_is_kept_when_stderr_is_gone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
