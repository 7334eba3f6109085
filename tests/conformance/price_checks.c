/* SPDX-License-Identifier: MIT */
/* An open handle costs its caller nothing: what a program may do without one
 * (enter namespaces, execute set-user-ID programs, go elsewhere) it may do
 * with one, and its children follow. */

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/conformance/checks.h"
#include "tests/conformance/scene.h"

#define SOMEBODY 12345

/* 0 when the script ends well; -1 when it does not; or why there is no child.
 * A helper that does not fit has to say so, and is renewed. */
static int run(struct scene *scene, const char *script, bool may_be_stale)
{
	const struct sw_request request = {
		.path = "/bin/sh",
		.argv = ARGV("sh", "-c", script),
		.stderr_fd = scene->null_fd,
	};
	struct sw_child child;
	int status, error = scene_try(scene, &request, &child);

	if (error == -ESTALE && may_be_stale)
		return sw_refresh(scene->handle) ? -1
						 : run(scene, script, false);
	if (error)
		return error;
	return sw_reap(scene->handle, &child, &status) || status ? -1 : 0;
}

static const char *go_elsewhere(struct scene *scene)
{
	COMPLAIN_UNLESS(!mkdir("one", 0755) && !mkdir("one/two", 0755));
	COMPLAIN_UNLESS(!chdir("one/two"));
	COMPLAIN_UNLESS(!run(scene, "test -d ../../one/two", false));
	umask(027);
	COMPLAIN_UNLESS(!run(scene, "test $(umask) = 0027", false));
	COMPLAIN_UNLESS(!rmdir("../two"));
	COMPLAIN_UNLESS(!run(scene, "test ! -e ../two", false));
	COMPLAIN_UNLESS(!chdir(scene->folder));
	COMPLAIN_UNLESS(!run(scene, "test -d one", false));
	umask(022);
	COMPLAIN_UNLESS(!run(scene, "test $(umask) = 0022", false));
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
	COMPLAIN_UNLESS(!run(scene, "true", true));
	COMPLAIN_UNLESS(!chdir("/"));
	for (int i = 0; i < 100 && umount(scene->folder); i++)
		usleep(100000);
	COMPLAIN_UNLESS(umount(scene->folder) && errno == EINVAL);
	return NULL;
}

