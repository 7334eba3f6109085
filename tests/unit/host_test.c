/* SPDX-License-Identifier: MIT */
/*
 * host.json and gbench.json: whole files, or the ones that were there before.
 */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

/* Before cmocka, which has a macro of the name fail. */
#include "bench/machine/failure.h"

#include <cmocka.h>

#include "bench/files/run_dir.h"
#include "bench/rows/row_file.h"
#include "tests/unit/scratch.h"

static void put_file(const char *dir, const char *name, const char *text)
{
	char path[4096];
	FILE *stream;

	snprintf(path, sizeof path, "%s/%s", dir, name);
	stream = fopen(path, "w");
	assert_non_null(stream);
	fputs(text, stream);
	fclose(stream);
}

static void host_round_trip(void **state)
{
	json_t *is = NULL,
	       *should =
		       json_pack("{s:s, s:I, s:f, s:[i,i], s:n}", "kernel",
				 "6.1 \"x\"", "ram_bytes", (json_int_t)24 << 30,
				 "load", 0.25, "cpus", 0, 1, "cgroup");
	struct failure why = { 0 };

	assert_non_null(should);
	assert_int_equal(host_write(*state, should), 0);
	assert_int_equal(host_read(*state, &is, &why), 0);
	assert_true(json_equal(is, should));
	assert_false(scratch_has_part(*state, "host.json"));
	json_decref(is);
	json_decref(should);
}

static void bad_host_is_refused(void **state)
{
	json_t *host = NULL;
	struct failure why = { 0 };

	assert_int_equal(host_read(*state, &host, &why), -ENOENT);
	put_file(*state, "host.json", "{\n\"a\": 1,\n\"b\"");
	assert_int_equal(host_read(*state, &host, &why), -EBADMSG);
	assert_memory_equal(why.what, "line 3: ", 8);
	put_file(*state, "host.json", "[1]");
	assert_int_equal(host_read(*state, &host, &why), -EBADMSG);
	assert_string_equal(why.what, "it is no JSON object");
	assert_null(host);
}

static void assert_array(const char *dir, size_t length)
{
	char *text = scratch_read(dir, "gbench.json");
	json_t *array;

	assert_non_null(text);
	array = json_loads(text, 0, NULL);
	assert_true(json_is_array(array));
	assert_int_equal(json_array_size(array), length);
	json_decref(array);
	free(text);
}

static void array_at_all_times(void **state)
{
	struct gbench_file file;
	char *text;

	assert_int_equal(gbench_file_open(&file, *state), 0);
	assert_array(*state, 0);
	assert_int_equal(gbench_file_append(&file, "{\"a\": 1.50e+00}"), 0);
	assert_array(*state, 1);
	assert_int_equal(gbench_file_append(&file, "{\"a\": 1"), -EBADMSG);
	assert_int_equal(gbench_file_append(&file, ""), -EBADMSG);
	assert_int_equal(gbench_file_append(&file, "[]"), -EBADMSG);
	assert_array(*state, 1);
	assert_int_equal(gbench_file_append(&file, "{\n\"b\": 2\n}\n"), 0);
	assert_array(*state, 2);
	gbench_file_close(&file);
	text = scratch_read(*state, "gbench.json");
	assert_non_null(strstr(text, "1.50e+00"));
	free(text);
}

static void failed_append_changes_nothing(void **state)
{
	struct gbench_file file;
	char *part = scratch_part(*state, "gbench.json");

	assert_int_equal(gbench_file_open(&file, *state), 0);
	assert_int_equal(gbench_file_append(&file, "{}"), 0);
	assert_int_equal(mkdir(part, 0700), 0);
	assert_int_equal(gbench_file_append(&file, "{}"), -EEXIST);
	assert_array(*state, 1);
	assert_int_equal(rmdir(part), 0);
	assert_int_equal(gbench_file_append(&file, "{}"), 0);
	assert_array(*state, 2);
	gbench_file_close(&file);
	free(part);
}

static void nowhere_to_write(void **state)
{
	struct gbench_file file;
	json_t *host = json_object();

	(void)state;
	assert_int_equal(host_write("/nowhere", host), -ENOENT);
	assert_int_equal(gbench_file_open(&file, "/nowhere"), -ENOENT);
	assert_null(file.records);
	json_decref(host);
}

static void full_disk_keeps_the_old_file(void **state)
{
	struct replace replace;
	char *text;

	put_file(*state, "x", "old");
	assert_int_equal(replace_begin(&replace, *state, "x"), 0);
	assert_non_null(freopen("/dev/full", "w", replace.stream));
	fputs("new", replace.stream);
	assert_int_equal(replace_end(&replace, 0), -ENOSPC);
	text = scratch_read(*state, "x");
	assert_string_equal(text, "old");
	assert_false(scratch_has_part(*state, "x"));
	free(text);
}

#define IN_SCRATCH(test)                                                       \
	cmocka_unit_test_setup_teardown(test, scratch_make, scratch_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_SCRATCH(host_round_trip),
		IN_SCRATCH(bad_host_is_refused),
		IN_SCRATCH(array_at_all_times),
		IN_SCRATCH(failed_append_changes_nothing),
		cmocka_unit_test(nowhere_to_write),
		IN_SCRATCH(full_disk_keeps_the_old_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
