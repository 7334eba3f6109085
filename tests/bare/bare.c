/* SPDX-License-Identifier: MIT */
/*
 * `bare alone`: what bare loops take. `bare beside`: what the library adds to
 * them. `bare bars`: whether the strategies keep the bars that were set for
 * them. The exit status is 3 when something takes longer than it may, 1 when
 * something fails.
 */

#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/machine/clock.h"
#include "bench/machine/units.h"
#include "tests/bare/spawn.h"

#define MISSED 3

_Noreturn void die(const char *what)
{
	fprintf(stderr, "bare: cannot %s: %s\n", what, strerror(errno));
	exit(1);
}

void tell_progress(const char *what, int place, int count)
{
	const bool terminal = isatty(STDERR_FILENO);

	if (place <= count)
		fprintf(stderr, "%s%s %d of %d%s", terminal ? "\r\033[K" : "",
			what, place, count, terminal ? "" : "\n");
	else if (terminal)
		fputs("\r\033[K", stderr);
}

void reap(pid_t pid)
{
	int status = -1;

	if (waitpid(pid, &status, 0) != pid || status)
		die("reap a child that ended well");
}

struct sw_handle *open_strategy(const char *name)
{
	const struct sw_strategy *strategy = sw_find(name);
	struct sw_handle *handle;

	if (!strategy || sw_open(strategy, &handle))
		die("open a strategy");
	return handle;
}

struct sw_request request_for(const struct work *work)
{
	return (struct sw_request){
		.path = work->program,
		.argv = work->argv,
		.stdout_fd = work->stdout_fd,
	};
}

void spawn_ours(struct sw_handle *handle, const struct sw_request *request,
		double ns[SPANS])
{
	const int64_t begin_ns = clock_now_ns();
	struct sw_child child;

	if (sw_spawn(handle, request, &child))
		die("spawn by a strategy");
	ns[RETURN] = (double)(clock_now_ns() - begin_ns);
	if (sw_confirm(handle, &child, -1))
		die("spawn by a strategy");
	ns[CONFIRM] = (double)(clock_now_ns() - begin_ns);
	reap(child.pid);
	ns[REAP] = (double)(clock_now_ns() - begin_ns);
}

void spawn_bare(const struct loop *loop, const struct work *work,
		double ns[SPANS])
{
	const int64_t begin_ns = clock_now_ns();
	pid_t pid;

	if (loop->begin(work, &pid))
		die("spawn by a bare loop");
	ns[RETURN] = (double)(clock_now_ns() - begin_ns);
	if (loop->finish && loop->finish())
		die("spawn by a bare loop");
	ns[CONFIRM] = (double)(clock_now_ns() - begin_ns);
	reap(pid);
	ns[REAP] = (double)(clock_now_ns() - begin_ns);
}

/* The payload is built beside the folder of the tests. */
static const char *find_payload(void)
{
	static char path[PATH_MAX + 16];
	char self[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);

	if (length < 0)
		die("find this program");
	self[length] = '\0';
	snprintf(path, sizeof path, "%s/payload", dirname(dirname(self)));
	if (access(path, X_OK))
		die("find the payload");
	return path;
}

int main(int argc, char **argv)
{
	bool (*const report)(const struct work *) =
		argc == 2 && !strcmp(argv[1], "beside") ? beside_report
		: argc == 2 && !strcmp(argv[1], "bars") ? bars_report
							: NULL;
	const char *program = find_payload();
	const struct work work = {
		.program = program,
		.argv = (char *[]){ (char *)program, NULL },
		.stdout_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
	};
	uint64_t heap_bytes, processes;

	if (!report && (argc < 5 || strcmp(argv[1], "alone") ||
			size_parse(argv[2], &heap_bytes) ||
			size_parse(argv[3], &processes) || !processes ||
			processes > ALONE_PROCESSES_MAX)) {
		fprintf(stderr,
			"usage: bare alone HEAP PROCESSES STRATEGY=SPAWNS...\n"
			"       bare beside|bars\n");
		return 2;
	}
	if (work.stdout_fd < 0)
		die("open an eventfd");
	if (report)
		return report(&work) ? 0 : MISSED;
	alone_report(&work, heap_bytes, processes, argv + 4);
	return 0;
}
