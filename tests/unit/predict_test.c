/* SPDX-License-Identifier: MIT */
/*
 * The kernel's arithmetic, against numbers worked by hand.
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

static void big_parent_in_each_mode(void **state)
{
	const struct predict_facts facts = big_parent();

	(void)state;
	assert_int_equal(predict(CHARGES, 0, &facts), 0);
	assert_int_equal(predict(CHARGES, 1, &facts), 0);
	assert_int_equal(predict(CHARGES, 2, &facts), ENOMEM);
	for (int overcommit = 0; overcommit < 3; overcommit++)
		assert_int_equal(predict(SHARES, overcommit, &facts), 0);
}

/* Free memory plays no part; one VMA larger than RAM and swap does. */
static void heuristic_looks_at_one_vma(void **state)
{
	struct predict_facts facts = big_parent();

	(void)state;
	facts.accountable_bytes = 48 * GIB;
	facts.largest_vma_bytes = 24 * GIB;
	assert_int_equal(predict(CHARGES, 0, &facts), 0);
	facts.largest_vma_bytes += 4096;
	assert_int_equal(predict(CHARGES, 0, &facts), ENOMEM);
	assert_int_equal(predict(CHARGES, 1, &facts), 0);
	facts.swap_bytes = 4096;
	assert_int_equal(predict(CHARGES, 0, &facts), 0);
}

/* Allowed are 12 GiB - min(total_vm / 32, 128 MiB) for root, 8 MiB less for
 * others; what is asked for must stay below. */
static void strict_edges(void **state)
{
	struct predict_facts facts = big_parent();

	(void)state;
	facts.accountable_bytes = 1 * GIB;
	facts.committed_bytes = 11 * GIB - 128 * MIB - 4096;
	assert_int_equal(predict(CHARGES, 2, &facts), 0);
	facts.committed_bytes += 4096;
	assert_int_equal(predict(CHARGES, 2, &facts), ENOMEM);
	facts.committed_bytes -= 8 * MIB + 4096;
	facts.admin = false;
	assert_int_equal(predict(CHARGES, 2, &facts), 0);
	facts.committed_bytes += 4096;
	assert_int_equal(predict(CHARGES, 2, &facts), ENOMEM);
	/* A parent of 64 MiB keeps only 2 MiB back. */
	facts.total_vm_bytes = 64 * MIB;
	facts.committed_bytes = 11 * GIB - 10 * MIB - 4096;
	assert_int_equal(predict(CHARGES, 2, &facts), 0);
	facts.committed_bytes += 4096;
	assert_int_equal(predict(CHARGES, 2, &facts), ENOMEM);
}

static void tiny_limit_does_not_wrap(void **state)
{
	struct predict_facts facts = big_parent();

	(void)state;
	facts.commit_limit_bytes = 4 * MIB;
	facts.admin = false;
	assert_int_equal(predict(CHARGES, 2, &facts), ENOMEM);
	assert_int_equal(predict(SHARES, 2, &facts), 0);
}

static void commit_is_the_accountable_part(void **state)
{
	const struct predict_facts facts = big_parent();

	(void)state;
	assert_true(predict_commit(CHARGES, &facts) == 8 * GIB);
	assert_true(predict_commit(SHARES, &facts) == 0);
	assert_true(predict_commit(SW_CREATES_NOTHING, &facts) == 0);
}

/* 2 % of 24 GiB are 491.52 MiB, more than 256. */
static void headroom(void **state)
{
	struct predict_facts facts = big_parent();
	const uint64_t needed_bytes = 24 * GIB / 50;

	(void)state;
	/* The charge is refused, so it does not count. */
	assert_null(headroom_lack(CHARGES, &facts));
	facts.committed_bytes = 12 * GIB - needed_bytes;
	assert_null(headroom_lack(SHARES, &facts));
	facts.committed_bytes += 1;
	assert_string_equal(
		headroom_lack(SHARES, &facts),
		"Mode 2 would leave less than the 491 MiB that other "
		"programs need: run again when they have ended, raise "
		"vm.overcommit_ratio, or take a smaller heap.");
	facts.committed_bytes = 13 * GIB;
	assert_memory_equal(headroom_lack(SHARES, &facts),
			    "Mode 2 would leave less than the 491 MiB", 40);
}

