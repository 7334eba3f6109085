/* SPDX-License-Identifier: MIT */
/* The end of a lab that is interrupted; see lab_interrupt.h. Only what a
 * signal handler may do (signal-safety(7)). */

#include "bench/verbs/lab_interrupt.h"

#include <signal.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "bench/verbs/verbs.h"

static const struct lab_files *watched;
static pid_t owner;
static volatile sig_atomic_t all_kept;

static void tell(const char *text)
{
	if (write(STDERR_FILENO, text, strlen(text)) < 0)
		return; /* nobody reads it */
}

/* Processes of the lab have the handler too, and only end. */
static void end(int number)
{
	(void)number;
	if (getpid() != owner)
		_exit(EXIT_INTERRUPTED);
	if (all_kept) {
		tell("spawnwise: interrupted; what was found is in ");
		tell(watched->dir.path);
		tell(", perhaps without a chart\n");
	} else if (lab_files_salvage(watched)) {
		tell("spawnwise: interrupted; the rows until then are in ");
		tell(watched->csv_path);
		tell("\n");
	} else {
		tell("spawnwise: interrupted before the first row\n");
	}
	_exit(EXIT_INTERRUPTED);
}

void lab_interrupt_watch(const struct lab_files *files)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	const struct sigaction action = { .sa_handler = end };
	struct sigaction before;

	watched = files;
	owner = getpid();
	for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
		if (!sigaction(signals[i], NULL, &before) &&
		    before.sa_handler != SIG_IGN)
			sigaction(signals[i], &action, NULL);
}

void lab_interrupt_all_kept(void)
{
	all_kept = 1;
}
