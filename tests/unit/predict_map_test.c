/* SPDX-License-Identifier: MIT */
/*
 * Can the memory be mapped, and how much of it? Against numbers worked by hand.
 */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "bench/judge/predict.h"
#include "tests/unit/predict_parents.h"

/* 36 GiB on a machine of 24: twice 18 are granted, and refused to a copy if
 * they became one. */
static void mapping_in_pieces(void **state)
{
	struct predict_mapping mapping = { .bytes = 36 * GIB,
					   .requests = 2,
					   .vmas = 1 };
	struct predict_facts facts = big_parent();

	(void)state;
	assert_int_equal(predict_map(&mapping, 0, &facts), 0);
	assert_true(facts.accountable_bytes == 44 * GIB);
	assert_true(facts.largest_vma_bytes == 36 * GIB);
	assert_true(facts.committed_bytes == 44 * GIB + 300 * MIB);
	assert_int_equal(predict(CHARGES, 0, &facts), ENOMEM);
	facts = big_parent();
	mapping.vmas = 2;
	assert_int_equal(predict_map(&mapping, 0, &facts), 0);
	assert_int_equal(predict(CHARGES, 0, &facts), 0);
	facts = big_parent();
	mapping.requests = 1;
	assert_int_equal(predict_map(&mapping, 0, &facts), ENOMEM);
	assert_int_equal(predict_map(&mapping, 1, &facts), 0);
	facts = big_parent();
	facts.address_limit_bytes = 44 * GIB - 1;
	assert_int_equal(predict_map(&mapping, 1, &facts), ENOMEM);
	facts.address_limit_bytes = 0;
	facts.data_bytes = 1 * GIB;
	facts.data_limit_bytes = 37 * GIB;
	assert_int_equal(predict_map(&mapping, 1, &facts), 0);
	assert_true(facts.data_bytes == 37 * GIB);
	assert_int_equal(predict(MAPS, 1, &facts), ENOMEM);
	assert_int_equal(predict(SHARES, 1, &facts), 0);
	mapping.shared = true;
	assert_int_equal(predict_map(&mapping, 1, &facts), 0);
}

static void strict_mapping(void **state)
{
	struct predict_mapping mapping = { .bytes = 4 * GIB,
					   .requests = 2,
					   .vmas = 1 };
	struct predict_facts facts = big_parent();

	(void)state;
	/* The first half is granted, and remembered. */
	assert_int_equal(predict_map(&mapping, 2, &facts), ENOMEM);
	assert_true(facts.committed_bytes == 10 * GIB + 300 * MIB);
	facts = big_parent();
	mapping.bytes = 3 * GIB;
	assert_int_equal(predict_map(&mapping, 2, &facts), 0);
	assert_true(facts.accountable_bytes == 11 * GIB);
}

static void what_is_not_copied(void **state)
{
	struct predict_mapping mapping = {
		.bytes = 3 * GIB, .requests = 1, .vmas = 1, .shared = true
	};
	struct predict_facts facts = big_parent();

	(void)state;
	assert_int_equal(predict_map(&mapping, 2, &facts), 0);
	assert_true(facts.committed_bytes == 11 * GIB + 300 * MIB);
	assert_true(facts.accountable_bytes == 8 * GIB);
	mapping.shared = false;
	mapping.dontfork = true;
	assert_int_equal(predict_map(&mapping, 0, &facts), 0);
	assert_true(facts.accountable_bytes == 8 * GIB);
	mapping.dontfork = false;
	mapping.noreserve = true;
	mapping.bytes = 100 * GIB;
	assert_int_equal(predict_map(&mapping, 0, &facts), 0);
	assert_true(facts.accountable_bytes == 8 * GIB);
	assert_int_equal(predict_map(&mapping, 2, &facts), ENOMEM);
}

static void frontier(void **state)
{
	const struct predict_facts facts = database_server();
	const uint64_t both = facts.ram_bytes + facts.swap_bytes;
	const uint64_t room = 64ull << 40;
	const uint64_t left = predict_left(&facts);

	(void)state;
	assert_true(predict_frontier(CHARGES, 0, 1, room, &facts) == both);
	assert_true(predict_frontier(CHARGES, 0, 2, room, &facts) == 2 * both);
	assert_true(predict_frontier(SHARES, 0, 1, room, &facts) == room);
	assert_true(predict_frontier(CHARGES, 1, 1, room, &facts) == room);
	assert_true(predict_frontier(SHARES, 2, 1, room, &facts) == left);
	assert_true(predict_frontier(CHARGES, 2, 1, room, &facts) ==
		    (left - 1 * GIB) / 2);
	assert_true(predict_frontier(CHARGES, 2, 1, MIB, &facts) == MIB);
}

/* 24 GiB / 256 = 96 MiB of doubt; 491.52 MiB for others. */
static void requests_that_harm_nobody(void **state)
{
	const struct predict_facts facts = big_parent();
	const uint64_t left = predict_left(&facts);
	const uint64_t limit_left =
		facts.commit_limit_bytes - facts.committed_bytes;

	(void)state;
	assert_true(predict_slack(&facts) == 96 * MIB);
	assert_null(request_harm(left + 96 * MIB, &facts));
	assert_non_null(request_harm(left + 96 * MIB - 1, &facts));
	assert_non_null(request_harm(left, &facts));
	assert_null(request_harm(limit_left - 24 * GIB / 50 - 1, &facts));
	assert_non_null(request_harm(limit_left - 24 * GIB / 50 + 1, &facts));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mapping_in_pieces),
		cmocka_unit_test(strict_mapping),
		cmocka_unit_test(what_is_not_copied),
		cmocka_unit_test(frontier),
		cmocka_unit_test(requests_that_harm_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
