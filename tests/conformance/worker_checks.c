/* SPDX-License-Identifier: MIT */
/* What a caller, or one thread of it, has given up besides its ids: a helper
 * that still has it bears no child. */

#include <errno.h>
#include <grp.h>

#include "tests/conformance/checks.h"
#include "tests/conformance/scene.h"

#define GROUPS_TOO_MANY 1100

static const struct sw_request good = {
	.path = "/bin/true",
	.argv = ARGV("true"),
};

static const char *spawn_once(struct scene *scene)
{
	struct sw_child child;

	COMPLAIN_UNLESS(!scene_try(scene, &good, &child));
	COMPLAIN_UNLESS(!sw_reap(scene->handle, &child, NULL));
	return NULL;
}

static const char *join_many_groups(struct scene *scene)
{
	static gid_t groups[GROUPS_TOO_MANY];
	struct sw_handle *handle;
	struct sw_child child;

	for (gid_t i = 0; i < GROUPS_TOO_MANY; i++)
		groups[i] = 1000 + i;
	COMPLAIN_UNLESS(!setgroups(GROUPS_TOO_MANY, groups));
	COMPLAIN_UNLESS(scene_try(scene, &good, &child) == -ESTALE);
	COMPLAIN_UNLESS(sw_refresh(scene->handle) == -ENOTSUP);
	COMPLAIN_UNLESS(sw_open(scene->strategy, &handle) == -ENOTSUP);
	COMPLAIN_UNLESS(!setgroups(0, NULL));
	COMPLAIN_UNLESS(!sw_refresh(scene->handle));
	return spawn_once(scene);
}

static void too_many_groups_are_refused(void **state)
{
	scene_in_copy(*state, join_many_groups);
}

const struct check worker_checks[] = {
	{ .name = "too many groups are refused by open",
	  .run = too_many_groups_are_refused,
	  .needs = SW_NEEDS_EARLY_OPEN,
	  .obstacle = not_root },
	{ .name = NULL },
};
