/* SPDX-License-Identifier: MIT */
/* Setting and clearing the scene, and acting in it; see scene.h. */

#include "tests/conformance/scene.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SHADOW 10
#else
#define SHADOW 1
#endif

static int slowness(void)
{
	const char *text = getenv("CONFORMANCE_SLOW");
	const int times = text ? atoi(text) : 1;

	return times > 0 ? times : 1;
}

int scene_repeat(int count)
{
	return count / SHADOW / slowness() ?: 1;
}

int scene_limit_s(void)
{
	const char *text = getenv("CONFORMANCE_LIMIT_S");

	return (text ? atoi(text) : 180) * slowness();
}

static void reset_signals(void)
{
	static const int touched[] = { SIGUSR1, SIGUSR2, SIGCHLD };
	sigset_t none;

	sigemptyset(&none);
	for (size_t i = 0; i < COUNT(touched); i++)
		signal(touched[i], SIG_DFL);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

int scene_open(void **state)
{
	static struct scene scene;
	const char *search_path = getenv("PATH");
	char folder[] = "/tmp/spawnwise-test.XXXXXX";

	scene = (struct scene){
		.strategy = *state,
		.null_fd = open("/dev/null", O_RDWR | O_CLOEXEC),
		.search_path = search_path ? strdup(search_path) : NULL,
		.working_folder = open(".", O_PATH | O_CLOEXEC),
	};
	if (!mkdtemp(folder) || chdir(folder))
		return -1;
	strcpy(scene.folder, folder);
	*state = &scene;
	return sw_open(scene.strategy, &scene.handle);
}

static int remove_entry(const char *path, const struct stat *status, int kind,
			struct FTW *where)
{
	(void)status;
	(void)kind;
	(void)where;
	return remove(path);
}

int scene_sweep(const char *folder)
{
	return nftw(folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

/* What a failed check has left must not fail the next. */
static void end_children(void)
{
	pid_t pids[64];
	const int count = children_list(pids, COUNT(pids));

	for (int i = 0; i < count; i++) {
		kill(pids[i], SIGKILL);
		waitpid(pids[i], NULL, __WALL);
	}
}

int scene_close(void **state)
{
	struct scene *scene = *state;

	reset_signals();
	sw_close(scene->handle);
	end_children();
	if (scene->search_path)
		setenv("PATH", scene->search_path, 1);
	free(scene->search_path);
	if (fchdir(scene->working_folder))
		return -1;
	close(scene->working_folder);
	close(scene->null_fd);
	return scene_sweep(scene->folder);
}

const char *scene_path(const struct scene *scene, const char *name)
{
	static char paths[4][128];
	static unsigned turn;
	char *path = paths[turn++ % COUNT(paths)];

	snprintf(path, sizeof paths[0], "%s/%s", scene->folder, name);
	return path;
}

void scene_write(const struct scene *scene, const char *name, const char *text,
		 unsigned mode)
{
	int fd = open(scene_path(scene, name), O_WRONLY | O_CREAT | O_CLOEXEC,
		      0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

/* The last request's error and step, for a complaint. */
static int last_error, last_step;

int scene_try(struct scene *scene, const struct sw_request *request,
	      struct sw_child *child)
{
	last_error = sw_spawn(scene->handle, request, child);
	if (!last_error)
		last_error = sw_confirm(scene->handle, child, -1);
	last_step = (int)child->stage;
	return last_error;
}

int scene_run(struct scene *scene, const struct sw_request *request)
{
	struct sw_child child;
	int status = -1;

	assert_int_equal(scene_try(scene, request, &child), 0);
	assert_true(child.pid > 0);
	assert_int_equal(waitpid(child.pid, &status, 0), child.pid);
	return status;
}

int scene_shell(struct scene *scene, const char *script)
{
	const struct sw_request request = {
		.path = "/bin/sh",
		.argv = ARGV("sh", "-c", (char *)script),
	};

	return scene_run(scene, &request);
}

/* The link is read here because /proc/self would be another program's. */
static void make_stopper(const struct scene *scene)
{
	char self[4096];
	ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);

	assert_true(length > 0);
	self[length] = '\0';
	assert_true(!symlink(self, scene_path(scene, STOPPER)) ||
		    errno == EEXIST);
}

static pid_t hold(struct scene *scene, const struct sw_request *request)
{
	struct sw_child child;
	int status;

	assert_int_equal(scene_try(scene, request, &child), 0);
	scene->held = child.pid;
	assert_int_equal(waitpid(child.pid, &status, WUNTRACED), child.pid);
	assert_true(WIFSTOPPED(status));
	return child.pid;
}

pid_t scene_hold(struct scene *scene, struct sw_request *request)
{
	make_stopper(scene);
	request->path = scene_path(scene, STOPPER);
	return hold(scene, request);
}

pid_t scene_hold_shell(struct scene *scene, struct sw_request *request)
{
	static char *const argv[] = { (char *)"sh", (char *)"-c",
				      (char *)"kill -STOP $$", NULL };

	/* Outlives us: a check may send the request once more. */
	request->path = "/bin/sh";
	request->argv = argv;
	return hold(scene, request);
}

void scene_drop(struct scene *scene)
{
	const pid_t pid = scene->held;
	int status;

	scene->held = 0;
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

void scene_refuses(struct scene *scene, const struct sw_request *request,
		   int error, unsigned stage, int action)
{
	const int children = children_count();
	const int descriptors = descriptors_count(0);
	struct sw_child child;

	assert_int_equal(scene_try(scene, request, &child), error);
	/* Who can set an umask has no libc's child half, which is mute. */
	if (scene->strategy->honours & SW_UMASK)
		assert_int_equal(child.stage, stage);
	if (child.stage) {
		assert_int_equal(child.stage, stage);
		assert_int_equal(child.action, action);
	}
	assert_int_equal(child.pidfd, -1);
	assert_no_new_child(children);
	assert_int_equal(descriptors_count(0), descriptors);
}

_Noreturn void scene_end_copy(struct scene *scene, const char *complaint)
{
	sw_close(scene->handle);
	if (complaint)
		fprintf(stderr, "not so: %s; last request: error %d, step %d\n",
			complaint, last_error, last_step);
	_exit(complaint ? 1 : 0);
}

static _Noreturn void be_copy(struct scene *scene,
			      const char *(*act)(struct scene *))
{
	alarm((unsigned)scene_limit_s());
	setsid();
	scene->handle = NULL;
	if (sw_open(scene->strategy, &scene->handle))
		scene_end_copy(scene, "the strategy does not open");
	scene_end_copy(scene, act(scene));
}

void scene_in_copy(struct scene *scene, const char *(*act)(struct scene *))
{
	const pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (!pid)
		be_copy(scene, act);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

struct sw_request scene_quick(const struct scene *scene)
{
	static char path[4096];
	static const char *const argv[] = { "payload", NULL };
	const ssize_t length =
		readlink("/proc/self/exe", path, sizeof path - 32);
	char *slash;

	assert_true(length > 0);
	path[length] = '\0';
	slash = strrchr(path, '/');
	strcpy(slash, "/../payload");
	return (struct sw_request){
		.path = access(path, X_OK) ? "/bin/true" : path,
		.argv = (char *const *)argv,
		.stdout_fd = scene->null_fd,
	};
}

void assert_no_new_child(int expected)
{
	siginfo_t info = { 0 };
	int result =
		waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT | __WALL);

	if (result)
		assert_int_equal(errno, ECHILD);
	assert_int_equal(info.si_pid, 0);
	assert_int_equal(children_count(), expected);
}
