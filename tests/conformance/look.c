/* SPDX-License-Identifier: MIT */
/* Looking at processes through /proc; see scene.h. */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/conformance/scene.h"
#include "tests/conformance/supervise.h"

static void proc_path(char path[64], pid_t pid, const char *name)
{
	if (pid)
		snprintf(path, 64, "/proc/%d/%s", (int)pid, name);
	else
		snprintf(path, 64, "/proc/thread-self/%s", name);
}

size_t proc_read(pid_t pid, const char *name, char *buffer, size_t size)
{
	size_t length = 0;
	ssize_t part;
	char path[64];
	int fd;

	proc_path(path, pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	while ((part = read(fd, buffer + length, size - length)) > 0)
		length += (size_t)part;
	close(fd);
	assert_true(part == 0 && length < size);
	return length;
}

uint64_t status_field(pid_t pid, const char *name, int base)
{
	static char text[16 * 1024];
	size_t length = proc_read(pid, "status", text, sizeof text);
	char key[32];
	char *found;

	text[length] = '\0';
	snprintf(key, sizeof key, "\n%s:\t", name);
	found = strstr(text, key);
	assert_non_null(found);
	return strtoull(found + strlen(key), NULL, base);
}

long stat_field(pid_t pid, int number)
{
	char text[1024];
	const size_t length = proc_read(pid, "stat", text, sizeof text);
	char *field;

	text[length] = '\0';
	field = strrchr(text, ')'); /* the name may hold anything */
	for (int i = 2; field && i < number; i++)
		field = strchr(field + 1, ' ');
	assert_non_null(field);
	return strtol(field + 1, NULL, 10);
}

bool same_file(pid_t pid, int fd, int our_fd)
{
	struct stat theirs, ours;
	char path[64], name[32];

	snprintf(name, sizeof name, "fd/%d", fd);
	proc_path(path, pid, name);
	return !stat(path, &theirs) && !fstat(our_fd, &ours) &&
	       theirs.st_dev == ours.st_dev && theirs.st_ino == ours.st_ino;
}

int descriptors_count(pid_t pid)
{
	char path[64];
	DIR *dir;
	int count = 0;

	proc_path(path, pid, "fd");
	dir = opendir(path);
	assert_non_null(dir);
	while (readdir(dir))
		count++;
	closedir(dir);
	count -= 2;	     /* "." and ".." */
	return count - !pid; /* and the folder itself, if it is our own */
}

/* Append the children of one thread. One that has ended since has none. */
static int list_of_thread(const char *tid, pid_t *pids, int count, int room)
{
	char path[64];
	FILE *stream;
	int pid;

	snprintf(path, sizeof path, "/proc/self/task/%.16s/children", tid);
	stream = fopen(path, "re");
	if (!stream) {
		*strrchr(path, '/') = '\0';
		return access(path, F_OK) ? count : -1;
	}
	while (count < room && fscanf(stream, "%d", &pid) == 1)
		pids[count++] = pid;
	fclose(stream);
	return count;
}

int children_list(pid_t *pids, int room)
{
	DIR *dir = opendir("/proc/self/task");
	struct dirent *entry;
	int count = 0;

	assert_non_null(dir);
	while (count >= 0 && (entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			count = list_of_thread(entry->d_name, pids, count,
					       room);
	closedir(dir);
	return count;
}

int children_count(void)
{
	pid_t pids[64];

	return children_list(pids, COUNT(pids));
}

const char *not_root(void)
{
	return geteuid() ? "only root may become another user" : NULL;
}

const char *children_unseen(void)
{
	return children_count() < 0 ? "/proc has no list of children" : NULL;
}

const char *signals_are_kept_back(void)
{
#ifdef __SANITIZE_THREAD__
	return "ThreadSanitizer keeps signals back";
#else
	return NULL;
#endif
}

pid_t helper_find(void)
{
	pid_t pids[2];

	assert_int_equal(children_list(pids, COUNT(pids)), 1);
	return pids[0];
}

static void send_and_wait(pid_t helper, int number, int change)
{
	siginfo_t info;

	assert_int_equal(kill(helper, number), 0);
	assert_int_equal(
		waitid(P_PID, (id_t)helper, &info, change | WNOWAIT | __WALL),
		0);
}

void helper_kill(pid_t helper)
{
	send_and_wait(helper, SIGKILL, WEXITED);
}

void helper_stop(pid_t helper)
{
	send_and_wait(helper, SIGSTOP, WSTOPPED);
}

void scene_close_from(int fd)
{
	if (fd < SUPERVISE_FD)
		close_range((unsigned)fd, SUPERVISE_FD - 1, 0);
	close_range((unsigned)(fd > SUPERVISE_FD ? fd : SUPERVISE_FD + 1), ~0u,
		    0);
}

int scene_script(struct scene *scene, const char *script, bool may_be_stale)
{
	const struct sw_request request = {
		.path = "/bin/sh",
		.argv = ARGV("sh", "-c", script),
		.stderr_fd = scene->null_fd,
	};
	struct sw_child child;
	const int error = sw_run(scene->handle, &request, &child);

	if (error == -ESTALE && may_be_stale)
		return sw_refresh(scene->handle)
			       ? -1
			       : scene_script(scene, script, false);
	return !error && child.status ? -1 : error;
}
