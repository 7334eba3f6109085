/* SPDX-License-Identifier: MIT */
/*
 * exec: runs a command by one strategy, for people and for hyperfine.
 *
 * The strategy is opened first, then the heap grows, then the command is
 * spawned and reaped --count times. With --count 0 everything but the
 * spawning happens, which is what hyperfine takes off. Longer than other files:
 * the signals that are passed on belong to the moments of a spawn.
 */

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "bench/machine/cpu.h"
#include "bench/machine/heap.h"
#include "bench/machine/memory.h"
#include "bench/machine/units.h"
#include "bench/verbs/verbs.h"
#include "lib/spawnwise.h"

struct options {
	const struct sw_strategy *strategy;
	uint64_t heap_bytes;
	const char *backing;
	uint64_t count;
	const char *cpu;
};

static const char *const placements[] = { "same", "free", NULL };

static const struct option_spec exec_options[] = {
	OPTION("strategy", 's', STRATEGY, "how the command is started",
	       INTO(strategy), .required = "exec",
	       .hint = "Say how: --strategy NAME; `spawnwise list` has the "
		       "names."),
	OPTION("heap", 'H', HEAP, "grow our memory to this first",
	       INTO(heap_bytes), "0", .what = "read size"),
	OPTION("backing", 'b', WORD, "what backs it", INTO(backing), "base",
	       .words = backing_names),
	OPTION("count", 'n', COUNT, "run it N times, one after another",
	       INTO(count), "1", .high = 100000000),
	OPTION("cpu", 'c', WORD, "where children run", INTO(cpu), "free",
	       "PLACE", placements),
	{ 0 },
};

/* A heap that leaves too little to others is refused. */
static int check_heap(const struct options *options, struct failure *why)
{
	char reason[MEMORY_WHY_BYTES];
	uint64_t allowed;
	int error;

	if (!backing_find(options->backing)->populate || !options->heap_bytes)
		return 0;
	error = memory_allowance(&allowed, reason, sizeof reason);
	if (error)
		return fail(why, EXIT_OURS, "Use --backing untouched.",
			    "see how much memory there is: %s", reason);
	if (options->heap_bytes <= allowed)
		return 0;
	fail_cure(why, "Use at most %s, %s, or --backing untouched.",
		  size_human(allowed).text, reason);
	return fail(why, EXIT_OURS, NULL,
		    "grow the heap to %s: that is more than a run may take",
		    size_exact(options->heap_bytes).text);
}

/* As env(1) tells it. Errors that only execve(2) knows are the command's. */
static int exit_code_of(int error)
{
	static const int known[] = { EACCES,  ENOEXEC, ENOTDIR,
				     EISDIR,  ELOOP,   ENAMETOOLONG,
				     ETXTBSY, E2BIG,   ELIBBAD };

	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (error == -known[i])
			return EXIT_NOT_EXECUTABLE;
	return error == -ENOENT ? EXIT_NOT_FOUND : EXIT_OURS;
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

/* Signals that somebody sends to exec and means for its command. Handlers do
 * only what they may do (signal-safety(7)). */
static const int numbers[] = { SIGTERM, SIGHUP,	 SIGINT,
			       SIGQUIT, SIGUSR1, SIGUSR2 };

/* The command's pid; whether one is being spawned, for whose pid a signal then
 * waits; the last signal that was passed on, or came from the terminal. */
static volatile sig_atomic_t command_pid, spawning, waiting, seen;

/* SI_KERNEL: not by kill(2), but by the terminal (sigaction(2)). */
static void pass_on(int number, siginfo_t *info, void *context)
{
	const int saved = errno;

	(void)context;
	if (!command_pid && !spawning) {
		signal(number, SIG_DFL);
		raise(number); /* delivered when we return */
	} else if (info->si_code == SI_KERNEL) {
		seen = number;
	} else if (command_pid) {
		seen = number;
		kill(command_pid, number);
	} else {
		waiting = number;
	}
	errno = saved;
}

/* From now on these signals, unless ignored, are passed on to the command that
 * runs, or end us while there is none. A signal of the terminal is not passed
 * on: the command, which is of our group, has got it too (termios(3)). Neither
 * mask nor dispositions of the command are touched: handlers end at exec. */
static void forward_watch(void)
{
	const struct sigaction action = { .sa_sigaction = pass_on,
					  .sa_flags = SA_RESTART | SA_SIGINFO };
	struct sigaction before;

	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
		if (!sigaction(numbers[i], NULL, &before) &&
		    before.sa_handler != SIG_IGN)
			sigaction(numbers[i], &action, NULL);
}

/* End as the command did, by this signal, so that a shell stops too. */
static void forward_end(int number)
{
	signal(number, SIG_DFL);
	raise(number);
}

/* The command's pid; 0: it is about to be reaped, or there is none. */
static void forward_to(pid_t pid)
{
	command_pid = pid;
	spawning = false;
	if (!waiting)
		return;
	seen = waiting;
	waiting = 0;
	if (pid)
		kill(pid, seen);
	else /* none was born */
		forward_end(seen);
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

	spawning = true;
	error = sw_spawn(handle, wanted, &child);
	if (!error)
		error = sw_confirm(handle, &child, -1);
	forward_to(error ? 0 : child.pid);
	*status = 0;
	if (error)
		return error;
	await(child.pid);
	forward_to(0);
	return sw_reap(handle, &child, status);
}

static int spawn_all(struct sw_handle *handle, const struct options *options,
		     char **words, struct failure *why)
{
	const struct sw_request wanted = { .path = words[0],
					   .search = true,
					   .stdin_fd = SW_AS_IS,
					   .argv = words };
	int status = 0;
	uint64_t i;

	for (i = 0; i < options->count && !status && !seen; i++) {
		int error = spawn_once(handle, &wanted, &status);

		if (error)
			return fail(why, exit_code_of(error), cure_start(error),
				    "start %s by %s: %s", words[0],
				    options->strategy->name, strerror(-error));
	}
	/* The signal has ended the command, or came between two of them. */
	if (seen && (i < options->count
			     ? !status
			     : WIFSIGNALED(status) && WTERMSIG(status) == seen))
		forward_end(seen);
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status)
				   : WEXITSTATUS(status);
}

