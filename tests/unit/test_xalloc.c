// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/xalloc.h"

static void allocations_hold_what_was_asked(void **state)
{
    char *p = xmalloc(3);
    unsigned char *zero = xcalloc(4, 8);

    (void)state;
    memcpy(p, "ab", 3);
    p = xrealloc(p, 100);
    assert_string_equal(p, "ab");
    for (unsigned i = 0; i < 32; i++)
        assert_int_equal(zero[i], 0);
    free(p);
    free(zero);
}

static void a_length_of_zero_gives_a_pointer(void **state)
{
    void *a = xmalloc(0), *b = xcalloc(0, 8), *c = xrealloc(NULL, 0);

    (void)state;
    assert_true(a && b && c);
    free(a);
    free(b);
    free(c);
}

static void strings_are_copied_and_formatted(void **state)
{
    char *copy = xstrdup("seal"), *text = xasprintf("%s-%d", copy, 42);

    (void)state;
    assert_string_equal(copy, "seal");
    assert_string_equal(text, "seal-42");
    free(copy);
    free(text);
}

/* A volatile length, so that the compiler cannot see the request. */
static volatile size_t more_than_there_is = PTRDIFF_MAX;

static void exhausted_memory_aborts(void **state)
{
    int status;
    pid_t pid;

    (void)state;
    pid = fork();
    if (pid == 0) {
        struct rlimit no_core = {0, 0};

        setrlimit(RLIMIT_CORE, &no_core);
        signal(SIGABRT, SIG_DFL);
        close(STDERR_FILENO);
        free(xmalloc(more_than_there_is));
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_false(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(allocations_hold_what_was_asked),
        cmocka_unit_test(a_length_of_zero_gives_a_pointer),
        cmocka_unit_test(strings_are_copied_and_formatted),
        cmocka_unit_test(exhausted_memory_aborts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
