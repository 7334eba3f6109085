/* SPDX-License-Identifier: MIT */
/*
 * The facts of host.json, what disturbs, and the small text helpers.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "bench/doctor/warnings.h"
#include "bench/machine/host.h"
#include "bench/machine/text.h"

static void every_fact_is_there(void **state)
{
	static const char *const keys[] = {
		"version",
		"commit",
		"compiler",
		"flags",
		"libc",
		"shell",
		"date_utc",
		"kernel",
		"kernel_version",
		"architecture",
		"kernel_cmdline",
		"aslr",
		"cpu_model",
		"cpus",
		"cpus_allowed",
		"cpus_online",
		"smt",
		"governor",
		"virtualisation",
		"mitigations",
		"clocksource",
		"load_1m",
		"load_5m",
		"load_15m",
		"ram_bytes",
		"swap_bytes",
		"overcommit",
		"transparent_hugepage",
		"thp",
		"container",
		"cgroup",
		"rlimits",
	};
	json_t *facts = host_facts();

	(void)state;
	assert_non_null(facts);
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		if (!json_object_get(facts, keys[i]))
			fail_msg("%s is missing", keys[i]);
	}
	json_decref(facts);
}

static void the_footer_gets_its_types(void **state)
{
	json_t *facts = host_facts();
	const char *version;
	const char *kernel;
	const char *thp;
	const char *governor;
	json_int_t cpus;

	(void)state;
	assert_int_equal(json_unpack(facts, "{ss ss ss ss sI}", "version",
				     &version, "kernel", &kernel, "thp", &thp,
				     "governor", &governor, "cpus", &cpus),
			 0);
	assert_true(cpus > 0);
	assert_null(strchr(thp, '['));
	json_decref(facts);
}

static void overcommit_is_complete(void **state)
{
	json_t *facts = host_facts();
	json_int_t memory;
	json_int_t ratio;
	json_int_t kbytes;
	json_int_t limit;

	(void)state;
	assert_int_equal(json_unpack(facts, "{s{sI sI sI sI}}", "overcommit",
				     "memory", &memory, "ratio", &ratio,
				     "kbytes", &kbytes, "commit_limit_bytes",
				     &limit),
			 0);
	assert_true(memory >= 0 && memory <= 2);
	assert_true(limit > 0);
	json_decref(facts);
}

static void foreign_bytes_are_escaped(void **state)
{
	json_t *value = host_string("a\xff");

	(void)state;
	assert_string_equal(json_string_value(value), "a\\xff");
	json_decref(value);
	value = host_string("\xc3\xa9");
	assert_string_equal(json_string_value(value), "\xc3\xa9");
	json_decref(value);
}

static void disturbances_are_sentences(void **state)
{
	struct warnings all;

	(void)state;
	warnings_find(true, 0, &all);
	for (size_t i = 0; i < all.list.count; i++) {
		const struct warning *one = &all.rows[i];

		assert_true(strlen(one->name) > 0);
		assert_true(one->what[strlen(one->what) - 1] == '.');
		assert_true(one->cure[strlen(one->cure) - 1] == '.');
	}
}

static void a_closed_setting_disturbs(void **state)
{
	struct warnings all;
	bool told = false;

	(void)state;
	setenv("SPAWNWISE_KNOB", "/nonexistent", 1);
	warnings_find(true, 0, &all);
	unsetenv("SPAWNWISE_KNOB");
	for (size_t i = 0; i < all.list.count; i++)
		told |= strcmp(all.rows[i].name, "overcommit") == 0;
	assert_true(told);
}

static void texts_are_read(void **state)
{
	char text[16];
	uint64_t number;

	(void)state;
	assert_int_equal(text_read("/nonexistent", text, sizeof(text)),
			 -ENOENT);
	assert_string_equal(text, "");
	assert_int_equal(
		text_read_at(text, sizeof(text), "/proc/%s/comm", "self"), 0);
	assert_true(strlen(text) > 0);
	assert_int_equal(text_read_number("/proc/self/comm", &number),
			 -EBADMSG);
	assert_int_equal(
		text_read_number("/proc/sys/vm/overcommit_memory", &number), 0);
}

static void the_bracketed_word_is_picked(void **state)
{
	char thp[] = "always [madvise] never";
	char plain[] = "none";
	char open[] = "a [b";

	(void)state;
	text_pick_bracketed(thp);
	assert_string_equal(thp, "madvise");
	text_pick_bracketed(plain);
	assert_string_equal(plain, "none");
	text_pick_bracketed(open);
	assert_string_equal(open, "a [b");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_fact_is_there),
		cmocka_unit_test(the_footer_gets_its_types),
		cmocka_unit_test(overcommit_is_complete),
		cmocka_unit_test(foreign_bytes_are_escaped),
		cmocka_unit_test(disturbances_are_sentences),
		cmocka_unit_test(a_closed_setting_disturbs),
		cmocka_unit_test(texts_are_read),
		cmocka_unit_test(the_bracketed_word_is_picked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
