/* SPDX-License-Identifier: MIT */
/*
 * The second part of the lab `oom`: which oom_score_adj does a child have?
 *
 * The child is cat(1), and says it itself. Its parent is a worker, whose own
 * value is seen to have stayed what it was.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/attest/trial.h"
#include "bench/labs/oom.h"
#include "bench/labs/report.h"
#include "bench/labs/worker.h"
#include "bench/machine/text.h"
#include "bench/rows/errname.h"
#include "bench/show/table.h"
#include "lib/spawnwise.h"

#define LIMIT_MS 20000

enum moment {
	NOTHING_ASKED, /* what the parent has is what the child gets */
	ASKED,	       /* the request carries another value */
	RAISED_LATER,  /* the parent has raised its own since sw_open() */
	MOMENTS,
};

static const char *const names[MOMENTS] = { "inherited", "asked", "later" };

/* The parent's value when it opens the strategy, where that is allowed, and by
 * how much it is raised. */
#define BASE_ADJ 300
#define STEP_ADJ 200

/* In memory that parent and runner share. */
struct scene {
	const struct sw_strategy *strategy;
	enum moment moment;
	struct sw_handle *handle;
	int opened; /* the parent's value at sw_open() */
	int own;    /* before the spawn */
	int after;  /* and after it */
	int asked;
	int child; /* as it says */
	int error; /* of opening or spawning */
};

static int read_own(void)
{
	int64_t value = 0;

	text_read_number("/proc/self/oom_score_adj", &value);
	return (int)value;
}

static void prepare(void *data)
{
	struct scene *scene = data;

	worker_set_oom_score_adj(BASE_ADJ);
	scene->opened = read_own();
	scene->error = sw_open(scene->strategy, &scene->handle);
	if (scene->moment == RAISED_LATER)
		worker_set_oom_score_adj(scene->opened + STEP_ADJ);
	scene->own = read_own();
	scene->asked =
		scene->own + STEP_ADJ <= 1000 ? scene->own + STEP_ADJ : 1000;
}

static int run_cat(const struct scene *scene, int out_fd)
{
	char program[] = "cat";
	char file[] = "/proc/self/oom_score_adj";
	char *argv[] = { program, file, NULL };
	const struct sw_request request = {
		.path = program,
		.search = true,
		.argv = argv,
		.stdout_fd = out_fd,
		.fields = scene->moment == ASKED ? SW_OOMADJ : 0,
		.oom_score_adj = scene->asked,
	};
	struct sw_child child;

	return sw_run(scene->handle, &request, &child);
}

static void ask(void *data)
{
	struct scene *scene = data;
	char text[16] = "";
	int ends[2];

	if (pipe(ends)) {
		scene->error = -errno;
		return;
	}
	scene->error = run_cat(scene, ends[1]);
	close(ends[1]);
	if (!scene->error && read(ends[0], text, sizeof text - 1) <= 0)
		scene->error = -ENODATA;
	close(ends[0]);
	scene->child = atoi(text);
	scene->after = read_own();
}

/* What has to be opened early has a helper, and the kernel copies the helper's
 * value (copy_signal() in kernel/fork.c): that of its birth. */
static bool has_helper(const struct sw_strategy *strategy)
{
	return strategy->traits & SW_NEEDS_EARLY_OPEN;
}

/* A number, or the name of an error. */
static void predict(const struct scene *scene, char text[16])
{
	const struct sw_strategy *strategy = scene->strategy;
	int adj = scene->own;

	if (scene->moment == ASKED)
		adj = scene->asked;
	else if (has_helper(strategy))
		adj = scene->opened;
	if (scene->moment == ASKED && !(strategy->honours & SW_OOMADJ))
		snprintf(text, 16, "%s", errname(ENOTSUP));
	else
		snprintf(text, 16, "%d", adj);
}

static void observe(const struct scene *scene, char text[16])
{
	if (scene->error)
		snprintf(text, 16, "%s", errname(-scene->error));
	else
		snprintf(text, 16, "%d", scene->child);
}

