/* SPDX-License-Identifier: MIT */
/*
 * The second part of the lab `oom`: which oom_score_adj does a child have?
 *
 * The child is cat(1), and says it itself. Its parent is a worker, whose own
 * value is seen to have stayed what it was.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/labs/oom.h"
#include "bench/labs/spawner.h"
#include "bench/labs/worker.h"
#include "bench/machine/text.h"
#include "bench/rows/errname.h"
#include "lib/spawnwise.h"

static const struct lab_case cases[] = {
	{ .name = "inherited" }, /* what the parent has the child gets */
	{ .name = "asked" },	 /* the request carries another value */
	{ .name = "later" },	 /* the parent's was raised since sw_open() */
};

/* The parent's value when it opens the strategy, where that is allowed, and by
 * how much it is raised. */
#define BASE_ADJ 300
#define STEP_ADJ 200

struct inherit {
	struct oom oom;
	int opened; /* the parent's value at sw_open() */
	int asked;
	int own;   /* before the spawn */
	int after; /* and after it */
	int child; /* as it says */
	int error; /* of spawning */
};

static bool is_case(const struct inherit *inherit, int number)
{
	return inherit->oom.trial.one == &cases[number];
}

static bool is_asked(const struct inherit *inherit)
{
	return is_case(inherit, 1);
}

static int read_own(void)
{
	int64_t value = 0;

	text_read_number("/proc/self/oom_score_adj", &value);
	return (int)value;
}

static int prepare(void *row)
{
	struct inherit *inherit = row;
	int error;

	worker_set_oom_score_adj(BASE_ADJ);
	inherit->opened = read_own();
	error = spawner_open(&inherit->oom.trial);
	if (is_case(inherit, 2))
		worker_set_oom_score_adj(inherit->opened + STEP_ADJ);
	inherit->own = read_own();
	inherit->asked = inherit->own + STEP_ADJ <= 1000
				 ? inherit->own + STEP_ADJ
				 : 1000;
	return error;
}

static int run_cat(const struct inherit *inherit, int out_fd)
{
	char program[] = "cat";
	char file[] = "/proc/self/oom_score_adj";
	char *argv[] = { program, file, NULL };
	const struct sw_request request = {
		.path = program,
		.search = true,
		.argv = argv,
		.stdout_fd = out_fd,
		.fields = is_asked(inherit) ? SW_OOMADJ : 0,
		.oom_score_adj = inherit->asked,
	};
	struct sw_child child;

	return sw_run(spawner.handle, &request, &child);
}

static int ask(void *row)
{
	struct inherit *inherit = row;
	char text[16] = "";
	int ends[2];

	if (pipe(ends))
		return -errno;
	inherit->error = run_cat(inherit, ends[1]);
	close(ends[1]);
	if (!inherit->error && read(ends[0], text, sizeof text - 1) <= 0)
		inherit->error = -ENODATA;
	close(ends[0]);
	inherit->child = atoi(text);
	inherit->after = read_own();
	spawner_close();
	return 0;
}

static void put_outcome(char text[32], int error, int adj)
{
	if (error)
		snprintf(text, 32, "%s", errname(error));
	else
		snprintf(text, 32, "%d", adj);
}

static int judge(void *row)
{
	struct inherit *inherit = row;
	struct oom *oom = &inherit->oom;
	const struct sw_strategy *strategy = oom->trial.strategy;
	/* What has to be opened early has a helper, and the kernel copies the
	 * helper's value (copy_signal() in kernel/fork.c): that of its birth.
	 */
	const int parents = strategy->traits & SW_NEEDS_EARLY_OPEN
				    ? inherit->opened
				    : inherit->own;

	oom_begin(oom, "inherit");
	oom->process.oom_score_adj = inherit->own;
	put_outcome(oom->predicted,
		    is_asked(inherit) && !(strategy->honours & SW_OOMADJ)
			    ? ENOTSUP
			    : 0,
		    is_asked(inherit) ? inherit->asked : parents);
	put_outcome(oom->observed, -inherit->error, inherit->child);
	oom->trial.agrees = !strcmp(oom->predicted, oom->observed) &&
			    (inherit->error || inherit->after == inherit->own);
	return 0;
}

static const char *const intro[] = {
	"A child has the oom_score_adj of the process that creates it: who "
	"protects itself protects its children too. Here the parent had 300; "
	"the child asked for 500 (ENOTSUP: the strategy cannot ask); or the "
	"parent had raised its own to 500 later, after it had opened the "
	"strategy, of which a helper that was born before knows nothing. The "
	"child was cat, and said:",
	NULL,
};

_Static_assert(BASE_ADJ == 300 && STEP_ADJ == 200, "a text says so");

const struct lab_part oom_inheritance = {
	.row_bytes = sizeof(struct inherit),
	.doing = "see a child of {strategy}",
	.strategies = true,
	.cases = cases,
	.case_bytes = sizeof *cases,
	.case_count = sizeof cases / sizeof *cases,
	.prepare = prepare,
	.act = ask,
	.after = judge,
	.limit_ms = 20000,
	.intro = intro,
	.matrix = "{observed}{mark}",
	.all = "All {tried} were predicted.",
	.some = "{wrong} of {tried} were predicted otherwise (marked !).",
	.none = "No child was seen.",
};
