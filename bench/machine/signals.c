/* SPDX-License-Identifier: MIT */
/* Signals that end a work in an orderly way; see signals.h. */

#include "bench/machine/signals.h"

void signals_choose(const int *numbers, sigset_t *chosen)
{
	struct sigaction action;

	sigemptyset(chosen);
	for (; *numbers; numbers++)
		if (!sigaction(*numbers, NULL, &action) &&
		    action.sa_handler != SIG_IGN)
			sigaddset(chosen, *numbers);
}

int signals_pending(const sigset_t *blocked)
{
	sigset_t pending;

	sigpending(&pending);
	for (int number = 1; number < NSIG; number++)
		if (sigismember(blocked, number) == 1 &&
		    sigismember(&pending, number) == 1)
			return number;
	return 0;
}
