/* SPDX-License-Identifier: MIT */
/* A job: runs after one another, each a section of an INI file. */
#ifndef VERBS_RUN_JOB_H
#define VERBS_RUN_JOB_H

#include <jansson.h>
#include <stdio.h>

#include "bench/verbs/verbs.h"

/* Read the file of that path, whose keys are options. Of each section, by name,
 * the begin of a command line: ["run", "--heap=0,1G"]; the caller's to
 * json_decref(). NULL with why filled, which was empty before. */
json_t *job_read(FILE *stream, const char *path,
		 const struct option_spec *options, struct failure *why);

/* Do what --job asks for: the worst exit code of its runs. */
int run_job(const struct arguments *args, struct failure *why);

#endif
