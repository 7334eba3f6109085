/* SPDX-License-Identifier: MIT */
/*
 * Finding our control groups and the tightest of their limits.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "bench/machine/cgroup.h"
#include "tests/unit/cgroup_tree.h"

static const char hybrid_mounts[] =
	"24 1 0:22 / /proc rw - proc proc rw\n"
	"35 31 0:32 / /cg/memory rw,relatime - cgroup cgroup rw,memory\n"
	"36 31 0:33 / /cg/cpu rw shared:5 - cgroup cgroup rw,cpu,cpuacct\n"
	"41 31 0:38 / /cg/unified rw - cgroup2 cgroup2 rw\n";

static int find(const char *controller, const char *membership,
		const char *mounts, struct cgroup *group)
{
	FILE *first = fmemopen((void *)(uintptr_t)membership,
			       strlen(membership), "r");
	FILE *second = fmemopen((void *)(uintptr_t)mounts, strlen(mounts), "r");

	assert_non_null(first);
	assert_non_null(second);
	int error = cgroup_find(controller, first, second, group);
	fclose(first);
	fclose(second);
	return error;
}

static void version_one_goes_first(void **state)
{
	struct cgroup group;
	const char *lines = "0::/user\n9:cpuacct,cpu:/a\n4:memory:/a/b\n";

	(void)state;
	assert_int_equal(find("memory", lines, hybrid_mounts, &group), 0);
	assert_int_equal(group.version, 1);
	assert_string_equal(group.mount, "/cg/memory");
	assert_string_equal(group.directory, "/cg/memory/a/b");
	assert_int_equal(find("cpu", lines, hybrid_mounts, &group), 0);
	assert_string_equal(group.directory, "/cg/cpu/a");
}

static void version_two_is_the_rest(void **state)
{
	struct cgroup group;

	(void)state;
	assert_int_equal(find("memory", "1:name=systemd:/\n0::/x.slice\n",
			      hybrid_mounts, &group),
			 0);
	assert_int_equal(group.version, 2);
	assert_string_equal(group.directory, "/cg/unified/x.slice");
}

static void similar_names_are_not_mistaken(void **state)
{
	struct cgroup group;

	(void)state;
	assert_int_equal(find("cpu", "3:cpuset:/a\n2:cpuacct:/b\n",
			      hybrid_mounts, &group),
			 -ENOENT);
	assert_int_equal(find("memory", "4:memory:/\n", "", &group), -EXDEV);
}

/* A container sees its own group at the mount point. The limits of another
 * group are none of ours. */
static void groups_are_seen_below_the_root_of_the_mount(void **state)
{
	struct cgroup group;
	const char *mounts =
		"35 31 0:32 /docker/ab /cg rw - cgroup cgroup rw,memory\n";

	(void)state;
	assert_int_equal(
		find("memory", "4:memory:/docker/ab/c\n", mounts, &group), 0);
	assert_string_equal(group.directory, "/cg/c");
	assert_int_equal(
		find("memory", "4:memory:/docker/ab\n", mounts, &group), 0);
	assert_string_equal(group.directory, "/cg");
	assert_int_equal(
		find("memory", "4:memory:/docker/abc\n", mounts, &group),
		-EXDEV);
	assert_int_equal(
		find("memory", "4:memory:/../x\n", hybrid_mounts, &group),
		-EXDEV);
	/* Mounted before our cgroup namespace was made: the group around it. */
	mounts = "35 31 0:32 /../.. /cg rw - cgroup cgroup rw,memory\n";
	assert_int_equal(find("memory", "4:memory:/a\n", mounts, &group), 0);
	assert_string_equal(group.directory, "/cg");
	assert_true(group.hidden);
	assert_int_equal(find("memory", "4:memory:/../../b\n", mounts, &group),
			 0);
	assert_string_equal(group.directory, "/cg/b");
	assert_false(group.hidden);
	assert_int_equal(find("memory", "4:memory:/\n", hybrid_mounts, &group),
			 0);
	assert_string_equal(group.directory, "/cg/memory");
}

/* Another group's folder was bound somewhere before, or after. */
static void the_mount_is_that_with_our_group(void **state)
{
	struct cgroup group;
	const char *lines = "4:memory:/ours/a\n";
	const char *bound =
		"34 31 0:32 /theirs /bound rw - cgroup cgroup rw,memory\n"
		"35 31 0:32 / /cg rw - cgroup cgroup rw,memory\n"
		"36 31 0:32 /ours /later rw - cgroup cgroup rw,memory\n";
	const char *hidden =
		"34 31 0:32 / /cg rw - cgroup cgroup rw,memory\n"
		"35 34 0:32 /theirs /cg rw - cgroup cgroup rw,memory\n";

	(void)state;
	assert_int_equal(find("memory", lines, bound, &group), 0);
	assert_string_equal(group.directory, "/cg/ours/a");
	assert_int_equal(find("memory", lines, hidden, &group), -EXDEV);
}

