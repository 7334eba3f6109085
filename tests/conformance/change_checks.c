/* SPDX-License-Identifier: MIT */
/* A caller that changes: where it is, how it is scheduled, who may look at it.
 * Its children are as it is now. */

#include <errno.h>
#include <grp.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/conformance/checks.h"
#include "tests/conformance/scene.h"

#define SOMEBODY 12345
#define NICE 7

static const char *go_elsewhere(struct scene *scene)
{
	COMPLAIN_UNLESS(!mkdir("one", 0755) && !mkdir("one/two", 0755));
	COMPLAIN_UNLESS(!chdir("one/two"));
	COMPLAIN_UNLESS(!scene_script(scene, "test -d ../../one/two", false));
	umask(027);
	COMPLAIN_UNLESS(!scene_script(scene, "test $(umask) = 0027", false));
	COMPLAIN_UNLESS(!rmdir("../two"));
	COMPLAIN_UNLESS(!scene_script(scene, "test ! -e ../two", false));
	COMPLAIN_UNLESS(!chdir(scene->folder));
	COMPLAIN_UNLESS(!scene_script(scene, "test -d one", false));
	umask(022);
	COMPLAIN_UNLESS(!scene_script(scene, "test $(umask) = 0022", false));
	COMPLAIN_UNLESS(!rmdir("one"));
	return NULL;
}

static void moves_are_followed(void **state)
{
	scene_in_copy(*state, go_elsewhere);
}

/* At rest for longer than a helper looks around. */
static const char *leave_after_a_rest(struct scene *scene)
{
	COMPLAIN_UNLESS(!mount("none", scene->folder, "tmpfs", 0, NULL));
	COMPLAIN_UNLESS(!chdir(scene->folder));
	COMPLAIN_UNLESS(!scene_script(scene, "true", true));
	COMPLAIN_UNLESS(!chdir("/"));
	for (int i = 0; i < 100 && umount(scene->folder); i++)
		usleep(100000);
	COMPLAIN_UNLESS(umount(scene->folder) && errno == EINVAL);
	return NULL;
}

static bool mounts_are_ours(void)
{
	return !unshare(CLONE_NEWNS) &&
	       !mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
}

/* The root that chroot(2) gives need not be a mount point. */
static const char *no_private_mounts(void)
{
	const pid_t pid = fork();
	int status = 1;

	if (!pid)
		_exit(!mounts_are_ours());
	waitpid(pid, &status, 0);
	return status ? "mounts cannot be made private here" : NULL;
}

static const char *leave_in_namespace(struct scene *scene)
{
	COMPLAIN_UNLESS(mounts_are_ours());
	COMPLAIN_UNLESS(!sw_refresh(scene->handle));
	return leave_after_a_rest(scene);
}

static void left_folders_are_free(void **state)
{
	scene_in_copy(*state, leave_in_namespace);
}

struct mover {
	struct scene *scene;
	const char *complaint;
};

static const char *part(struct scene *scene)
{
	COMPLAIN_UNLESS(!unshare(CLONE_FS) && !chdir("/"));
	umask(077);
	COMPLAIN_UNLESS(!scene_script(
		scene, "test $(pwd -P) = / && test $(umask) = 0077", false));
	return NULL;
}

static void *part_in_thread(void *data)
{
	struct mover *mover = data;

	mover->complaint = part(mover->scene);
	return NULL;
}

/* Its own folder and umask, unshare(2); the first thread's stay. */
static const char *part_and_compare(struct scene *scene)
{
	struct mover mover = { scene, NULL };
	pthread_t thread;

	umask(022);
	COMPLAIN_UNLESS(!pthread_create(&thread, NULL, part_in_thread, &mover));
	pthread_join(thread, NULL);
	if (mover.complaint)
		return mover.complaint;
	COMPLAIN_UNLESS(!scene_script(
		scene, "test $(pwd -P) != / && test $(umask) = 0022", false));
	return part(scene);
}

static void parted_folders_are_followed(void **state)
{
	scene_in_copy(*state, part_and_compare);
}

/* A child's policy and nice value, or -1 where there is no child. */
static int schedule_of(struct scene *scene, unsigned fields, int *policy)
{
	struct sw_request request = {
		.path = "/bin/sh",
		.argv = ARGV("sh", "-c", "kill -STOP $$"),
		.fields = fields,
		.sched_policy = SCHED_OTHER,
	};
	struct sw_child child;
	int nice;

	if (scene_try(scene, &request, &child))
		return -1;
	waitpid(child.pid, NULL, WUNTRACED);
	nice = getpriority(PRIO_PROCESS, (id_t)child.pid);
	*policy = sched_getscheduler(child.pid);
	kill(child.pid, SIGKILL);
	waitpid(child.pid, NULL, 0);
	return nice;
}

/* The kernel keeps the nice value of who has another policy, and so must who
 * hands it on. */
static const char *hand_nice_on(struct scene *scene)
{
	const int policies[] = { SCHED_IDLE, SCHED_RR };
	const unsigned ask = SW_SCHED & scene->strategy->honours;
	int policy;

	COMPLAIN_UNLESS(!setpriority(PRIO_PROCESS, 0, NICE));
	for (size_t i = 0; i < COUNT(policies); i++) {
		const struct sched_param parameter = {
			.sched_priority = policies[i] == SCHED_RR,
		};

		if (sched_setscheduler(0, policies[i], &parameter))
			continue; /* takes CAP_SYS_NICE */
		COMPLAIN_UNLESS(schedule_of(scene, 0, &policy) == NICE);
		COMPLAIN_UNLESS(policy == policies[i]);
		if (policies[i] == SCHED_IDLE && geteuid())
			continue;
		COMPLAIN_UNLESS(schedule_of(scene, ask, &policy) == NICE);
	}
	return NULL;
}

static void nice_is_handed_on(void **state)
{
	scene_in_copy(*state, hand_nice_on);
}

static const char *become_dumpable(struct scene *scene)
{
	const struct sw_request request = {
		.path = "/bin/true",
		.argv = ARGV("true"),
		.fields = SW_OOMADJ,
		.oom_score_adj = 1000,
	};
	struct sw_child child;

	sw_close(scene->handle);
	scene->handle = NULL;
	if (!geteuid())
		COMPLAIN_UNLESS(!setgroups(0, NULL) && !setgid(SOMEBODY) &&
				!setuid(SOMEBODY));
	COMPLAIN_UNLESS(!prctl(PR_SET_DUMPABLE, 0));
	COMPLAIN_UNLESS(!sw_open(scene->strategy, &scene->handle));
	COMPLAIN_UNLESS(!prctl(PR_SET_DUMPABLE, 1));
	COMPLAIN_UNLESS(!scene_try(scene, &request, &child));
	COMPLAIN_UNLESS(!sw_reap(scene->handle, &child, NULL));
	return NULL;
}

static void dumpable_is_of_now(void **state)
{
	scene_in_copy(*state, become_dumpable);
}

const struct check change_checks[] = {
	{ .name = "folder, root and umask are of now",
	  .run = moves_are_followed },
	{ .name = "a folder that was left can be unmounted",
	  .run = left_folders_are_free,
	  .obstacle = no_private_mounts },
	{ .name = "folders and umask are of the thread",
	  .run = parted_folders_are_followed },
	{ .name = "the nice value is of now, whatever the policy",
	  .run = nice_is_handed_on },
	{ .name = "an oom_score_adj is set by who has become dumpable",
	  .run = dumpable_is_of_now,
	  .honours = SW_OOMADJ },
	{ .name = NULL },
};
