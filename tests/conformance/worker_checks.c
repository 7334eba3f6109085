/* SPDX-License-Identifier: MIT */
/* What a caller, or one thread of it, has given up besides its ids: a helper
 * that still has it bears no child. */

#include <errno.h>
#include <grp.h>
#include <sys/prctl.h>

#include "tests/conformance/checks.h"
#include "tests/conformance/scene.h"

#ifndef PR_SET_MDWE /* Linux 6.3 */
#define PR_SET_MDWE 65
#define PR_MDWE_REFUSE_EXEC_GAIN 1
#define PR_GET_MDWE 66
#endif
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

static const char *give_up_writable_code(struct scene *scene)
{
	struct sw_child child;

	COMPLAIN_UNLESS(!spawn_once(scene));
	COMPLAIN_UNLESS(!prctl(PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN, 0, 0, 0));
	COMPLAIN_UNLESS(scene_try(scene, &good, &child) == -ESTALE);
	COMPLAIN_UNLESS(!sw_refresh(scene->handle));
	return spawn_once(scene);
}

static void no_writable_code_is_inherited(void **state)
{
	scene_in_copy(*state, give_up_writable_code);
}

static const char *no_mdwe(void)
{
	return prctl(PR_GET_MDWE, 0, 0, 0, 0) < 0
		       ? "PR_SET_MDWE takes Linux 6.3"
		       : NULL;
}

const struct check worker_checks[] = {
	{ .name = "memory that may not become code is refused until renewed",
	  .run = no_writable_code_is_inherited,
	  .needs = SW_NEEDS_EARLY_OPEN,
	  .obstacle = no_mdwe },
	{ .name = "too many groups are refused by open",
	  .run = too_many_groups_are_refused,
	  .needs = SW_NEEDS_EARLY_OPEN,
	  .obstacle = not_root },
	{ .name = NULL },
};