/* In a process of its own, which is killed whatever happens. */
static int try_moment(struct scene *scene, const struct sw_strategy *strategy,
		      enum moment moment)
{
	struct worker worker;
	int error;

	*scene = (struct scene){ .strategy = strategy, .moment = moment };
	error = worker_start(&worker, NULL, prepare, ask, scene);
	if (error)
		return error;
	if (!scene->error) {
		worker_go(&worker);
		error = worker_await(&worker, LIMIT_MS);
	}
	worker_end(&worker, NULL);
	return error;
}

/* What is wrong in all. */
struct sum {
	size_t wrong;
	size_t cells;
};

static int try_strategy(struct lab_context *context, struct scene *scene,
			const struct sw_strategy *strategy, struct table *table,
			struct sum *sum)
{
	int error = 0;

	table_cell(table, "%s", strategy->name);
	for (int moment = 0; moment < MOMENTS && !error; moment++) {
		char predicted[16], observed[16];

		error = try_moment(scene, strategy, moment);
		if (error)
			return lab_fail(context, error, "Try again.",
					"see a child of %s: %s", strategy->name,
					strerror(-error));
		predict(scene, predicted);
		observe(scene, observed);
		const struct oom_row row = {
			.part = "inherit",
			.name = names[moment],
			.strategy = strategy->name,
			.oom_score_adj = scene->own,
			.uid = getuid(),
			.badness_bytes = INTEGER_UNKNOWN,
			.predicted = predicted,
			.observed = observed,
			.agrees = !strcmp(predicted, observed) &&
				  (scene->error || scene->after == scene->own),
		};

		table_cell(table, "%s%s", observed, row.agrees ? "" : "!");
		sum->wrong += !row.agrees;
		sum->cells++;
		error = oom_write_row(context, &row);
	}
	table_row(table, TABLE_PLAIN);
	return error;
}

static void tell(struct lab_context *context, const struct sum *sum)
{
	lab_tell(context,
		 "A child has the oom_score_adj of the process that creates "
		 "it: who protects itself protects its children too. Here the "
		 "parent had %d; the child asked for %d (ENOTSUP: the strategy "
		 "cannot ask); or the parent had raised its own to %d later, "
		 "after it had opened the strategy, of which a helper that "
		 "was born before knows nothing. The child was cat, and "
		 "said:",
		 BASE_ADJ, BASE_ADJ + STEP_ADJ, BASE_ADJ + STEP_ADJ);
	if (sum->wrong)
		lab_tell(context, "%zu of %zu were predicted otherwise (!).",
			 sum->wrong, sum->cells);
}

static int try_all(struct lab_context *context, struct scene *scene,
		   struct table *table, struct sum *sum)
{
	int error = 0;

	for (size_t i = 0; sw_strategies[i] && !error; i++) {
		const struct sw_strategy *strategy = sw_strategies[i];
		const char *step;

		if (strategy->traits & SW_CREATES_NOTHING)
			continue;
		if (trial_known(strategy, &step))
			lab_skip(context,
				 "%s is left out: `spawnwise list` "
				 "says why.",
				 strategy->name);
		else
			error = try_strategy(context, scene, strategy, table,
					     sum);
	}
	return error;
}

int oom_inheritance(struct lab_context *context)
{
	struct scene *scene = worker_share(sizeof *scene);
	struct sum sum = { 0 };
	struct table table;
	int error;

	if (!scene)
		return lab_fail(context, -ENOMEM, "Free some memory.",
				"begin the lab: no memory");
	table_init(&table, "lrrr");
	table_cell(&table, "strategy");
	for (int moment = 0; moment < MOMENTS; moment++)
		table_cell(&table, "%s", names[moment]);
	table_row(&table, TABLE_STRONG);
	error = try_all(context, scene, &table, &sum);
	worker_unshare(scene, sizeof *scene);
	if (!error) {
		tell(context, &sum);
		error = lab_tell_table(context, &table);
	}
	table_release(&table);
	return error;
}
