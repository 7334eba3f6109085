/* SPDX-License-Identifier: MIT */
/* Traits are facts: what a strategy declares is what it does. */

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/conformance/checks.h"
#include "tests/conformance/scene.h"

#define PATIENCE_S 20

static const struct sw_request good = {
	.path = "/bin/true",
	.argv = ARGV("true"),
};

static atomic_int atfork_count;

static void count_atfork(void)
{
	atfork_count++;
}

int traits_watch_atfork(void)
{
	return pthread_atfork(count_atfork, NULL, NULL);
}

static void atfork_handlers_run(void **state)
{
	const int before = atfork_count;

	assert_int_equal(scene_run(*state, &good), 0);
	assert_int_equal(atfork_count, before + 1);
}

static void atfork_handlers_do_not_run(void **state)
{
	const int before = atfork_count;

	assert_int_equal(scene_run(*state, &good), 0);
	assert_int_equal(atfork_count, before);
}

static const char *not_mode_0(void)
{
	int fd = open("/proc/sys/vm/overcommit_memory", O_RDONLY | O_CLOEXEC);
	char mode = '?';
	ssize_t length = read(fd, &mode, 1);

	close(fd);
	return length == 1 && mode == '0' ? NULL
					  : "vm.overcommit_memory is not 0";
}

/*
 * A mapping larger than RAM and swap, which mode 0 refuses to give twice.
 * It would also refuse to give it once: it is made of two halves that the
 * kernel merges (mm/mprotect.c; __vm_enough_memory() in mm/util.c).
 */
static void *map_too_much(size_t *bytes)
{
	struct sysinfo info;
	size_t half;
	char *start;

	assert_int_equal(sysinfo(&info), 0);
	half = (info.totalram + info.totalswap) / 4 * 3 * info.mem_unit;
	half &= ~((size_t)sysconf(_SC_PAGESIZE) - 1);
	*bytes = 2 * half;
	start = mmap(NULL, *bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		     0);
	assert_ptr_not_equal(start, MAP_FAILED);
	if (!mprotect(start, half, PROT_READ | PROT_WRITE) &&
	    !mprotect(start + half, half, PROT_READ | PROT_WRITE))
		return start;
	munmap(start, *bytes);
	return NULL;
}

static int spawn_with_too_much(struct scene *scene)
{
	const int children = children_count();
	struct sw_child child;
	size_t bytes;
	void *start = map_too_much(&bytes);
	int error;

	if (!start)
		return -ENOBUFS;
	error = scene_try(scene, &good, &child);
	munmap(start, bytes);
	if (!error)
		assert_int_equal(waitpid(child.pid, NULL, 0), child.pid);
	assert_no_new_child(children);
	return error;
}

/* A measurement beside us may hold another mode for a moment: try again. */
static void assert_with_too_much(struct scene *scene, int expected)
{
	const time_t limit = time(NULL) + PATIENCE_S;
	const int descriptors = descriptors_count(0);
	int error;

	do
		error = spawn_with_too_much(scene);
	while (error != expected && time(NULL) < limit);
	assert_int_equal(error, expected);
	assert_int_equal(descriptors_count(0), descriptors);
}

static void memory_is_charged_again(void **state)
{
	assert_with_too_much(*state, -ENOMEM);
	assert_int_equal(scene_run(*state, &good), 0);
}

static void memory_is_not_charged(void **state)
{
	assert_with_too_much(*state, 0);
}

/* Whether the child's working folder and umask are those of now. */
static bool child_follows(struct scene *scene)
{
	struct sw_request request = { .argv = ARGV("held") };
	const mode_t before = umask(0137);
	struct stat now, theirs;
	char path[64];
	pid_t pid;
	bool follows;

	assert_int_equal(mkdir("deeper", 0700), 0);
	assert_int_equal(chmod("deeper", 0700), 0);
	assert_int_equal(chdir("deeper"), 0);
	pid = scene_hold(scene, &request);
	snprintf(path, sizeof path, "/proc/%d/cwd", (int)pid);
	assert_int_equal(stat(path, &theirs), 0);
	assert_int_equal(stat(".", &now), 0);
	follows = theirs.st_ino == now.st_ino;
	assert_int_equal(status_field(pid, "Umask", 8),
			 follows ? 0137 : before);
	umask(before);
	scene_drop(scene);
	return follows;
}

static void identity_is_of_now(void **state)
{
	assert_true(child_follows(*state));
}

static void identity_is_of_open(void **state)
{
	assert_false(child_follows(*state));
}

const struct check trait_checks[] = {
	{ .name = "runs_atfork is true",
	  .run = atfork_handlers_run,
	  .needs = SW_RUNS_ATFORK },
	{ .name = "runs_atfork is false",
	  .run = atfork_handlers_do_not_run,
	  .lacks = SW_RUNS_ATFORK },
	{ .name = "charges_commit is true",
	  .run = memory_is_charged_again,
	  .needs = SW_CHARGES_COMMIT,
	  .obstacle = not_mode_0 },
	{ .name = "charges_commit is false",
	  .run = memory_is_not_charged,
	  .lacks = SW_CHARGES_COMMIT,
	  .obstacle = not_mode_0 },
	{ .name = "identity_of_open is true",
	  .run = identity_is_of_open,
	  .needs = SW_IDENTITY_OF_OPEN },
	{ .name = "identity_of_open is false",
	  .run = identity_is_of_now,
	  .lacks = SW_IDENTITY_OF_OPEN },
	{ .name = NULL },
};
