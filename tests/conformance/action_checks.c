/* SPDX-License-Identifier: MIT */
/* Folders and descriptors of the child: every action, and their order. */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/conformance/checks.h"
#include "tests/conformance/scene.h"

#define FOLDER_FD 90 /* out of the way of actions */

/* Whether the child's descriptor is the file of that name in the scene. */
static bool is_open_on(const struct scene *scene, pid_t pid, int fd,
		       const char *name)
{
	const int ours = open(scene_path(scene, name), O_PATH | O_CLOEXEC);
	const bool same = ours >= 0 && same_file(pid, fd, ours);

	close(ours);
	return same;
}

static bool is_open(pid_t pid, int fd)
{
	char path[64];

	snprintf(path, sizeof path, "/proc/%d/fd/%d", (int)pid, fd);
	return faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static void assert_folder(pid_t pid, const char *path)
{
	char name[64];
	struct stat theirs, wanted;

	snprintf(name, sizeof name, "/proc/%d/cwd", (int)pid);
	assert_int_equal(stat(name, &theirs), 0);
	assert_int_equal(stat(path, &wanted), 0);
	assert_int_equal(theirs.st_ino, wanted.st_ino);
	assert_int_equal(theirs.st_dev, wanted.st_dev);
}

static void folder_is_changed(void **state)
{
	struct scene *scene = *state;
	struct sw_request request = { .argv = ARGV("held"), .fields = SW_CWD };

	assert_int_equal(mkdir("deeper", 0755), 0);
	request.cwd = "deeper";
	assert_folder(scene_hold(scene, &request), "deeper");
	scene_drop(scene);
	request.cwd = NULL;
	request.cwd_fd = open("deeper", O_PATH | O_CLOEXEC);
	assert_folder(scene_hold(scene, &request), "deeper");
	scene_drop(scene);
	close(request.cwd_fd);
	assert_folder(getpid(), scene->folder);
}

static void bad_folders_are_refused(void **state)
{
	struct scene *scene = *state;
	struct sw_request request = {
		.path = "/bin/true",
		.argv = ARGV("true"),
		.fields = SW_CWD,
		.cwd = "missing",
	};

	scene_refuses(scene, &request, -ENOENT, SW_CWD, 0);
	request.cwd = NULL;
	request.cwd_fd = scene->null_fd;
	scene_refuses(scene, &request, -ENOTDIR, SW_CWD, 0);
}

static void files_are_opened(void **state)
{
	struct scene *scene = *state;
	struct sw_request request = {
		.argv = ARGV("held"),
		.fields = SW_FDACTIONS,
		.stdout_fd = scene->null_fd,
		ACTIONS({ SW_OPEN, 9, .path = "new",
			  .flags = O_WRONLY | O_CREAT, .mode = 0640 },
			{ SW_OPEN, 0, .path = "taken", .flags = O_RDONLY }),
	};
	struct stat status;
	pid_t pid;

	scene_write(scene, "taken", "", 0644);
	pid = scene_hold(scene, &request);
	assert_true(is_open_on(scene, pid, 9, "new"));
	assert_true(is_open_on(scene, pid, 0, "taken"));
	assert_true(same_file(pid, 1, scene->null_fd));
	assert_int_equal(descriptors_count(pid), 4);
	scene_drop(scene);
	assert_int_equal(stat("new", &status), 0);
	assert_int_equal(status.st_mode & 07777, 0640);
}

/* The libc's copy onto another number drops the flag. */
static void opened_stays_open(void **state)
{
	struct scene *scene = *state;
	struct sw_request request = {
		.argv = ARGV("held"),
		.fields = SW_FDACTIONS,
		ACTIONS({ SW_OPEN, 1, .path = "/dev/null",
			  .flags = O_WRONLY | O_CLOEXEC },
			{ SW_OPEN, 30, .path = "/dev/null",
			  .flags = O_RDONLY | O_CLOEXEC }),
	};
	const pid_t pid = scene_hold(scene, &request);

	assert_true(same_file(pid, 1, scene->null_fd));
	assert_true(same_file(pid, 30, scene->null_fd));
	assert_int_equal(descriptors_count(pid), 4);
	scene_drop(scene);
}

/* Each sees what the one before has done. */
static void actions_are_ordered(void **state)
{
	struct scene *scene = *state;
	const int root = open("/", O_PATH | O_CLOEXEC);
	struct sw_request request = {
		.argv = ARGV("held"),
		.fields = SW_FDACTIONS,
		ACTIONS({ SW_OPEN, 7, .path = "first", .flags = O_RDONLY },
			{ SW_DUP2, 8, .from = 7 }, { SW_CLOSE, .fd = 7 },
			{ SW_CLOSE, .fd = 7 }, { SW_CHDIR, .path = "deeper" },
			{ SW_OPEN, 7, .path = "second", .flags = O_RDONLY },
			{ SW_FCHDIR, .fd = FOLDER_FD },
			{ SW_OPEN, 5, .path = "dev/null", .flags = O_RDWR }),
	};
	pid_t pid;

	assert_int_equal(dup3(root, FOLDER_FD, O_CLOEXEC), FOLDER_FD);
	assert_int_equal(mkdir("deeper", 0755), 0);
	scene_write(scene, "first", "", 0644);
	scene_write(scene, "deeper/second", "", 0644);
	pid = scene_hold(scene, &request);
	assert_true(is_open_on(scene, pid, 8, "first"));
	assert_true(is_open_on(scene, pid, 7, "deeper/second"));
	assert_true(same_file(pid, 5, scene->null_fd));
	assert_int_equal(descriptors_count(pid), 6);
	assert_folder(pid, "/");
	scene_drop(scene);
	close(FOLDER_FD);
	close(root);
}

/* dup2(fd, fd) is how a descriptor is inherited that else would not be. */
static void naming_keeps_open(void **state)
{
	struct scene *scene = *state;
	const int fd = scene->null_fd;
	struct sw_request request = {
		.argv = ARGV("held"),
		.fields = SW_FDACTIONS,
		ACTIONS({ SW_DUP2, fd, .from = fd }),
	};

	assert_true(same_file(scene_hold(scene, &request), fd, fd));
	scene_drop(scene);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
}

/* Descriptors first to last, without close-on-exec. */
static void leak(struct scene *scene, int first, int last)
{
	for (int fd = first; fd <= last; fd++)
		assert_int_equal(dup2(scene->null_fd, fd), fd);
}

static void unleak(int first, int last)
{
	for (int fd = first; fd <= last; fd++)
		assert_int_equal(close(fd), 0);
}

/* Not even where close_range(2) is refused. */
static void closefrom_is_frugal(void **state)
{
	struct scene *scene = *state;
	const struct sw_request request = {
		.path = "/bin/true",
		.argv = ARGV("true"),
		.fields = SW_FDACTIONS,
		ACTIONS({ SW_CLOSEFROM, .fd = 3 }),
	};
	struct rlimit before, few;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	few = (struct rlimit){ 64, before.rlim_max };
	for (int fd = 3; fd < 64; fd++)
		if (fcntl(fd, F_GETFD) < 0)
			assert_int_equal(dup2(2, fd), fd);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	assert_int_equal(dup(scene->null_fd), -1);
	assert_int_equal(scene_run(scene, &request), 0);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	for (int fd = 3; fd < 64; fd++)
		if (fcntl(fd, F_GETFD) == 0) /* ours alone is inheritable */
			close(fd);
}

static void closefrom_closes(void **state)
{
	struct scene *scene = *state;
	struct sw_request request = {
		.argv = ARGV("held"),
		.fields = SW_FDACTIONS,
		ACTIONS({ SW_CLOSEFROM, .fd = 12 },
			{ SW_DUP2, 15, .from = 11 }),
	};
	pid_t pid;

	leak(scene, 10, 20);
	pid = scene_hold(scene, &request);
	assert_int_equal(descriptors_count(pid), 6);
	assert_true(is_open(pid, 10) && is_open(pid, 11) && is_open(pid, 15));
	scene_drop(scene);
	unleak(10, 20);
}

static void others_are_closed(void **state)
{
	struct scene *scene = *state;
	struct sw_request request = {
		.argv = ARGV("held"),
		.fields = SW_CLOSEFDS | SW_FDACTIONS,
		.stdin_fd = scene->null_fd,
		ACTIONS({ SW_DUP2, 12, .from = 10 },
			{ SW_OPEN, 15, .path = "/dev/null", .flags = O_RDWR },
			{ SW_DUP2, 19, .from = 19 },
			{ SW_OPEN, 3, .path = "/dev/null", .flags = O_RDWR },
			{ SW_CLOSE, .fd = 3 }),
	};
	pid_t pid;

	leak(scene, 10, 20);
	pid = scene_hold(scene, &request);
	assert_int_equal(descriptors_count(pid), 6);
	assert_true(is_open(pid, 12) && is_open(pid, 15) && is_open(pid, 19));
	scene_drop(scene);
	request.fields = SW_CLOSEFDS; /* the actions do not count */
	assert_int_equal(descriptors_count(scene_hold(scene, &request)), 3);
	scene_drop(scene);
	unleak(10, 20);
}

static void assert_leaked(const struct scene *scene, int first, int last)
{
	for (int fd = first; fd <= last; fd++) {
		assert_true(same_file(getpid(), fd, scene->null_fd));
		assert_int_equal(fcntl(fd, F_GETFD), 0);
	}
}

/* A child may share the table of descriptors for a while. */
static void own_stay_open(void **state)
{
	struct scene *scene = *state;
	struct sw_request request = {
		.argv = ARGV("held"),
		.fields = SW_CLOSEFDS | SW_FDACTIONS,
		.stdout_fd = 20,
		ACTIONS({ SW_DUP2, 12, .from = 10 },
			{ SW_OPEN, 13, .path = "/dev/fd/11", .flags = O_RDWR },
			{ SW_CLOSE, .fd = 14 }),
	};
	int before;

	leak(scene, 10, 20);
	before = descriptors_count(getpid());
	/* With a path that names a descriptor, and without. */
	for (int paths = 1; paths >= 0; paths--) {
		pid_t pid;

		request.action_count = paths ? 3 : 1;
		pid = scene_hold(scene, &request);
		assert_true(same_file(pid, 1, 20));
		assert_int_equal(descriptors_count(pid), 4 + paths);
		scene_drop(scene);
		assert_leaked(scene, 10, 20);
	}
	request.path = "/none";
	scene_refuses(scene, &request, -ENOENT, SW_EXEC, 0);
	request.actions = &(const struct sw_action){ SW_DUP2, 12, .from = 99 };
	scene_refuses(scene, &request, -EBADF, SW_FDACTIONS, 0);
	assert_leaked(scene, 10, 20);
	assert_int_equal(descriptors_count(getpid()), before);
	unleak(10, 20);
}

const struct check action_checks[] = {
	{ .name = "a working folder is entered",
	  .run = folder_is_changed,
	  .honours = SW_CWD },
	{ .name = "bad working folders are refused",
	  .run = bad_folders_are_refused,
	  .honours = SW_CWD },
	{ .name = "actions open files, onto taken descriptors too",
	  .run = files_are_opened,
	  .honours = SW_FDACTIONS },
	{ .name = "actions are taken in order",
	  .run = actions_are_ordered,
	  .honours = SW_FDACTIONS },
	{ .name = "dup2 of a descriptor to itself keeps it open",
	  .run = naming_keeps_open,
	  .honours = SW_FDACTIONS },
	{ .name = "closefrom closes, up to the next action",
	  .run = closefrom_closes,
	  .honours = SW_FDACTIONS },
	{ .name = "closefrom needs no free descriptor",
	  .run = closefrom_is_frugal,
	  .honours = SW_FDACTIONS },
	{ .name = "O_CLOEXEC does not close what an action opens",
	  .run = opened_stays_open,
	  .honours = SW_FDACTIONS },
	{ .name = "all descriptors but those of actions are closed",
	  .run = others_are_closed,
	  .honours = SW_FDACTIONS | SW_CLOSEFDS },
	{ .name = "closing all leaves the caller's descriptors alone",
	  .run = own_stay_open,
	  .honours = SW_FDACTIONS | SW_CLOSEFDS },
	{ .name = NULL },
};
