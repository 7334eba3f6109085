/* SPDX-License-Identifier: MIT */
/* sw_supported(): what it answers of strategies that do not work. */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/spawnwise.h"

static int open_error, spawn_error, confirm_error;
static int opened, closed, spawned;
static char path[8];

static int open_hook(void **state)
{
	*state = NULL;
	opened += !open_error;
	return open_error;
}

static int spawn_hook(void *state, const struct sw_request *request,
		      struct sw_child *child)
{
	(void)state;
	(void)child;
	spawned++;
	strncpy(path, request->path, sizeof path - 1);
	return spawn_error;
}

static int confirm_hook(void *state, struct sw_child *child, int timeout_ms)
{
	(void)state;
	(void)child;
	assert_int_equal(timeout_ms, -1);
	return confirm_error;
}

static int reap_hook(void *state, struct sw_child *child, int *status)
{
	(void)state;
	(void)child;
	*status = 127 << 8;
	return 0;
}

static void close_hook(void *state)
{
	(void)state;
	closed++;
}

static struct sw_strategy strategy = {
	.abi = SW_ABI,
	.name = "by_hand",
	.summary = "says what it is told to",
	.open = open_hook,
	.spawn = spawn_hook,
	.confirm = confirm_hook,
	.reap = reap_hook,
	.close = close_hook,
};

static void assert_answer(int expected, int spawns)
{
	spawned = 0;
	assert_int_equal(sw_supported(&strategy), expected);
	assert_int_equal(spawned, spawns);
	assert_int_equal(opened, closed);
}

static void it_opens_and_tries(void **state)
{
	(void)state;
	strategy.traits = SW_SUSPENDS_CALLER;
	open_error = -EPERM;
	assert_answer(-EPERM, 0);
	open_error = 0;
	spawn_error = -ENOMEM;
	assert_answer(-ENOMEM, 1);
	spawn_error = 0;
	confirm_error = -ECANCELED;
	assert_answer(-ECANCELED, 1);
	confirm_error = -ENOENT;
	assert_answer(0, 1);
	assert_string_equal(path, "");
	spawn_error = -ENOENT;
	assert_answer(0, 1);
	spawn_error = 0;
}

static void a_program_that_is_not_there_cannot_run(void **state)
{
	(void)state;
	strategy.traits = SW_SUSPENDS_CALLER;
	confirm_error = 0;
	assert_answer(-EPROTO, 1);
	strategy.traits = SW_SUSPENDS_CALLER | SW_BASELINE;
	assert_answer(-EPROTO, 1); /* its shell says 127 */
	assert_string_equal(path, ":");
}

static void what_creates_nothing_works(void **state)
{
	(void)state;
	strategy.traits = SW_CREATES_NOTHING;
	confirm_error = 0;
	assert_answer(0, 1);
	assert_int_equal(sw_supported(NULL), -EINVAL);
	assert_int_equal(sw_supported(sw_find("null")), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_opens_and_tries),
		cmocka_unit_test(a_program_that_is_not_there_cannot_run),
		cmocka_unit_test(what_creates_nothing_works),
	};

	return cmocka_run_group_tests_name("supported", tests, NULL, NULL);
}
