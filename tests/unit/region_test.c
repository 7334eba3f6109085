/* SPDX-License-Identifier: MIT */
/*
 * Reserved addresses: what is free as a whole can be had as two halves, of
 * whatever size they are.
 */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "bench/labs/region.h"

#define MIB (UINT64_C(1) << 20)
#define SIZES 512 /* pages of a huge page of 2 MiB */

static void release(const struct region *region)
{
	assert_int_equal(
		munmap(region->start - page_bytes(),
		       region->vmas * (region->room_bytes + 2 * page_bytes())),
		0);
}

static void fill(char *start, uint64_t bytes)
{
	assert_ptr_equal(mmap(start, bytes, PROT_NONE,
			      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0),
			 start);
}

/* Let the largest gap end a page below a multiple of 2 MiB, where alignment
 * would waste the most; returns its first page. */
static char *shape_gap(void)
{
	const uint64_t bytes = region_largest(INT64_MAX / 2);
	struct region gap;
	char *start;

	assert_int_equal(region_reserve(&gap, 1, bytes, MAP_PRIVATE), 0);
	start = gap.start - page_bytes();
	const uint64_t end = (uintptr_t)gap.start + bytes + page_bytes();
	const uint64_t excess = (end + page_bytes()) % (2 * MIB);
	release(&gap);
	if (excess)
		fill((char *)(uintptr_t)(end - excess), excess);
	return start;
}

static void both_halves_are_to_be_had(void **state)
{
	struct region region;
	char *start = shape_gap();

	(void)state;
	for (int i = 0; i < SIZES; i++) {
		const uint64_t part =
			whole_pages((region_largest(INT64_MAX / 2) - MIB) / 2);

		assert_int_equal(
			region_reserve(&region, 2, 2 * part, MAP_PRIVATE), 0);
		assert_int_equal(region.room_bytes, part);
		release(&region);
		/* Each half has a page less. */
		fill(start, 2 * page_bytes());
		start += 2 * page_bytes();
	}
}

static void a_region_is_usable_to_its_end(void **state)
{
	struct region region;
	char *second;

	(void)state;
	assert_int_equal(region_reserve(&region, 2, 2 * MIB, MAP_PRIVATE), 0);
	second = region.start + MIB + 2 * page_bytes();
	assert_int_equal(region_resize(&region, 2 * MIB, MIB), 0);
	region.start[0] = region.start[MIB - 1] = 1;
	second[0] = second[MIB - 1] = 1;
	assert_int_equal(region_used(&region), 2 * MIB);
	assert_int_equal(
		region_resize(&region, 2 * MIB + 2 * page_bytes(), MIB),
		-ENOMEM);
	assert_int_equal(region_resize(&region, 0, MIB), 0);
	assert_int_equal(region_used(&region), 0);
	release(&region);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_halves_are_to_be_had),
		cmocka_unit_test(a_region_is_usable_to_its_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
