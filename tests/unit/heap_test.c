/* SPDX-License-Identifier: MIT */
/*
 * The heap under test is what its label says, by smaps; what cannot be had is
 * refused with a reason.
 */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

/* Before cmocka, which has a macro of the name fail. */
#include "bench/machine/failure.h"

#include <cmocka.h>

#include "bench/machine/heap.h"
#include "bench/machine/memory.h"

#define MIB (UINT64_C(1) << 20)

static int grow(struct heap *heap, uint64_t bytes, const char *backing,
		struct failure *why)
{
	return heap_grow(heap, bytes, backing_find(backing), why);
}

static struct smaps_facts look(const struct heap *heap)
{
	struct smaps_facts range;

	assert_int_equal(smaps_range(heap->start, heap->bytes, &range), 0);
	assert_int_equal(range.size_bytes, heap->bytes);
	assert_int_equal(range.accountable_bytes, heap->bytes);
	return range;
}

static void shrink(const struct heap *heap)
{
	munmap(heap->start, heap->bytes);
}

static void no_heap_is_no_mapping(void **state)
{
	struct failure why = { 0 };
	struct heap heap;

	(void)state;
	assert_int_equal(grow(&heap, 0, "base", &why), 0);
	assert_null(heap.start);
	assert_string_equal(why.what, "");
}

static void base_is_resident_in_base_pages(void **state)
{
	static const uint64_t sizes[] = { 4096, 12288, 2 * MIB, 7 * MIB + 4096,
					  64 * MIB };
	struct failure why = { 0 };
	struct heap heap;

	(void)state;
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		struct smaps_facts range;

		assert_int_equal(grow(&heap, sizes[i], "base", &why), 0);
		range = look(&heap);
		assert_true(range.rss_bytes >= sizes[i]);
		assert_int_equal(range.anon_huge_bytes, 0);
		assert_int_equal(range.vmas, 1);
		shrink(&heap);
	}
}

static void untouched_is_mapped_and_not_resident(void **state)
{
	struct failure why = { 0 };
	struct heap heap;
	struct smaps_facts range;

	(void)state;
	assert_int_equal(grow(&heap, 256 * MIB, "untouched", &why), 0);
	range = look(&heap);
	assert_int_equal(range.anon_huge_bytes, 0);
	assert_true(range.rss_bytes <= range.outside_bytes);
	shrink(&heap);
}

static bool has_huge_pages(void)
{
	char text[64] = "";
	FILE *stream =
		fopen("/sys/kernel/mm/transparent_hugepage/enabled", "re");

	if (!stream)
		return false;
	if (!fgets(text, sizeof text, stream))
		text[0] = '\0';
	fclose(stream);
	return text[0] && !strstr(text, "[never]");
}

/* Where there are none, or none are free now, the heap is refused: either
 * answer is right, a heap in base pages under that name is not. */
static void thp_is_in_huge_pages_or_refused(void **state)
{
	struct failure why = { 0 };
	struct heap heap;
	const int error = grow(&heap, 64 * MIB, "thp", &why);

	(void)state;
	if (error) {
		assert_int_equal(error, -ENOTSUP);
		assert_true(why.what[0] != '\0');
		return;
	}
	assert_true(has_huge_pages());
	assert_int_equal((uintptr_t)heap.start % (2 * MIB), 0);
	assert_true(look(&heap).anon_huge_bytes >= 63 * MIB);
	shrink(&heap);
}

static void thp_that_no_huge_page_fits_is_refused(void **state)
{
	struct failure why = { 0 };
	struct heap heap;

	(void)state;
	assert_int_equal(grow(&heap, MIB, "thp", &why), -ENOTSUP);
	if (has_huge_pages())
		assert_string_equal(why.what,
				    "the heap is not backed as thp: of "
				    "1024 KiB, 1024 KiB are resident and "
				    "0 KiB in huge pages");
	shrink(&heap);
}

static void what_cannot_be_mapped_is_enomem(void **state)
{
	struct failure why = { 0 };
	struct heap heap;

	(void)state;
	assert_int_equal(grow(&heap, UINT64_C(1) << 60, "untouched", &why),
			 -ENOMEM);
	assert_string_equal(why.what, "Cannot allocate memory");
}

static void backings_are_found_by_name(void **state)
{
	(void)state;
	assert_true(backing_find("base")->populate);
	assert_true(backing_find("thp")->populate);
	assert_false(backing_find("untouched")->populate);
	assert_null(backing_find("huge"));
	assert_null(backing_find(""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_heap_is_no_mapping),
		cmocka_unit_test(base_is_resident_in_base_pages),
		cmocka_unit_test(untouched_is_mapped_and_not_resident),
		cmocka_unit_test(thp_is_in_huge_pages_or_refused),
		cmocka_unit_test(thp_that_no_huge_page_fits_is_refused),
		cmocka_unit_test(what_cannot_be_mapped_is_enomem),
		cmocka_unit_test(backings_are_found_by_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
