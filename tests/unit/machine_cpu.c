/* SPDX-License-Identifier: MIT */
/*
 * CPU masks, the choice of CPUs, and pinning.
 */
#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "bench/machine/cpu.h"

static struct cpu_mask cpus(const char *list)
{
	struct cpu_mask mask;

	assert_int_equal(cpu_mask_parse(list, &mask), 0);
	return mask;
}

static void lists_are_parsed(void **state)
{
	struct cpu_mask mask = cpus("0-2,8,100-101,8191");

	(void)state;
	assert_int_equal(cpu_mask_count(&mask), 7);
	assert_true(cpu_mask_has(&mask, 2));
	assert_false(cpu_mask_has(&mask, 3));
	assert_true(cpu_mask_has(&mask, 8191));
	assert_false(cpu_mask_has(&mask, -1));
	assert_false(cpu_mask_has(&mask, 8192));
	mask = cpus("");
	assert_int_equal(cpu_mask_count(&mask), 0);
}

static void bad_lists_are_refused(void **state)
{
	static const char *const bad[] = { "x",	   "1-",     "3-1", "-2", "1;2",
					   "8192", "0-9999", ",",   "1 2" };
	struct cpu_mask mask;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(cpu_mask_parse(bad[i], &mask), -EINVAL);
}

static void same_is_the_highest(void **state)
{
	struct cpu_mask allowed = cpus("0-3");
	struct cpu_mask none = cpus("");
	int cpu, other;

	(void)state;
	assert_int_equal(cpu_choose_split(&allowed, &none, &cpu, &other), 0);
	assert_int_equal(cpu, 3);
	allowed = cpus("0");
	assert_int_equal(cpu_choose_split(&allowed, &none, &cpu, &other),
			 -ENODEV);
	assert_int_equal(cpu, 0);
	assert_int_equal(cpu_choose_split(&none, &none, &cpu, &other), -ENODEV);
}

static void split_avoids_the_same_core(void **state)
{
	struct cpu_mask allowed = cpus("0-7");
	struct cpu_mask siblings = cpus("6-7");
	struct cpu_mask pair = cpus("6,7");
	struct cpu_mask one = cpus("7");
	int caller;
	int other;

	(void)state;
	assert_int_equal(cpu_choose_split(&allowed, &siblings, &caller, &other),
			 0);
	assert_int_equal(caller, 7);
	assert_int_equal(other, 5);
	assert_int_equal(cpu_choose_split(&pair, &siblings, &caller, &other),
			 0);
	assert_int_equal(caller, 7);
	assert_int_equal(other, 6);
	assert_int_equal(cpu_choose_split(&one, &siblings, &caller, &other),
			 -ENODEV);
}

static void pin_binds_and_unpin_restores(void **state)
{
	struct cpu_mask before;
	struct cpu_mask now;
	int cpu;

	(void)state;
	assert_int_equal(cpu_allowed(&before), 0);
	assert_int_equal(cpu_unpin(), 0);
	assert_int_equal(cpu_same(&cpu), 0);
	assert_int_equal(cpu_pin(cpu), 0);
	assert_int_equal(sched_getcpu(), cpu);
	assert_int_equal(cpu_allowed(&now), 0);
	assert_int_equal(cpu_mask_count(&now), 1);
	assert_int_equal(cpu_pin(cpu), 0);
	assert_int_equal(cpu_unpin(), 0);
	assert_int_equal(cpu_allowed(&now), 0);
	assert_memory_equal(&before, &now, sizeof(now));
}

static void a_missing_cpu_cannot_be_pinned(void **state)
{
	(void)state;
	assert_int_equal(cpu_pin(CPU_MASK_BITS - 1), -EINVAL);
	assert_int_equal(cpu_pin(-1), -EINVAL);
}

static void own_pair_differs(void **state)
{
	struct cpu_mask allowed;
	int caller;
	int other;
	int error = cpu_split(&caller, &other);

	(void)state;
	assert_int_equal(cpu_allowed(&allowed), 0);
	if (cpu_mask_count(&allowed) < 2) {
		assert_int_equal(error, -ENODEV);
		return;
	}
	assert_int_equal(error, 0);
	assert_int_not_equal(caller, other);
	assert_true(cpu_mask_has(&allowed, caller));
	assert_true(cpu_mask_has(&allowed, other));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists_are_parsed),
		cmocka_unit_test(bad_lists_are_refused),
		cmocka_unit_test(same_is_the_highest),
		cmocka_unit_test(split_avoids_the_same_core),
		cmocka_unit_test(pin_binds_and_unpin_restores),
		cmocka_unit_test(a_missing_cpu_cannot_be_pinned),
		cmocka_unit_test(own_pair_differs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