static const char *leave_in_namespace(struct scene *scene)
{
	COMPLAIN_UNLESS(!unshare(CLONE_NEWNS));
	COMPLAIN_UNLESS(!mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
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
	COMPLAIN_UNLESS(!run(
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
	COMPLAIN_UNLESS(!run(
		scene, "test $(pwd -P) != / && test $(umask) = 0022", false));
	return part(scene);
}

static void parted_folders_are_followed(void **state)
{
	scene_in_copy(*state, part_and_compare);
}

/* Who waits in namespaces of its own; 0 where there are none. */
static pid_t start_neighbour(int namespaces)
{
	int ready[2];
	char byte;
	pid_t pid;

	if (pipe2(ready, O_CLOEXEC))
		return 0;
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (unshare(namespaces) || write(ready[1], "", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	close(ready[1]);
	if (read(ready[0], &byte, 1) != 1) {
		waitpid(pid, NULL, 0);
		pid = 0;
	}
	close(ready[0]);
	return pid;
}

/* The child must be there, too. */
static const char *enter_namespace(struct scene *scene, const char *name,
				   int namespaces)
{
	const pid_t neighbour = start_neighbour(namespaces);
	char path[64], target[64] = "", script[160];
	int fd;

	COMPLAIN_UNLESS(neighbour > 0);
	COMPLAIN_UNLESS(!run(scene, "true", false));
	snprintf(path, sizeof path, "/proc/%d/ns/%s", (int)neighbour, name);
	COMPLAIN_UNLESS(readlink(path, target, sizeof target - 1) > 0);
	COMPLAIN_UNLESS((fd = open(path, O_RDONLY | O_CLOEXEC)) >= 0);
	snprintf(script, sizeof script,
		 "test $(readlink /proc/self/ns/%s) = '%s'", name, target);
	COMPLAIN_UNLESS(run(scene, script, true) == -1);
	COMPLAIN_UNLESS(!setns(fd, namespaces));
	COMPLAIN_UNLESS(!run(scene, script, true));
	close(fd);
	kill(neighbour, SIGKILL);
	waitpid(neighbour, NULL, 0);
	return NULL;
}

static const char *enter_mounts(struct scene *scene)
{
	return enter_namespace(scene, "mnt", CLONE_NEWNS);
}

static void mount_namespace_is_entered(void **state)
{
	scene_in_copy(*state, enter_mounts);
}

static const char *enter_users(struct scene *scene)
{
	return enter_namespace(scene, "user", CLONE_NEWUSER);
}

static void user_namespace_is_entered(void **state)
{
	scene_in_copy(*state, enter_users);
}

/* Rights as before, but over less: at once no child has more. */
static const char *make_users(struct scene *scene)
{
	char script[128], name[64] = "";

	COMPLAIN_UNLESS(!run(scene, "true", false));
	COMPLAIN_UNLESS(!unshare(CLONE_NEWUSER));
	COMPLAIN_UNLESS(readlink("/proc/self/ns/user", name, 63) > 0);
	snprintf(script, sizeof script,
		 "test $(readlink /proc/self/ns/user) = '%s'", name);
	COMPLAIN_UNLESS(!run(scene, script, true));
	return NULL;
}

static void user_namespace_is_made(void **state)
{
	scene_in_copy(*state, make_users);
}

static const char *no_neighbour(int namespaces)
{
	const pid_t pid = start_neighbour(namespaces);

	if (pid <= 0)
		return "such a namespace cannot be made";
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return NULL;
}

static const char *no_user_namespace(void)
{
	return no_neighbour(CLONE_NEWUSER);
}

static const char *no_set_id(void)
{
	struct statvfs where;

	if (not_root())
		return not_root();
	if (access("/usr/bin/id", X_OK))
		return "there is no /usr/bin/id";
	return statvfs("/tmp", &where) || where.f_flag & ST_NOSUID
		       ? "/tmp takes no set-user-ID programs"
		       : NULL;
}

/* exec in our own place: the output tells what it may do. */
static const char *become_set_id(struct scene *scene)
{
	if (setgroups(0, NULL) || setgid(SOMEBODY) || setuid(SOMEBODY))
		return "the ids cannot be changed";
	if (run(scene, "true", true))
		return "a spawn fails";
	execl(scene_path(scene, "setid"), "id", "-u", NULL);
	return "exec fails";
}

static void set_user_id_is_honoured(void **state)
{
	struct scene *scene = *state;
	char text[16] = "";
	int status, output[2];
	pid_t pid;

	assert_int_equal(scene_shell(scene, "cp /usr/bin/id setid && chmod "
					    "4755 setid && chmod 755 ."),
			 0);
	assert_int_equal(pipe2(output, O_CLOEXEC), 0);
	pid = fork();
	if (!pid) {
		alarm(20);
		dup2(output[1], 1);
		scene->handle = NULL;
		if (sw_open(scene->strategy, &scene->handle))
			_exit(1);
		scene_end_copy(scene, become_set_id(scene));
	}
	close(output[1]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_true(read(output[0], text, sizeof text - 1) > 0);
	close(output[0]);
	assert_string_equal(text, "0\n");
}

const struct check price_checks[] = {
	{ .name = "folder, root and umask are of now",
	  .run = moves_are_followed },
	{ .name = "a folder that was left can be unmounted",
	  .run = left_folders_are_free,
	  .obstacle = not_root },
	{ .name = "folders and umask are of the thread",
	  .run = parted_folders_are_followed },
	{ .name = "a caller may enter a mount namespace",
	  .run = mount_namespace_is_entered,
	  .obstacle = not_root },
	{ .name = "a caller may enter a user namespace",
	  .run = user_namespace_is_entered,
	  .obstacle = no_user_namespace },
	{ .name = "a new user namespace is its children's at once",
	  .run = user_namespace_is_made,
	  .obstacle = no_user_namespace },
	{ .name = "a caller may execute a set-user-ID program",
	  .run = set_user_id_is_honoured,
	  .obstacle = no_set_id },
	{ .name = NULL },
};
