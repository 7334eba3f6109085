/* SPDX-License-Identifier: MIT */
/* Going through a plan; see runner.h. */

#include "bench/measure/runner.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/measure/rounds.h"
#include "bench/measure/signals.h"

/* A strategy that is not what it says would be measured under a false name. */
static void bar(struct run *run, const struct sw_strategy *strategy,
		const char *fault)
{
	for (size_t i = 0; i < run->plan->cell_count; i++)
		if (run->plan->strategies[i] == strategy) {
			struct cell_outcome *outcome = &run->outcomes[i];

			outcome->barred = true;
			snprintf(outcome->skipped, sizeof outcome->skipped,
				 "%s is not what it says: %s.", strategy->name,
				 fault);
		}
}

void runner_attest(struct run *run)
{
	const struct axes *axes = &run->plan->axes;

	for (size_t i = 0; i < axes->strategy_count; i++) {
		const struct sw_strategy *strategy = axes->strategies[i];
		const char *fault;

		attest(strategy, &run->attested[i]);
		fault = attest_fault(strategy, &run->attested[i]);
		if (fault)
			bar(run, strategy, fault);
	}
}

int runner_begin(struct run *run)
{
	run->outcomes = calloc(run->plan->cell_count, sizeof *run->outcomes);
	if (!run->outcomes)
		return -ENOMEM;
	for (size_t i = 0; i < run->plan->cell_count; i++) {
		run->outcomes[i].predicted = OUTCOME_UNKNOWN;
		run->outcomes[i].commit_bytes = -1;
	}
	runner_attest(run);
	return 0;
}

int runner_run(struct run *run)
{
	/* They end it, or suspend it. */
	static const int numbers[] = { SIGINT, SIGQUIT, SIGTERM,
				       SIGHUP, SIGTSTP, 0 };
	struct record *record = coprocess_share(sizeof *record);
	int signal_fd;
	int error = 0;

	if (!record)
		return -ENOMEM;
	/* Or the first samples would page it in. */
	memset(record, 0, sizeof *record);
	signals_choose(numbers, &run->held);
	sigprocmask(SIG_BLOCK, &run->held, NULL);
	signal_fd = signalfd(-1, &run->held, SFD_CLOEXEC);
	if (signal_fd < 0)
		error = -errno;
	if (!error)
		error = rounds_run(run, record, signal_fd);
	if (signal_fd >= 0)
		close(signal_fd);
	munmap(record, sizeof *record);
	return error;
}
