/* SPDX-License-Identifier: MIT */
/*
 * /proc/meminfo and smaps, recorded and odd, and the process's own.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "bench/machine/memory.h"
#include "tests/unit/source.h"

#define KIB 1024ULL
#define MIB (1024 * KIB)

static FILE *recorded(const char *name)
{
	char path[4096];

	snprintf(path, sizeof(path), "tests/data/proc/%s", name);
	FILE *stream = fopen(path, "re");
	assert_non_null(stream);
	return stream;
}

static FILE *text(const char *content)
{
	FILE *stream =
		fmemopen((void *)(uintptr_t)content, strlen(content), "r");

	assert_non_null(stream);
	return stream;
}

static void meminfo_is_read_in_bytes(void **state)
{
	struct meminfo info;
	FILE *stream = recorded("meminfo");

	(void)state;
	assert_int_equal(meminfo_parse(stream, &info), 0);
	fclose(stream);
	assert_int_equal(info.total_bytes, 24684084 * KIB);
	assert_int_equal(info.swap_total_bytes, 0);
	assert_int_equal(info.commit_limit_bytes, 12342040 * KIB);
	assert_int_equal(info.hugetlb_bytes, 0);
	assert_true(info.available_bytes > 0);
	assert_int_equal(meminfo_headroom_bytes(&info),
			 info.commit_limit_bytes - info.committed_bytes);
}

static void odd_meminfo_is_read(void **state)
{
	struct meminfo info;
	FILE *stream = recorded("meminfo_odd");

	(void)state;
	assert_int_equal(meminfo_parse(stream, &info), 0);
	fclose(stream);
	assert_int_equal(info.total_bytes, 24684084 * KIB);
	assert_int_equal(info.hugetlb_bytes, 20 * MIB);
	assert_int_equal(info.swap_total_bytes, 1024 * MIB);
	assert_int_equal(info.swap_free_bytes, 0);
}

static void bad_meminfo_is_refused(void **state)
{
	struct meminfo info;
	FILE *missing = text("MemTotal: 1 kB\nMemAvailable: 1 kB\n");
	FILE *garbled = text("MemTotal: much kB\n");
	FILE *huge = text("MemTotal: 18446744073709551615 kB\n");

	(void)state;
	assert_int_equal(meminfo_parse(missing, &info), -ENODATA);
	assert_int_equal(meminfo_parse(garbled, &info), -EBADMSG);
	assert_int_equal(meminfo_parse(huge, &info), -EBADMSG);
	fclose(missing);
	fclose(garbled);
	fclose(huge);
}

/* lxcfs writes negative numbers as large ones; gVisor tells no commits; WSL 1
 * and old kernels no MemAvailable. */
