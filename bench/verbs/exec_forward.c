/* SPDX-License-Identifier: MIT */
/* Signals that exec passes on; see exec_forward.h. Handlers do only what they
 * may do (signal-safety(7)). */

#include "bench/verbs/exec_forward.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

static const int numbers[] = { SIGTERM, SIGHUP,	 SIGINT,
			       SIGQUIT, SIGUSR1, SIGUSR2 };

static volatile sig_atomic_t command, spawning, seen, waiting;

/* SI_KERNEL: not by kill(2), but by the terminal (sigaction(2)). */
static void pass_on(int number, siginfo_t *info, void *context)
{
	const int saved = errno;

	(void)context;
	if (!command && !spawning) {
		signal(number, SIG_DFL);
		raise(number); /* delivered when we return */
	} else if (info->si_code == SI_KERNEL) {
		seen = number;
	} else if (command) {
		seen = number;
		kill(command, number);
	} else {
		waiting = number;
	}
	errno = saved;
}

void exec_forward_watch(void)
{
	const struct sigaction action = { .sa_sigaction = pass_on,
					  .sa_flags = SA_RESTART | SA_SIGINFO };
	struct sigaction before;

	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
		if (!sigaction(numbers[i], NULL, &before) &&
		    before.sa_handler != SIG_IGN)
			sigaction(numbers[i], &action, NULL);
}

void exec_forward_hold(void)
{
	spawning = true;
}

void exec_forward_to(pid_t pid)
{
	command = pid;
	spawning = false;
	if (!waiting)
		return;
	seen = waiting;
	waiting = 0;
	if (pid)
		kill(pid, seen);
	else /* none was born */
		exec_forward_end(seen);
}

int exec_forward_seen(void)
{
	return seen;
}

void exec_forward_end(int number)
{
	signal(number, SIG_DFL);
	raise(number);
}