/* Helpers are born where children shall run; populating uses every CPU. */
static int open_and_grow(const struct options *options,
			 struct sw_handle **handle, struct failure *why)
{
	struct heap heap;
	int cpu = -1;
	int error = strcmp(options->cpu, "same") ? 0 : cpu_same(&cpu), code;

	assert(options->strategy);
	if (!error && cpu >= 0)
		error = cpu_pin(cpu);
	if (!error)
		error = sw_open(options->strategy, handle);
	if (error)
		return fail_errno(why, EXIT_OURS, CURE_STRATEGY, error,
				  "Choose another; `spawnwise list` tells "
				  "what works here.",
				  "open strategy %s", options->strategy->name);
	cpu_unpin();
	if (heap_grow(&heap, options->heap_bytes,
		      backing_find(options->backing), why))
		code = fail_because(why, EXIT_OURS, "Use a smaller --heap.",
				    "grow the heap");
	else
		code = fail_errno(why, EXIT_OURS, CURE_SELF,
				  cpu >= 0 ? cpu_pin(cpu) : 0, NULL,
				  "stay on one CPU");
	if (code)
		sw_close(*handle);
	return code;
}

/* Silence would look as if the command had run and printed nothing. */
static void tell_nothing(const struct options *options)
{
	if (!options->count)
		fputs("Ran nothing: --count is 0.\n", stderr);
	else if (options->strategy->traits & SW_CREATES_NOTHING)
		fprintf(stderr, "Ran nothing: %s creates nothing.\n",
			options->strategy->name);
}

static int exec_verb(const struct arguments *args, struct failure *why)
{
	const struct options *options = (const void *)args->options;
	struct sw_handle *handle = NULL;
	int code = check_heap(options, why);

	if (!code)
		code = open_and_grow(options, &handle, why);
	if (code)
		return code;
	tell_nothing(options);
	/* The interfaces of baselines do not tell the pid. */
	if (!(options->strategy->traits & SW_BASELINE))
		forward_watch();
	code = spawn_all(handle, options, args->operands, why);
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
	.options = exec_options,
	.examples =
		(const char *const[]){
			"spawnwise exec --strategy NAME -- ls -l",
			"spawnwise exec --strategy NAME --heap 4G -- true",
			"hyperfine -N 'spawnwise exec -s NAME --count 100 -- "
			"/bin/true'",
			NULL },
	.operands_min = 1,
	.operands_max = OPERANDS_COMMAND,
	.run = exec_verb,
};