/* A charge that succeeds counts: 11 GiB and 500 MiB of 12 GiB. */
static void headroom_with_the_child(void **state)
{
	struct predict_facts facts = big_parent();

	(void)state;
	facts.accountable_bytes = 1 * GIB;
	facts.committed_bytes = 10 * GIB + 600 * MIB;
	assert_null(headroom_lack(SHARES, &facts));
	assert_non_null(headroom_lack(CHARGES, &facts));
	facts.committed_bytes = 10 * GIB + 500 * MIB;
	assert_null(headroom_lack(CHARGES, &facts));
}

static void small_machines_need_256_mib(void **state)
{
	struct predict_facts facts = { .ram_bytes = 512 * MIB,
				       .commit_limit_bytes = 400 * MIB,
				       .committed_bytes = 144 * MIB };

	(void)state;
	assert_null(headroom_lack(SHARES, &facts));
	facts.committed_bytes += 1;
	assert_non_null(headroom_lack(SHARES, &facts));
}

/* 1,881,940 KiB are left below the limit; of these 8 MiB are root's, and 32 MiB
 * are a share of 1 GiB. */
static void database_server_is_strict(void **state)
{
	struct predict_facts facts = database_server();

	(void)state;
	assert_true(predict_left(&facts) == (1881940ull << 10) - 40 * MIB);
	assert_int_equal(predict(CHARGES, 2, &facts), 0);
	facts.accountable_bytes += 1 * GIB;
	assert_int_equal(predict(CHARGES, 2, &facts), ENOMEM);
	assert_int_equal(predict(CHARGES, 0, &facts), 0);
}

/* The libc's 36 KiB: nothing less is refused. */
static void mapped_stack(void **state)
{
	struct predict_facts facts = big_parent();

	(void)state;
	facts.committed_bytes += predict_left(&facts) - 36 * 1024 - 1;
	assert_true(predict_asked(MAPS, &facts) == 36 * 1024);
	assert_true(predict_commit(MAPS, &facts) == 0);
	assert_int_equal(predict(MAPS, 2, &facts), 0);
	facts.committed_bytes++;
	assert_int_equal(predict(MAPS, 2, &facts), ENOMEM);
	assert_int_equal(predict(SHARES, 2, &facts), 0);
	assert_int_equal(predict(MAPS, 0, &facts), 0);
	facts.address_limit_bytes = facts.total_vm_bytes + 36 * 1024;
	assert_int_equal(predict(MAPS, 0, &facts), 0);
	facts.address_limit_bytes--;
	assert_int_equal(predict(MAPS, 0, &facts), ENOMEM);
	assert_int_equal(predict(CHARGES, 0, &facts), 0);
}

/* 12 GiB less what is committed, less 1/32 of 2 GiB; root's 8 MiB for others.
 */
static void left_is_less_the_reserves(void **state)
{
	struct predict_facts facts = big_parent();

	(void)state;
	facts.total_vm_bytes = 2 * GIB;
	facts.committed_bytes = 8 * GIB;
	assert_int_equal(predict_left(&facts), 4 * GIB - 64 * MIB);
	facts.admin = false;
	assert_int_equal(predict_left(&facts), 4 * GIB - 72 * MIB);
	facts.committed_bytes = 13 * GIB;
	assert_int_equal(predict_left(&facts), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(big_parent_in_each_mode),
		cmocka_unit_test(heuristic_looks_at_one_vma),
		cmocka_unit_test(strict_edges),
		cmocka_unit_test(tiny_limit_does_not_wrap),
		cmocka_unit_test(commit_is_the_accountable_part),
		cmocka_unit_test(left_is_less_the_reserves),
		cmocka_unit_test(headroom),
		cmocka_unit_test(headroom_with_the_child),
		cmocka_unit_test(small_machines_need_256_mib),
		cmocka_unit_test(database_server_is_strict),
		cmocka_unit_test(mapped_stack),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
