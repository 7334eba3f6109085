/* SPDX-License-Identifier: MIT */
/* A helper and its caller: it does not outlive him, and does not use or hold
 * what he has given up. */

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/conformance/checks.h"
#include "tests/conformance/scene.h"

#define NOBODY 65534
#define SECOND_MS 1000
#define HEAP_BYTES ((size_t)64 << 20)
#define PRIVATE_KIB_MAX 1024

static const struct sw_request good = {
	.path = "/bin/true",
	.argv = ARGV("true"),
};

static const char *not_root_or_unseen(void)
{
	const char *obstacle = not_root();

	return obstacle ? obstacle : children_unseen();
}

static const char *memory_is_watched(void)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
	return "a sanitizer's helper keeps its memory";
#else
	return children_unseen();
#endif
}

/* A caller in a process of its own, which does as told; its status. */
static int in_a_copy(struct scene *scene, int (*act)(struct scene *scene))
{
	const pid_t pid = fork();
	int status;

	if (pid == 0) {
		alarm(20);
		if (sw_open(scene->strategy, &scene->handle))
			_exit(100);
		_exit(act(scene));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static int spawn_once(struct scene *scene)
{
	struct sw_child child;
	int status, error = scene_try(scene, &good, &child);

	if (error)
		return error;
	return waitpid(child.pid, &status, 0) == child.pid ? status : 1;
}

/* Refused until renewed: 0, or the number of the step that went wrong. */
static int assert_stale_once(struct scene *scene)
{
	if (spawn_once(scene) != -ESTALE)
		return 2;
	if (sw_refresh(scene->handle))
		return 3;
	return spawn_once(scene) ? 4 : 0;
}

static int drop_root(struct scene *scene)
{
	if (spawn_once(scene) || setgroups(0, NULL) || setgid(NOBODY) ||
	    setuid(NOBODY))
		return 1;
	return assert_stale_once(scene);
}

static void dropped_root_is_refused(void **state)
{
	assert_int_equal(in_a_copy(*state, drop_root), 0);
}

/* Closed while it is stopped: killing it is not allowed any more. */
static int drop_root_and_close(struct scene *scene)
{
	pid_t helper;

	if (children_list(&helper, 1) != 1 || kill(helper, SIGSTOP) ||
	    waitpid(helper, NULL, WUNTRACED | __WALL) != helper)
		return 1;
	if (setgid(NOBODY) || setuid(NOBODY) || kill(helper, SIGKILL) == 0)
		return 2;
	sw_close(scene->handle);
	return children_count();
}

static void stopped_helper_ends(void **state)
{
	assert_int_equal(in_a_copy(*state, drop_root_and_close), 0);
}

static int change_session(struct scene *scene)
{
	if (spawn_once(scene) || setsid() < 0)
		return 1;
	return assert_stale_once(scene);
}

static void changed_session_is_refused(void **state)
{
	assert_int_equal(in_a_copy(*state, change_session), 0);
}

static int give_up_privileges(struct scene *scene)
{
	if (spawn_once(scene) || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return 1;
	return assert_stale_once(scene);
}

static void given_up_privileges_are_refused(void **state)
{
	assert_int_equal(in_a_copy(*state, give_up_privileges), 0);
}

static int drop_from_bounding_set(struct scene *scene)
{
	if (spawn_once(scene) || prctl(PR_CAPBSET_DROP, CAP_MAC_ADMIN, 0, 0, 0))
		return 1;
	return assert_stale_once(scene);
}

static void dropped_capability_is_refused(void **state)
{
	assert_int_equal(in_a_copy(*state, drop_from_bounding_set), 0);
}

static int part_descriptors(struct scene *scene)
{
	if (spawn_once(scene) || unshare(CLONE_FILES))
		return 1;
	return assert_stale_once(scene);
}

static void parted_descriptors_are_refused(void **state)
{
	assert_int_equal(in_a_copy(*state, part_descriptors), 0);
}

/* Start a caller, let it end as it likes, and see its helper end. */
static void assert_helper_follows(struct scene *scene,
				  void (*end)(struct scene *scene))
{
	struct pollfd helper = { .events = POLLIN };
	int ends[2];
	pid_t pid, helper_pid;

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		if (sw_open(scene->strategy, &scene->handle) ||
		    spawn_once(scene))
			_exit(1);
		helper_pid = helper_find();
		if (write(ends[1], &helper_pid, sizeof helper_pid) < 0)
			_exit(1);
		end(scene);
		_exit(2);
	}
	assert_int_equal(read(ends[0], &helper_pid, sizeof helper_pid),
			 sizeof helper_pid);
	helper.fd = (int)syscall(SYS_pidfd_open, helper_pid, 0);
	if (helper.fd >= 0) { /* else it is gone */
		assert_int_equal(poll(&helper, 1, SECOND_MS), 1);
		close(helper.fd);
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	close(ends[0]);
	close(ends[1]);
}

static void be_killed(struct scene *scene)
{
	(void)scene;
	raise(SIGKILL);
}

static void execute(struct scene *scene)
{
	(void)scene;
	execl("/bin/sleep", "sleep", "60", NULL);
}

static void helper_dies_with_its_caller(void **state)
{
	assert_helper_follows(*state, be_killed);
}

static void helper_ends_at_exec(void **state)
{
	assert_helper_follows(*state, execute);
}

/* The heap is there before the helper is; then we write all of it, and the
 * old copies would be the helper's alone. */
static void assert_not_held_twice(struct scene *scene, int protection)
{
	static char text[1 << 16];
	char *heap = mmap(NULL, HEAP_BYTES, protection,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *line;
	long kib = 0;

	assert_ptr_not_equal(heap, MAP_FAILED);
	memset(heap, 1, HEAP_BYTES);
	assert_int_equal(sw_refresh(scene->handle), 0);
	memset(heap, 2, HEAP_BYTES);
	assert_int_equal(scene_run(scene, &good), 0);
	text[proc_read(helper_find(), "smaps_rollup", text, sizeof text - 1)] =
		'\0';
	for (line = text; (line = strstr(line, "\nPrivate_")); line++)
		kib += strtol(strchr(line, ':') + 1, NULL, 10);
	assert_in_range(kib, 1, PRIVATE_KIB_MAX);
	munmap(heap, HEAP_BYTES);
}

static void memory_is_not_held_twice(void **state)
{
	assert_not_held_twice(*state, PROT_READ | PROT_WRITE);
	assert_not_held_twice(*state, PROT_READ | PROT_WRITE | PROT_EXEC);
}

const struct check bond_checks[] = {
	{ .name = "a caller that dropped root is refused until renewed",
	  .run = dropped_root_is_refused,
	  .needs = SW_NEEDS_EARLY_OPEN,
	  .obstacle = not_root_or_unseen },
	{ .name = "a stopped helper ends, too, for a caller that dropped root",
	  .run = stopped_helper_ends,
	  .needs = SW_NEEDS_EARLY_OPEN,
	  .obstacle = not_root_or_unseen },
	{ .name = "a dropped capability is refused until renewed",
	  .run = dropped_capability_is_refused,
	  .needs = SW_NEEDS_EARLY_OPEN,
	  .obstacle = not_root_or_unseen },
	{ .name = "a changed session is refused until renewed",
	  .run = changed_session_is_refused,
	  NEEDS_HELPER },
	{ .name = "no_new_privs is refused until renewed",
	  .run = given_up_privileges_are_refused,
	  NEEDS_HELPER },
	{ .name = "parted descriptors are refused until renewed",
	  .run = parted_descriptors_are_refused,
	  NEEDS_HELPER },
	{ .name = "a helper dies within a second of its caller",
	  .run = helper_dies_with_its_caller,
	  NEEDS_HELPER },
	{ .name = "a helper ends within a second of its caller's exec",
	  .run = helper_ends_at_exec,
	  NEEDS_HELPER },
	{ .name = "a helper holds none of our memory",
	  .run = memory_is_not_held_twice,
	  .needs = SW_NEEDS_EARLY_OPEN,
	  .obstacle = memory_is_watched },
	{ .name = NULL },
};
