/* SPDX-License-Identifier: MIT */
/*
 * exec: runs a command by one strategy, for people and for hyperfine.
 *
 * The strategy is opened first, then the heap grows, then the command is
 * spawned and reaped --count times. With --count 0 everything but the
 * spawning happens, which is what hyperfine takes off.
 */

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/machine/cpu.h"
#include "bench/machine/memory.h"
#include "bench/measure/heap.h"
#include "bench/show/cure.h"
#include "bench/verbs/axes.h"
#include "bench/verbs/exec_forward.h"
#include "bench/verbs/verbs.h"
#include "lib/spawnwise.h"

#define EXIT_NOT_EXECUTABLE 126
#define EXIT_NOT_FOUND 127

static const struct option_spec options[] = {
	{ "strategy", 's', "NAME", "how the command is started", NULL },
	{ "heap", 'H', "SIZE", "grow our memory to this first", "0" },
	{ "backing", 'b', "NAME", "base, thp or untouched", "base" },
	{ "count", 'n', "N", "run it N times, one after another", "1" },
	{ "cpu", 'c', "PLACE", "same or free: where children run", "free" },
	OPTION_LAST
};

static const char *const examples[] = {
	"spawnwise exec --strategy NAME -- ls -l",
	"spawnwise exec --strategy NAME --heap 4G -- true",
	"hyperfine -N 'spawnwise exec -s NAME --count 100 -- /bin/true'", NULL
};

struct request {
	const struct sw_strategy *strategy;
	const struct backing *backing;
	uint64_t heap_bytes;
	long count;
	bool same_cpu;
};

static int read_heap(const struct arguments *args, struct request *request,
		     struct failure *why)
{
	const char *text = argument_value(args, "heap");
	char reason[MEMORY_WHY_BYTES];
	uint64_t allowed;
	int error = size_parse(text, &request->heap_bytes);

	if (error || request->heap_bytes % (uint64_t)sysconf(_SC_PAGESIZE))
		return fail(why, EXIT_OURS,
			    "Give a multiple of the page size: 64M, 1G.",
			    "read size '%s'%s", text,
			    error == -ERANGE ? ": it is larger than 16 EiB"
					     : "");
	if (!request->backing->populate || !request->heap_bytes)
		return 0;
	error = memory_allowance(&allowed, reason, sizeof reason);
	if (error)
		return fail(why, EXIT_OURS, "Use --backing untouched.",
			    "see how much memory there is: %s", reason);
	if (request->heap_bytes <= allowed)
		return 0;
	fail_cure(why, "Use at most %s, %s, or --backing untouched.",
		  size_human(allowed).text, reason);
	return fail(why, EXIT_OURS, NULL,
		    "grow the heap to %s: that is more than a run may take",
		    text);
}

static int read_request(const struct arguments *args, struct request *request,
			struct failure *why)
{
	const char *name = argument_value(args, "strategy");
	const char *cpu = argument_value(args, "cpu");

	if (!name)
		return fail(why, EXIT_OURS,
			    "Say how: --strategy NAME; `spawnwise list` has "
			    "the names.",
			    "exec: --strategy is missing");
	if (!*name)
		return fail(why, EXIT_OURS,
			    "Did `spawnwise choose` find none? It then prints "
			    "nothing and exits with 1.",
			    "exec: the name of the strategy is empty");
	request->strategy = sw_find(name);
	if (!request->strategy) {
		fail_unknown_strategy(why, name);
		return EXIT_OURS;
	}
	request->backing = backing_find(argument_value(args, "backing"));
	if (!request->backing)
		return fail(why, EXIT_OURS, "Use base, thp or untouched.",
			    "exec --backing %s",
			    argument_value(args, "backing"));
	if (count_parse(argument_value(args, "count"), 0, 100000000,
			&request->count))
		return fail(why, EXIT_OURS, "Give a whole number.",
			    "exec --count %s", argument_value(args, "count"));
	request->same_cpu = !strcmp(cpu, "same");
	if (!request->same_cpu && strcmp(cpu, "free"))
		return fail(why, EXIT_OURS, "Use same or free.",
			    "exec --cpu %s", cpu);
	return read_heap(args, request, why);
}

/* As env(1) tells it. Errors that only execve(2) knows are the command's. */
static int exit_code_of(int error)
{
	switch (-error) {
	case ENOENT:
		return EXIT_NOT_FOUND;
	case EACCES:
	case ENOEXEC:
	case ENOTDIR:
	case EISDIR:
	case ELOOP:
	case ENAMETOOLONG:
	case ETXTBSY:
	case E2BIG:
	case ELIBBAD:
		return EXIT_NOT_EXECUTABLE;
	}
	return EXIT_OURS;
}

