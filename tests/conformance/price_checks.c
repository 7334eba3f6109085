/* SPDX-License-Identifier: MIT */
/* An open handle costs its caller nothing: what a program may do without one
 * (enter namespaces, execute set-user-ID programs) it may do with one, and its
 * children follow. And where it cannot work, it says so. */

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
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
#define KILLS 20

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
	COMPLAIN_UNLESS(!scene_script(scene, "true", false));
	snprintf(path, sizeof path, "/proc/%d/ns/%s", (int)neighbour, name);
	COMPLAIN_UNLESS(readlink(path, target, sizeof target - 1) > 0);
	COMPLAIN_UNLESS((fd = open(path, O_RDONLY | O_CLOEXEC)) >= 0);
	snprintf(script, sizeof script,
		 "test $(readlink /proc/self/ns/%s) = '%s'", name, target);
	COMPLAIN_UNLESS(scene_script(scene, script, true) == -1);
	COMPLAIN_UNLESS(!setns(fd, namespaces));
	COMPLAIN_UNLESS(!scene_script(scene, script, true));
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

	COMPLAIN_UNLESS(!scene_script(scene, "true", false));
	COMPLAIN_UNLESS(!unshare(CLONE_NEWUSER));
	COMPLAIN_UNLESS(readlink("/proc/self/ns/user", name, 63) > 0);
	snprintf(script, sizeof script,
		 "test $(readlink /proc/self/ns/user) = '%s'", name);
	COMPLAIN_UNLESS(!scene_script(scene, script, true));
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
	if (scene_script(scene, "true", true))
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

static const char *open_without_proc(struct scene *scene)
{
	int error;

	COMPLAIN_UNLESS(!chroot("."));
	sw_close(scene->handle);
	error = sw_open(scene->strategy, &scene->handle);
	if (!error)
		return NULL;
	scene->handle = NULL;
	COMPLAIN_UNLESS(error == -ENOTSUP);
	return NULL;
}

static void lack_of_proc_is_told(void **state)
{
	scene_in_copy(*state, open_without_proc);
}

/* Kill the first child that is seen. */
static void *kill_child(void *data)
{
	const atomic_bool *stop = data;
	pid_t child;

	while (!atomic_load(stop))
		if (children_list(&child, 1) == 1) {
			kill(child, SIGKILL);
			break;
		}
	return NULL;
}

/* While it is born: then there is another. */
static const char *open_under_fire(struct scene *scene)
{
	sw_close(scene->handle);
	for (int i = 0; i < KILLS; i++) {
		atomic_bool stop = false;
		pthread_t killer;

		COMPLAIN_UNLESS(
			!pthread_create(&killer, NULL, kill_child, &stop));
		COMPLAIN_UNLESS(!sw_open(scene->strategy, &scene->handle));
		atomic_store(&stop, true);
		pthread_join(killer, NULL);
		sw_close(scene->handle);
	}
	scene->handle = NULL;
	return NULL;
}

static void births_survive_a_kill(void **state)
{
	scene_in_copy(*state, open_under_fire);
}

static int mappings_count(void)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	int count = 0;

	assert_non_null(maps);
	for (int c; (c = getc(maps)) != EOF;)
		count += c == '\n';
	fclose(maps);
	return count;
}

/* What fork(2) copies of a program besides its memory. */
#define MAPPINGS_MOST 8

static void mappings_are_few(void **state)
{
	const struct scene *scene = *state;
	const struct sw_request good = {
		.path = "/bin/true",
		.argv = ARGV("/bin/true"),
	};
	/* What the first one adds may be the libc's, and stay. */
	for (int round = 0; round < 2; round++) {
		struct sw_handle *handle;
		struct sw_child child;

		const int before = mappings_count();

		assert_int_equal(sw_open(scene->strategy, &handle), 0);
		assert_int_equal(sw_run(handle, &good, &child), 0);
		assert_int_equal(child.status, 0);
		if (round)
			assert_in_range(mappings_count(), 0,
					(uintmax_t)before + MAPPINGS_MOST);
		sw_close(handle);
	}
}

const struct check price_checks[] = {
	{ .name = "a handle adds few mappings", .run = mappings_are_few },
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
	{ .name = "a lack of /proc is told by open, or got over",
	  .run = lack_of_proc_is_told,
	  .obstacle = not_root },
	{ .name = "a helper that is killed in its birth is born again",
	  .run = births_survive_a_kill,
	  NEEDS_HELPER },
	{ .name = NULL },
};
