/* SPDX-License-Identifier: MIT */
/* Signals that end a work in an orderly way; see signals.h. */

#include "bench/measure/signals.h"

void signals_choose(const int *numbers, sigset_t *chosen)
{
	struct sigaction action;

	sigemptyset(chosen);
	for (; *numbers; numbers++)
		if (!sigaction(*numbers, NULL, &action) &&
		    action.sa_handler != SIG_IGN)
			sigaddset(chosen, *numbers);
}
