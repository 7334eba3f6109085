/* SPDX-License-Identifier: MIT */
/*
 * Whether a spawn maps memory: a process that may have no more of it finds
 * out. RLIMIT_AS refuses what strict overcommit would refuse (mmap(2), ENOMEM),
 * for one process and for everybody's asking.
 */

#include <errno.h>
#include <sys/resource.h>

#include "tests/conformance/checks.h"
#include "tests/conformance/scene.h"

/* A spawn in an address space that may not grow: 0, or what refused it. */
static int spawn_in_full_space(struct scene *scene)
{
	const struct sw_request good = {
		.path = "/bin/true",
		.argv = ARGV("/bin/true"),
	};
	struct rlimit before, full;
	struct sw_child child;
	int error, status = 0;

	/* The first one may fill what libraries keep for the next. */
	assert_int_equal(scene_try(scene, &good, &child), 0);
	assert_int_equal(sw_reap(scene->handle, &child, &status), 0);
	assert_int_equal(getrlimit(RLIMIT_AS, &before), 0);
	full = before;
	full.rlim_cur = status_field(0, "VmSize", 10) * 1024;
	assert_int_equal(setrlimit(RLIMIT_AS, &full), 0);
	error = scene_try(scene, &good, &child);
	assert_int_equal(setrlimit(RLIMIT_AS, &before), 0);
	if (!error)
		assert_int_equal(sw_reap(scene->handle, &child, &status), 0);
	assert_int_equal(status, 0);
	return error;
}

static void memory_is_mapped(void **state)
{
	assert_int_equal(spawn_in_full_space(*state), -ENOMEM);
}

static void memory_is_not_mapped(void **state)
{
	assert_int_equal(spawn_in_full_space(*state), 0);
}

const struct check map_checks[] = {
	{ .name = "maps_memory is true",
	  .run = memory_is_mapped,
	  .needs = SW_MAPS_MEMORY },
	{ .name = "maps_memory is false",
	  .run = memory_is_not_mapped,
	  .lacks = SW_MAPS_MEMORY },
	{ .name = NULL },
};
