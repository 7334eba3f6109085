/* SPDX-License-Identifier: MIT */
/* A run that goes on; see run_resume.h. */

#include "bench/verbs/run_resume.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/machine/host.h"

static const char folder_cure[] =
	"Name the folder of a run that was interrupted; see its host.json.";

/* The command line that host.json keeps; false: it has none. */
static bool take_command_line(struct resume *resume)
{
	const json_t *list = json_object_get(resume->host, "argv");
	const size_t count = json_array_size(list);

	resume->argv = calloc(count + 1, sizeof *resume->argv);
	for (size_t i = 0; resume->argv && i < count; i++)
		resume->argv[i] =
			(char *)json_string_value(json_array_get(list, i));
	resume->args.argc = (int)count;
	return resume->argv && count && !strcmp(resume->argv[0], "run");
}

/* An option that was given besides and does not hold anew, or NULL. */
static const char *find_other(const struct arguments *args)
{
	for (size_t i = 0; args->specs[i].name; i++)
		if (args->values[i] && !args->specs[i].anew)
			return args->specs[i].name;
	return NULL;
}

/* Options that hold anew. */
static void renew(struct arguments *args, const struct arguments *given)
{
	const struct options *asked = (const void *)given->options;
	struct options *options = (void *)args->options;

	options->resume = asked->resume;
	options->plot = asked->plot;
	options->budget_s = asked->budget_s;
	options->dry_run = asked->dry_run;
}

int run_resume_read(struct resume *resume, const struct arguments *args,
		    struct failure *why)
{
	const char *dir = ((const struct options *)args->options)->resume;
	const char *other = find_other(args);
	int error, code = 0;

	if (other)
		return fail(why, EXIT_USAGE,
			    "The run goes on as it was asked for; only "
			    "--budget, --plot and --dry-run hold anew.",
			    "run --resume with --%s", other);
	*resume = (struct resume){ .host = NULL };
	error = samples_read(dir, &resume->samples, why);
	if (error || host_read(dir, &resume->host, why)) {
		run_resume_release(resume);
		return fail_because(why, EXIT_USAGE,
				    error == -EBUSY ? "Wait for its end."
						    : folder_cure,
				    "run --resume %s", dir);
	}
	if (!take_command_line(resume)) {
		code = fail(why, EXIT_USAGE, folder_cure,
			    "run --resume %s: its host.json does not say how "
			    "it was run",
			    dir);
	} else {
		code = arguments_parse(&resume->args, args->verb,
				       resume->args.argc, resume->argv, why);
		if (code) /* they were valid there and then */
			fail_cure(why, "Go on in the folder where the run was "
				       "begun, with the plugins of then.");
	}
	if (code)
		run_resume_release(resume);
	else
		renew(&resume->args, args);
	return code;
}

void run_resume_release(struct resume *resume)
{
	samples_release(&resume->samples);
	json_decref(resume->host);
	free(resume->argv);
	*resume = (struct resume){ .host = NULL };
}

static bool is_same_matrix(const struct cells *cells, const struct plan *plan)
{
	for (size_t i = 0; i < cells->count; i++) {
		const struct cell *was = &cells->rows[i].cell;

		if (was->id >= (int)plan->cell_count ||
		    strcmp(was->strategy, plan->cells[was->id].strategy) != 0 ||
		    axes_compare(was, &plan->cells[was->id]))
			return false;
	}
	return true;
}

/* In what this machine is not the one of the earlier run, or NULL. */
static const char *find_change(const json_t *then)
{
	static const char *const keys[] = { "kernel", "kernel_version",
					    "cpu_model", NULL };
	json_auto_t *now = host_facts();
	size_t i = 0;

	while (keys[i] && json_equal(json_object_get(then, keys[i]),
				     json_object_get(now, keys[i])))
		i++;
	return keys[i];
}

int run_resume_check(const struct resume *resume, const struct plan *plan,
		     struct run_dir *dir, const char *path, struct failure *why)
{
	const char *change = find_change(resume->host);

	if (change)
		return fail(why, EXIT_USAGE,
			    "Measure a new run, and compare the two.",
			    "run --resume %s: its %s is another one now", path,
			    change);
	if (!is_same_matrix(&resume->samples.cells, plan))
		return fail(why, EXIT_USAGE,
			    "Measure a new run: heaps or strategies are others "
			    "on this machine now.",
			    "run --resume %s: its matrix is another one now",
			    path);
	*dir = (struct run_dir){ .made = false };
	snprintf(dir->path, sizeof dir->path, "%s", path);
	snprintf(dir->run_id, sizeof dir->run_id, "%s",
		 resume->samples.cells.run_id);
	return 0;
}

int run_resume_apply(struct resume *resume, struct run *run)
{
	struct samples *samples = &resume->samples;
	int *last = calloc(run->plan->cell_count, sizeof *last);

	if (!last)
		return -ENOMEM;
	/* Samples stand in the order they were taken. A block that came no
	 * further than its warm-ups is measured again. */
	for (size_t i = 0; i < samples->count; i++) {
		const struct sample *sample = &samples->list[i];
		int *cell_last = &last[sample->cell_id];

		if (sample->parent >= run->first_parent)
			run->first_parent = sample->parent + 1;
		if (sample->warmup && !sample->error)
			continue;
		run->outcomes[sample->cell_id].measured_count +=
			*cell_last <= sample->parent;
		*cell_last = sample->parent + 1;
	}
	free(last);
	run->parents_added = run->first_parent - (int)plan_processes(run->plan);
	if (run->parents_added < 0)
		run->parents_added = 0;
	run->samples.list = samples->list;
	run->samples.count = samples->count;
	samples->list = NULL;
	return 0;
}
