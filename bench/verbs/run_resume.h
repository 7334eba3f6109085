/* SPDX-License-Identifier: MIT */
/* A run that goes on where an earlier one ended. */
#ifndef VERBS_RUN_RESUME_H
#define VERBS_RUN_RESUME_H

#include <jansson.h>

#include "bench/files/run_dir.h"
#include "bench/verbs/run_request.h"

/* What is left of the earlier run. */
struct resume {
	struct arguments args; /* what it was asked for */
	json_t *host;	       /* its host.json, which args borrows from */
	char **argv;
	struct samples samples;
};

/*
 * Read the run in the folder that --resume names. Its options hold again, but
 * for --budget and --plot, which may be given anew. 0, and the caller owes
 * run_resume_release(); or an exit code with why filled, and nothing is owed.
 */
int run_resume_read(struct resume *resume, const struct arguments *args,
		    struct failure *why);
void run_resume_release(struct resume *resume);

/* Take its folder. EXIT_USAGE with why filled where its matrix or this machine
 * is another one now. */
int run_resume_check(const struct resume *resume, const struct plan *plan,
		     struct run_dir *dir, const char *path,
		     struct failure *why);

/* Give the run what the earlier one has measured, after runner_begin(). 0, or
 * -ENOMEM. */
int run_resume_apply(struct resume *resume, struct run *run);

#endif
