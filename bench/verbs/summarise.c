/* SPDX-License-Identifier: MIT */
/*
 * spawnwise summarise: cells.csv and host.json of a run that could not write
 * them, from what it had written until then.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench/files/run_dir.h"
#include "bench/files/samples.h"
#include "bench/judge/quality.h"
#include "bench/machine/host.h"
#include "bench/machine/text.h"
#include "bench/show/table.h"
#include "bench/verbs/verbs.h"

static int read_run(const char *run, struct samples *samples,
		    struct failure *why)
{
	int error;

	if (has_file(run, "cells.csv"))
		return fail(why, EXIT_USAGE, "Delete it to make it again.",
			    "summarise %s: it has its cells.csv", run);
	error = samples_read(run, samples, why);
	if (!error)
		return 0;
	return fail_because(why, EXIT_USAGE,
			    error == -EBUSY
				    ? "Wait for its end, or end it with ^C."
				    : "Name the folder of a run that holds its "
				      "samples.csv.",
			    "summarise %s", run);
}

static json_int_t count_deaths(const struct samples *samples)
{
	json_int_t deaths = 0;

	for (size_t i = 0; i < samples->count; i++)
		deaths += samples->list[i].error == EOWNERDEAD;
	return deaths;
}

/* Of a machine that nobody has described: null but for what google-benchmark
 * saw of it. */
static json_t *describe_unknown(const char *run, const char *run_id)
{
	json_auto_t *context = gbench_context(run);
	json_t *host = host_facts(), *loads;

	for (void *at = json_object_iter(host); at;
	     at = json_object_iter_next(host, at))
		json_object_iter_set_new(host, at, json_null());
	loads = json_object_get(context, "load_avg");
	json_object_set(host, "cpus", json_object_get(context, "num_cpus"));
	json_object_set(host, "load_1m", json_array_get(loads, 0));
	json_object_set(host, "load_5m", json_array_get(loads, 1));
	json_object_set(host, "load_15m", json_array_get(loads, 2));
	json_object_set_new(host, "run_id", json_string(run_id));
	json_object_set_new(host, "blocks_disturbed", json_null());
	fputs("There was no host.json: what it says of the machine is null.\n",
	      stderr);
	return host;
}

static int write_host(const char *run, const struct samples *samples,
		      const struct result *result, struct failure *why)
{
	json_auto_t *host = NULL;
	int error = host_read(run, &host, why);

	if (error == -ENOENT)
		host = describe_unknown(run, samples->cells.run_id);
	if (!host)
		return fail_because(why, EXIT_USAGE,
				    "Delete it to make it again.",
				    "read %s/host.json", run);
	*why->what = '\0';
	error = 0;
	/* A run that ended by itself has said all of this. */
	if (!json_is_string(json_object_get(host, "verdict"))) {
		json_object_set_new(host, "parents_died",
				    json_integer(count_deaths(samples)));
		json_object_set_new(host, "interrupted", json_true());
		json_object_update_new(
			host, row_json(&quality_row, &result->quality));
		error = host_write(run, host);
	}
	return fail_errno(why, EXIT_FAILED, CURE_FILE, error, NULL,
			  "write %s/host.json", run);
}

static int write_run(const char *run, const struct samples *samples,
		     struct failure *why)
{
	struct result result;
	int code, error = result_sum(&result, samples);

	if (error)
		return fail_errno(why, EXIT_FAILED, CURE_SELF, error, NULL,
				  "sum the samples of %s", run);
	code = write_host(run, samples, &result, why);
	if (!code)
		error = cells_write(run, samples->cells.run_id, result.rows,
				    result.count);
	if (!code)
		code = fail_errno(why, EXIT_FAILED, CURE_FILE, error, NULL,
				  "write %s/cells.csv", run);
	if (!code)
		printf("%s\n", result.quality.verdict);
	free(result.rows);
	return code;
}

static void tell(const char *run, const struct samples *samples)
{
	if (samples->cut)
		fputs("The last row of samples.csv was cut off: it is left "
		      "out.\n",
		      stderr);
	if (!samples->planned)
		fputs("There is no plan.csv: cells without a sample are "
		      "missing, predictions empty.\n",
		      stderr);
	text_print(stderr,
		   "Summed %zu samples of %zu cells; draw them with `spawnwise "
		   "plot %s`.\n",
		   samples->count, samples->cells.count, shell_word(run).text);
}

static int summarise_verb(const struct arguments *args, struct failure *why)
{
	const char *run = args->operands[0];
	struct samples samples = { .count = 0 };
	int code = read_run(run, &samples, why);

	if (code)
		return code;
	code = write_run(run, &samples, why);
	if (!code)
		tell(run, &samples);
	samples_release(&samples);
	return code;
}

const struct verb verb_summarise = {
	.name = "summarise",
	.summary = "make the result of a run that was killed, from its samples",
	.operands = "RUN",
	.details =
		"RUN is the folder of a run that was killed or had no room on "
		"its disk. Writes its cells.csv, as the run would have at its "
		"end, and completes its host.json; what is not known there is "
		"null. A last row that was cut off is left out.",
	.operands_min = 1,
	.operands_max = 1,
	.examples = (const char *const[]){ "spawnwise summarise ./my-run",
					   "spawnwise summarise data/runs/RUN",
					   NULL },
	.run = summarise_verb,
};
