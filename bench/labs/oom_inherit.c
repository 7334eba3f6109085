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

static bool is_case(const struct oom *oom, const char *name)
{
	return !strcmp(oom->trial.case_name, name);
}

static int read_own(void)
{
	int64_t value = 0;

	text_read_number("/proc/self/oom_score_adj", &value);
	return (int)value;
}

static int prepare(void *row)
{
	struct oom *oom = row;
	int error;

	worker_set_oom_score_adj(BASE_ADJ);
	oom->opened = read_own();
	error = spawner_open(&oom->trial);
	if (is_case(oom, "later"))
		worker_set_oom_score_adj(oom->opened + STEP_ADJ);
	oom->own = read_own();
	oom->asked = oom->own + STEP_ADJ <= 1000 ? oom->own + STEP_ADJ : 1000;
	return error;
}

static int run_cat(const struct oom *oom, int out_fd)
{
	char program[] = "cat";
	char file[] = "/proc/self/oom_score_adj";
	char *argv[] = { program, file, NULL };
	const struct sw_request request = {
		.path = program,
		.search = true,
		.argv = argv,
		.stdout_fd = out_fd,
		.fields = is_case(oom, "asked") ? SW_OOMADJ : 0,
		.oom_score_adj = oom->asked,
	};
	struct sw_child child;

	return sw_run(spawner.handle, &request, &child);
}

static int ask(void *row)
{
	struct oom *oom = row;
	char text[16] = "";
	int ends[2];

	if (pipe(ends))
		return -errno;
	oom->error = run_cat(oom, ends[1]);
	close(ends[1]);
	if (!oom->error && read(ends[0], text, sizeof text - 1) <= 0)
		oom->error = -ENODATA;
	close(ends[0]);
	oom->child = atoi(text);
	oom->after = read_own();
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
	struct oom *oom = row;
	const struct sw_strategy *strategy = oom->trial.strategy;
	/* What has to be opened early has a helper, and the kernel copies the
	 * helper's value (copy_signal() in kernel/fork.c): that of its birth.
	 */
	const int parents =
		strategy->traits & SW_NEEDS_EARLY_OPEN ? oom->opened : oom->own;

	oom_begin(oom, "inherit");
	oom->process.oom_score_adj = oom->own;
	put_outcome(oom->predicted,
		    is_case(oom, "asked") && !(strategy->honours & SW_OOMADJ)
			    ? ENOTSUP
			    : 0,
		    is_case(oom, "asked") ? oom->asked : parents);
	put_outcome(oom->observed, -oom->error, oom->child);
	oom->trial.agrees = !strcmp(oom->predicted, oom->observed) &&
			    (oom->error || oom->after == oom->own);
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
	.row_bytes = sizeof(struct oom),
	.doing = "see a child of {strategy}",
	.strategies = true,
	LAB_CASES(cases),
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
