// SPDX-License-Identifier: MIT
// Runs every test and ends QEMU: 0 when all passed. With the argument scenario=NAME it runs that.
#include "selftest.h"

_Noreturn void selftest_main(void);

static const struct {
    const char *name;
    test_result (*run)(void);
} tests[] = {
    {"power on: reason, garbage in memory", test_power_on},
    {"memory and string functions", test_memory_functions},
    {"division and multiplication", test_division},
    {"printf", test_printf},
    {"traps reach their handler and return", test_traps},
    {"a trap in an interrupt handler", test_crash_in_handler_is_a_trap},
    {"ticks keep every register", test_context},
    {"tick", test_tick},
    {"ticks missed under a lock are made up for", test_tick_after_lock},
    {"delay", test_delay},
    {"watchdog: fed, and off", test_watchdog_fed},
    {"flash: erase", test_erase},
    {"flash: a program clears bits", test_program},
    {"flash: an illegal program is counted", test_illegal_program},
    {"flash: pages are operations", test_page_split},
    {"flash: bad calls are refused", test_refused_calls},
    {"cache: the window shows the bank", test_window},
    {"cache: only changed sectors are copied", test_window_copies},
    {"cache: IRAM that becomes cache is lost", test_poison},
    {"cache: a return into it traps", test_return_into_cache},
    {"cache: flash functions fail while it is on", test_flash_with_cache_on},
    {"uart", test_uart},
    {"arguments, entropy, address", test_board_calls},
    {"network: a frame out, a frame in", test_net},
};

enum { TESTS = sizeof tests / sizeof tests[0] };

static unsigned run_tests(void)
{
    unsigned failed = 0;

    for (unsigned i = 0; i < TESTS; i++) {
        test_result result = tests[i].run();

        if (result == NULL) {
            ets_printf("PASS %s\n", tests[i].name);
        } else {
            ets_printf("FAIL %s: %s\n", tests[i].name, result);
            failed++;
        }
    }
    return failed;
}

_Noreturn void selftest_main(void)
{
    const char *scenario = board_arg("scenario");
    unsigned failed;

    if (scenario != NULL) {
        board_exit(scenario_run(scenario) ? 0 : 1);
    }
    ets_wdt_disable();
    if (resets_are_first_boot()) {
        resets_begin(run_tests());
    }
    failed = resets_step();
    ets_printf("selftest: %u failed, %u flash operations, %u boots\n", failed, BOARD->flash_ops,
               BOARD->boots);
    board_exit(failed == 0 ? 0 : 1);
}