static void odd_numbers_are_no_limits(void **state)
{
	static const struct {
		const char *text;
		int error;
		uint64_t available_bytes, swap_free_bytes;
	} cases[] = {
		{ "SwapTotal: 0 kB\nSwapFree: 18446744073709551488 kB\n"
		  "MemAvailable: 3 kB\n",
		  0, 3 * KIB, 0 },
		{ "SwapTotal: 5 kB\nSwapFree: 6 kB\nMemAvailable: 3 kB\n", 0,
		  3 * KIB, 0 },
		{ "SwapTotal: 5 kB\nSwapFree: 4 kB\nMemFree: 2 kB\n", 0,
		  2 * KIB, 4 * KIB },
		{ "SwapTotal: 5 kB\n", -ENODATA, 0, 0 },
		{ "MemAvailable: 3 kB\n", -ENODATA, 0, 0 },
		{ "SwapTotal: 5 kB\nMemAvailable: 10 kB\n", -EBADMSG, 0, 0 },
		{ "SwapTotal: 5 kB\nMemAvailable: 18446744073709551488 kB\n",
		  -ENODATA, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct meminfo info;
		char content[200];

		snprintf(content, sizeof(content), "MemTotal: 9 kB\n%s",
			 cases[i].text);
		FILE *stream = text(content);
		assert_int_equal(meminfo_parse(stream, &info), cases[i].error);
		fclose(stream);
		if (cases[i].error)
			continue;
		assert_int_equal(info.available_bytes,
				 cases[i].available_bytes);
		assert_int_equal(info.swap_free_bytes,
				 cases[i].swap_free_bytes);
		assert_true(info.commit_limit_bytes == UINT64_MAX);
		assert_int_equal(meminfo_headroom_bytes(&info), 0);
	}
}

static void headroom_is_never_negative(void **state)
{
	struct meminfo over = { .commit_limit_bytes = 5, .committed_bytes = 9 };

	(void)state;
	assert_int_equal(meminfo_headroom_bytes(&over), 0);
}

/* By hand from the file: the relocated, data, bss, heap and stack mappings
 * have 4, 3, 5, 34 and 33 pages; the THP and the base heap 16 and 8 MiB. The
 * DONTFORK, the NORESERVE and the shared ones do not count. */
static void smaps_tells_what_a_copy_asks_for(void **state)
{
	struct smaps_facts facts;
	FILE *stream = recorded("smaps");

	(void)state;
	assert_int_equal(smaps_parse(stream, 0, UINT64_MAX, &facts), 0);
	fclose(stream);
	assert_int_equal(facts.accountable_bytes,
			 (4 + 3 + 5 + 34 + 33) * 4 * KIB + 24 * MIB);
	assert_int_equal(facts.largest_accountable_bytes, 16 * MIB);
	assert_int_equal(facts.vmas, 18);
	assert_true(facts.largest_gap_bytes == 0x7fa1d2000000 - 0x22d7000);
}

static void odd_smaps_is_read(void **state)
{
	struct smaps_facts facts;
	FILE *stream = recorded("smaps_odd");

	(void)state;
	assert_int_equal(smaps_parse(stream, 0, UINT64_MAX, &facts), 0);
	fclose(stream);
	assert_int_equal(facts.vmas, 6);
	assert_int_equal(facts.accountable_bytes, 8 * KIB + 2 * MIB + 4 * KIB);
	assert_int_equal(facts.largest_accountable_bytes, 2 * MIB);
}

static void bad_smaps_is_refused(void **state)
{
	struct smaps_facts facts;
	FILE *old = recorded("smaps_without_flags");
	FILE *garbled = text("this is no mapping\n");
	FILE *empty = text("\n");

	(void)state;
	assert_int_equal(smaps_parse(old, 0, UINT64_MAX, &facts), -ENODATA);
	assert_int_equal(smaps_parse(garbled, 0, UINT64_MAX, &facts), -EBADMSG);
	assert_int_equal(smaps_parse(empty, 0, UINT64_MAX, &facts), -EBADMSG);
	fclose(old);
	fclose(garbled);
	fclose(empty);
}

static void range_sums_its_mappings(void **state)
{
	struct smaps_facts range;
	FILE *stream = recorded("smaps_odd");

	(void)state;
	/* The upper half of one mapping and the next two whole. */
	assert_int_equal(smaps_parse(stream, 0x200000, 0x400000, &range), 0);
	fclose(stream);
	assert_int_equal(range.vmas, 3);
	assert_int_equal(range.size_bytes, 4 * MIB);
	assert_int_equal(range.outside_bytes, 1 * MIB);
	assert_int_equal(range.rss_bytes, 3 * MIB);
	assert_int_equal(range.anon_huge_bytes, 2 * MIB);
	assert_int_equal(range.accountable_bytes, 1 * MIB);
}

static void range_of_recorded_thp_heap(void **state)
{
	struct smaps_facts range;
	FILE *stream = recorded("smaps");

	(void)state;
	assert_int_equal(smaps_parse(stream, 0x7fa1d2000000, 16 * MIB, &range),
			 0);
	fclose(stream);
	assert_int_equal(range.vmas, 1);
	assert_int_equal(range.outside_bytes, 0);
	assert_int_equal(range.rss_bytes, 16 * MIB);
	assert_int_equal(range.anon_huge_bytes, 16 * MIB);
}

static void range_beyond_the_end_is_refused(void **state)
{
	struct smaps_facts range;
	FILE *stream = recorded("smaps");

	(void)state;
	assert_int_equal(smaps_parse(stream, UINT64_MAX - 5, 10, &range),
			 -EINVAL);
	fclose(stream);
}

static void own_heap_is_seen_as_it_is(void **state)
{
	struct smaps_facts range;
	struct smaps_facts facts;
	size_t bytes = 4 * MIB;
	char *guarded = mmap(NULL, bytes + 2 * 4096, PROT_NONE,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *heap = guarded + 4096;

	(void)state;
	assert_ptr_not_equal(guarded, MAP_FAILED);
	assert_int_equal(mprotect(heap, bytes, PROT_READ | PROT_WRITE), 0);
	assert_int_equal(madvise(heap, bytes, MADV_NOHUGEPAGE), 0);
	memset(heap, 1, bytes / 2);
	assert_int_equal(smaps_range(heap, bytes, &range), 0);
	assert_int_equal(range.size_bytes, bytes);
	assert_int_equal(range.outside_bytes, 0);
	assert_int_equal(range.rss_bytes, bytes / 2);
	assert_int_equal(range.anon_huge_bytes, 0);
	assert_int_equal(range.accountable_bytes, bytes);

	assert_int_equal(smaps_read(0, &facts), 0);
	assert_true(facts.accountable_bytes >= bytes);
	assert_true(facts.largest_accountable_bytes >= bytes);
	assert_int_equal(smaps_read(getpid(), &facts), 0);
	munmap(guarded, bytes + 2 * 4096);
}

static void missing_process_is_an_error(void **state)
{
	struct smaps_facts facts;

	(void)state;
	assert_int_equal(smaps_read(0x7ffffffe, &facts), -ENOENT);
}

static void allowance_has_a_reason(void **state)
{
	struct meminfo info;
	uint64_t bytes;
	char why[4096];

	(void)state;
	assert_int_equal(meminfo_read(&info), 0);
	assert_int_equal(memory_allowance(&bytes, why, sizeof(why)), 0);
	assert_true(bytes > 0 && bytes < info.total_bytes);
	assert_ptr_equal(strstr(why, "half of the "), why);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(meminfo_is_read_in_bytes),
		cmocka_unit_test(odd_meminfo_is_read),
		cmocka_unit_test(bad_meminfo_is_refused),
		cmocka_unit_test(odd_numbers_are_no_limits),
		cmocka_unit_test(headroom_is_never_negative),
		cmocka_unit_test(smaps_tells_what_a_copy_asks_for),
		cmocka_unit_test(odd_smaps_is_read),
		cmocka_unit_test(bad_smaps_is_refused),
		cmocka_unit_test(range_sums_its_mappings),
		cmocka_unit_test(range_of_recorded_thp_heap),
		cmocka_unit_test(range_beyond_the_end_is_refused),
		cmocka_unit_test(own_heap_is_seen_as_it_is),
		cmocka_unit_test(missing_process_is_an_error),
		cmocka_unit_test(allowance_has_a_reason),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