/* "\040" is a blank, "\134" a backslash, as in units of systemd; only the names
 * of mountinfo are escaped. A line may be of any length. */
static void names_of_mounts_are_unescaped(void **state)
{
	struct cgroup group;
	const char *mounts =
		"35 31 0:32 /a\\134x2d\\040b /cg\\011\\1 rw shared:1 - cgroup "
		"cgroup rw,memory\n";
	char *many = malloc(100000);

	(void)state;
	assert_int_equal(
		find("memory", "4:memory:/a\\x2d b/c\n", mounts, &group), 0);
	assert_string_equal(group.mount, "/cg\t\\1");
	assert_string_equal(group.directory, "/cg\t\\1/c");
	assert_non_null(many);
	snprintf(many, 100000,
		 "1 0 0:1 / / rw - overlay o lowerdir=%030000d,35 31 0:32 /x "
		 "/y rw - cgroup cgroup rw,memory\n%s",
		 0, hybrid_mounts);
	assert_int_equal(find("memory", "4:memory:/x\n", many, &group), 0);
	assert_string_equal(group.directory, "/cg/memory/x");
	free(many);
}

static void tightest_memory_limit_wins(void **state)
{
	struct cgroup group = { .version = 2 };
	struct cgroup_limit limit;
	char middle[PATH_MAX];

	(void)state;
	tree_make(&group, middle);
	assert_int_equal(cgroup_walk(&group, CGROUP_MEMORY, &limit), -ENOENT);
	put(group.directory, "memory.max", "max\n");
	assert_int_equal(cgroup_walk(&group, CGROUP_MEMORY, &limit), -ENOENT);
	put(middle, "memory.max", "1048576\n");
	put(group.mount, "memory.max", "2097152\n");
	assert_int_equal(cgroup_walk(&group, CGROUP_MEMORY, &limit), 0);
	assert_int_equal(limit.value, 1048576);
	assert_string_equal(limit.directory, middle);

	group.version = 1;
	put(group.directory, "memory.limit_in_bytes", "9223372036854771712\n");
	put(middle, "memory.limit_in_bytes", "9223372036854771712\n");
	assert_int_equal(cgroup_walk(&group, CGROUP_MEMORY, &limit), -ENOENT);
	put(group.mount, "memory.limit_in_bytes", "4096\n");
	assert_int_equal(cgroup_walk(&group, CGROUP_MEMORY, &limit), 0);
	assert_int_equal(limit.value, 4096);
	assert_string_equal(limit.directory, group.mount);
	tree_remove(&group);
}

static void tightest_cpu_limit_wins(void **state)
{
	struct cgroup group = { .version = 2 };
	struct cgroup_limit limit;
	char middle[PATH_MAX];

	(void)state;
	tree_make(&group, middle);
	put(group.directory, "cpu.max", "max 100000\n");
	assert_int_equal(cgroup_walk(&group, CGROUP_CPU, &limit), -ENOENT);
	put(middle, "cpu.max", "150000 100000\n");
	assert_int_equal(cgroup_walk(&group, CGROUP_CPU, &limit), 0);
	assert_int_equal(limit.value, 1500);

	group.version = 1;
	put(middle, "cpu.cfs_quota_us", "-1\n");
	put(middle, "cpu.cfs_period_us", "100000\n");
	assert_int_equal(cgroup_walk(&group, CGROUP_CPU, &limit), -ENOENT);
	put(middle, "cpu.cfs_quota_us", "25000\n");
	assert_int_equal(cgroup_walk(&group, CGROUP_CPU, &limit), 0);
	assert_int_equal(limit.value, 250);
	tree_remove(&group);
}

static void own_limits_can_be_asked_for(void **state)
{
	struct cgroup_limit limit;
	int error = cgroup_limit(CGROUP_MEMORY, &limit);

	(void)state;
	assert_true(error == 0 || error == -ENOENT || error == -EXDEV);
	error = cgroup_limit(CGROUP_CPU, &limit);
	assert_true(error == 0 || error == -ENOENT || error == -EXDEV);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(version_one_goes_first),
		cmocka_unit_test(version_two_is_the_rest),
		cmocka_unit_test(similar_names_are_not_mistaken),
		cmocka_unit_test(groups_are_seen_below_the_root_of_the_mount),
		cmocka_unit_test(the_mount_is_that_with_our_group),
		cmocka_unit_test(names_of_mounts_are_unescaped),
		cmocka_unit_test(tightest_memory_limit_wins),
		cmocka_unit_test(tightest_cpu_limit_wins),
		cmocka_unit_test(own_limits_can_be_asked_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