static const char *cure_start(int error)
{
	if (error == -ENOMEM)
		return "Another strategy needs no commit: see `spawnwise "
		       "choose`.";
	if (exit_code_of(error) == EXIT_OURS)
		return cure_of(CURE_SELF, error,
			       "Try another strategy; `spawnwise doctor` tells "
			       "what this machine can do.");
	return "Give a program that exists and may be executed.";
}

/* Wait for the command's end, but leave it to be reaped: as long as it is
 * there, a signal that is passed on meets nobody else. */
static void await(pid_t pid)
{
	siginfo_t info;

	while (pid > 0 && waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT) &&
	       errno == EINTR)
		;
}

static int spawn_once(struct sw_handle *handle, const struct sw_request *wanted,
		      int *status)
{
	struct sw_child child = { 0 };
	int error;

	exec_forward_hold();
	error = sw_spawn(handle, wanted, &child);
	if (!error)
		error = sw_confirm(handle, &child, -1);
	exec_forward_to(error ? 0 : child.pid);
	*status = 0;
	if (error)
		return error;
	await(child.pid);
	exec_forward_to(0);
	return sw_reap(handle, &child, status);
}

static int spawn_all(struct sw_handle *handle, const struct request *request,
		     char **command, struct failure *why)
{
	const struct sw_request wanted = { .path = command[0],
					   .search = true,
					   .stdin_fd = SW_AS_IS,
					   .argv = command };
	int status = 0;
	long i;

	for (i = 0; i < request->count && !status && !exec_forward_seen();
	     i++) {
		int error = spawn_once(handle, &wanted, &status);

		if (error)
			return fail(why, exit_code_of(error), cure_start(error),
				    "start %s by %s: %s", command[0],
				    request->strategy->name, strerror(-error));
	}
	/* The signal has ended the command, or came between two of them. */
	if (exec_forward_seen() &&
	    (i < request->count
		     ? !status
		     : WIFSIGNALED(status) &&
			       WTERMSIG(status) == exec_forward_seen()))
		exec_forward_end(exec_forward_seen());
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status)
				   : WEXITSTATUS(status);
}

/* Helpers are born where children shall run; populating uses every CPU. */
static int open_and_grow(const struct request *request,
			 struct sw_handle **handle, struct failure *why)
{
	char reason[160] = "";
	struct heap heap;
	int cpu = -1;
	int error = request->same_cpu ? cpu_same(&cpu) : 0;

	assert(request->strategy);
	if (!error && cpu >= 0)
		error = cpu_pin(cpu);
	if (!error)
		error = sw_open(request->strategy, handle);
	if (error)
		return fail(why, EXIT_OURS,
			    cure_of(CURE_STRATEGY, error,
				    "Choose another; `spawnwise list` tells "
				    "what works here."),
			    "open strategy %s: %s", request->strategy->name,
			    strerror(-error));
	cpu_unpin();
	error = heap_grow(&heap, request->heap_bytes, request->backing, reason,
			  sizeof reason);
	if (!error && cpu >= 0)
		error = cpu_pin(cpu);
	if (!error)
		return 0;
	sw_close(*handle);
	return fail(why, EXIT_OURS, "Use a smaller --heap.",
		    "grow the heap: %s", reason[0] ? reason : strerror(-error));
}

/* Silence would look as if the command had run and printed nothing. */
static void tell_nothing(const struct request *request)
{
	if (!request->count)
		fputs("Ran nothing: --count is 0.\n", stderr);
	else if (request->strategy->traits & SW_CREATES_NOTHING)
		fprintf(stderr, "Ran nothing: %s creates nothing.\n",
			request->strategy->name);
}

static int exec_verb(const struct arguments *args, struct failure *why)
{
	struct request request = { 0 };
	struct sw_handle *handle = NULL;
	int code = read_request(args, &request, why);

	if (!code)
		code = open_and_grow(&request, &handle, why);
	if (code)
		return code;
	tell_nothing(&request);
	/* The interfaces of baselines do not tell the pid. */
	if (!(request.strategy->traits & SW_BASELINE))
		exec_forward_watch();
	code = spawn_all(handle, &request, args->operands, why);
	sw_close(handle);
	return code;
}

const struct verb verb_exec = {
	.name = "exec",
	.summary = "run a command by one strategy",
	.operands = "-- CMD...",
	.details = "Exits as env(1) does: with the command's status, or 125, "
		   "126 or 127 for a\nfailure of our own. A signal that is "
		   "sent to it is passed on to the "
		   "command.",
	.options = options,
	.examples = examples,
	.operands_min = 1,
	.operands_max = OPERANDS_COMMAND,
	.run = exec_verb,
};
