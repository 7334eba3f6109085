/* SPDX-License-Identifier: MIT */
/*
 * The table that `watch` writes, against text by hand.
 */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bench/watch/trend.h"

static const struct memory_sample example = {
	.time_s = 12.3456,
	.date = 1795816566,
	.memory.rss_bytes = 6,
	.memory.anon_bytes = 1,
	.memory.file_bytes = 2,
	.memory.shmem_bytes = 3,
	.memory.swap_bytes = 4,
	.memory.page_table_bytes = 5,
	.memory.vm_bytes = UINT64_MAX - 1,
	.oom_score = 671,
	.oom_score_adj = -17,
	.group.usage_bytes = 8,
	.group.cache_bytes = 9,
	.group.limit_bytes = 10,
	.machine.available_bytes = 11,
	.machine.swap_free_bytes = 0,
	.machine.committed_bytes = 12,
	.machine.commit_limit_bytes = 13,
	.memory.hugetlb_bytes = 14,
};

static char *written(const struct memory_sample *sample)
{
	char *text = NULL;
	size_t length = 0;
	struct csv_writer writer = { .stream = open_memstream(&text, &length) };

	assert_non_null(writer.stream);
	assert_int_equal(
		sample ? row_put(&writer, &memory_sample_row, NULL, sample)
		       : row_put_header(&writer, &memory_sample_row),
		0);
	assert_int_equal(fclose(writer.stream), 0);
	return text;
}

static void check(const struct memory_sample *sample, const char *expected)
{
	char *text = written(sample);

	assert_string_equal(text, expected);
	free(text);
}

static void rows_are_as_documented(void **state)
{
	(void)state;
	check(NULL, "time_s,rss_bytes,anon_bytes,file_bytes,shmem_bytes,"
		    "swap_bytes,page_table_bytes,vm_bytes,oom_score,"
		    "oom_score_adj,cgroup_usage_bytes,cgroup_cache_bytes,"
		    "cgroup_limit_bytes,available_bytes,swap_free_bytes,"
		    "committed_bytes,commit_limit_bytes,date_utc,"
		    "hugetlb_bytes\n");
	check(&example, "12.346,6,1,2,3,4,5,18446744073709551614,671,-17,"
			"8,9,10,11,0,12,13,2026-11-27T21:56:06Z,14\n");
}

static void what_is_not_there_is_empty(void **state)
{
	struct memory_sample sample = example;

	(void)state;
	sample.group.limit_bytes = BYTES_UNKNOWN;
	check(&sample, "12.346,6,1,2,3,4,5,18446744073709551614,671,-17,"
		       "8,9,,11,0,12,13,2026-11-27T21:56:06Z,14\n");
	sample.group.usage_bytes = BYTES_UNKNOWN;
	sample.group.cache_bytes = BYTES_UNKNOWN;
	sample.memory.shmem_bytes = UINT64_MAX; /* not told */
	check(&sample, "12.346,6,1,2,,4,5,18446744073709551614,671,-17,"
		       ",,,11,0,12,13,2026-11-27T21:56:06Z,14\n");
}

static void full_disk_is_told(void **state)
{
	struct csv_writer writer = { .stream = fopen("/dev/full", "we") };

	(void)state;
	if (!writer.stream)
		return;
	setvbuf(writer.stream, NULL, _IONBF, 0);
	assert_int_equal(row_put(&writer, &memory_sample_row, NULL, &example),
			 -ENOSPC);
	fclose(writer.stream);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_are_as_documented),
		cmocka_unit_test(what_is_not_there_is_empty),
		cmocka_unit_test(full_disk_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
