/* SPDX-License-Identifier: MIT */
/* What a caller, or one thread of it, has given up besides its ids: a helper
 * that still has it bears no child. */

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tests/conformance/checks.h"
#include "tests/conformance/scene.h"
#include "tests/refusal.h"

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

	COMPLAIN_UNLESS(!sw_run(scene->handle, &good, &child));
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

struct worker {
	struct scene *scene;
	const char *(*act)(struct scene *);
	const char *complaint;
};

static void *work(void *data)
{
	struct worker *worker = data;

	worker->complaint = worker->act(worker->scene);
	return NULL;
}

/* Let a thread act; what it complains of. */
static const char *in_thread(struct scene *scene,
			     const char *(*act)(struct scene *))
{
	struct worker worker = { scene, act, NULL };
	pthread_t thread;

	COMPLAIN_UNLESS(!pthread_create(&thread, NULL, work, &worker));
	pthread_join(thread, NULL);
	return worker.complaint;
}

/* This thread is not what the helper is. It may have another born, which is not
 * as the first thread is. */
static const char *be_refused(struct scene *scene)
{
	struct sw_child child;

	COMPLAIN_UNLESS(scene_try(scene, &good, &child) == -ESTALE);
	COMPLAIN_UNLESS(scene_try(scene, &good, &child) == -ESTALE);
	COMPLAIN_UNLESS(!sw_refresh(scene->handle));
	return spawn_once(scene);
}

/* A thread has given something up, and the others have not. */
static const char *part_by(struct scene *scene,
			   const char *(*act)(struct scene *))
{
	struct sw_child child;
	const char *complaint;

	COMPLAIN_UNLESS(!sw_refresh(scene->handle));
	COMPLAIN_UNLESS(!spawn_once(scene));
	complaint = in_thread(scene, spawn_once);
	if (!complaint)
		complaint = in_thread(scene, act);
	if (complaint)
		return complaint;
	COMPLAIN_UNLESS(scene_try(scene, &good, &child) == -ESTALE);
	COMPLAIN_UNLESS(!sw_refresh(scene->handle));
	return spawn_once(scene);
}

static const char *add_filter(struct scene *scene)
{
	COMPLAIN_UNLESS(!spawn_once(scene));
	COMPLAIN_UNLESS(!refuse(SYS_swapon, 0, EPERM));
	return be_refused(scene);
}

static const char *filter_thread(struct scene *scene)
{
	COMPLAIN_UNLESS(!refuse(SYS_swapoff, 0, EPERM));
	return part_by(scene, add_filter);
}

static void filtered_thread_is_refused(void **state)
{
	scene_in_copy(*state, filter_thread);
}

static const char *drop_from_bounding_set(struct scene *scene)
{
	COMPLAIN_UNLESS(!spawn_once(scene));
	COMPLAIN_UNLESS(!prctl(PR_CAPBSET_DROP, CAP_MAC_ADMIN, 0, 0, 0));
	return be_refused(scene);
}

static const char *bound_thread(struct scene *scene)
{
	return part_by(scene, drop_from_bounding_set);
}

static void bounded_thread_is_refused(void **state)
{
	scene_in_copy(*state, bound_thread);
}

static bool set_capabilities(unsigned lost, unsigned inheritable)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct sets[2];

	if (syscall(SYS_capget, &header, sets))
		return false;
	sets[0].permitted &= ~lost;
	sets[0].effective &= ~lost;
	sets[0].inheritable |= inheritable;
	return !syscall(SYS_capset, &header, sets);
}

static const char *lower_ambient(struct scene *scene)
{
	COMPLAIN_UNLESS(!spawn_once(scene));
	COMPLAIN_UNLESS(
		!prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_LOWER, CAP_CHOWN, 0, 0));
	return be_refused(scene);
}

static const char *lower_in_thread(struct scene *scene)
{
	COMPLAIN_UNLESS(set_capabilities(0, 1u << CAP_CHOWN));
	COMPLAIN_UNLESS(
		!prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_CHOWN, 0, 0));
	return part_by(scene, lower_ambient);
}

static void lowered_thread_is_refused(void **state)
{
	scene_in_copy(*state, lower_in_thread);
}

static atomic_int turn;

static const char *drop_before_the_others(struct scene *scene)
{
	COMPLAIN_UNLESS(!prctl(PR_CAPBSET_DROP, CAP_MAC_ADMIN, 0, 0, 0));
	COMPLAIN_UNLESS(set_capabilities(1u << CAP_SETPCAP, 0));
	turn = 1;
	while (turn == 1)
		sched_yield();
	return be_refused(scene);
}

/* Both have lost CAP_SETPCAP when the helper is born, and differ already. */
static const char *differ_from_before(struct scene *scene)
{
	struct worker worker = { scene, drop_before_the_others, NULL };
	pthread_t thread;

	turn = 0;
	COMPLAIN_UNLESS(!pthread_create(&thread, NULL, work, &worker));
	while (!turn)
		sched_yield();
	COMPLAIN_UNLESS(set_capabilities(1u << CAP_SETPCAP, 0));
	COMPLAIN_UNLESS(!sw_refresh(scene->handle));
	COMPLAIN_UNLESS(!spawn_once(scene));
	turn = 2;
	pthread_join(thread, NULL);
	return worker.complaint;
}

static void threads_may_differ_from_before(void **state)
{
	scene_in_copy(*state, differ_from_before);
}

static const char *no_filters_seen(void)
{
	char text[16 * 1024];

	text[proc_read(getpid(), "status", text, sizeof text - 1)] = '\0';
	return strstr(text, "\nSeccomp_filters:") ? NULL
						  : "filters are not counted";
}

#define NEEDS_ROOTS_HELPER .needs = SW_NEEDS_EARLY_OPEN, .obstacle = not_root

const struct check worker_checks[] = {
	{ .name = "a thread with another filter is refused until renewed",
	  .run = filtered_thread_is_refused,
	  .needs = SW_NEEDS_EARLY_OPEN,
	  .obstacle = no_filters_seen },
	{ .name = "a thread with fewer capabilities is refused until renewed",
	  .run = bounded_thread_is_refused,
	  NEEDS_ROOTS_HELPER },
	{ .name = "a thread with fewer ambient ones is refused until renewed",
	  .run = lowered_thread_is_refused,
	  NEEDS_ROOTS_HELPER },
	{ .name = "a thread that had fewer before is refused until renewed",
	  .run = threads_may_differ_from_before,
	  NEEDS_ROOTS_HELPER },
	{ .name = "memory that may not become code is refused until renewed",
	  .run = no_writable_code_is_inherited,
	  .needs = SW_NEEDS_EARLY_OPEN,
	  .obstacle = no_mdwe },
	{ .name = "too many groups are refused by open",
	  .run = too_many_groups_are_refused,
	  NEEDS_ROOTS_HELPER },
	{ .name = NULL },
};
