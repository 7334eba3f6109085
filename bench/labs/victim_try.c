/* SPDX-License-Identifier: MIT */
/*
 * The experiment of the lab `victim`; see victim.h.
 *
 * The parent enters the group first of all, so that everything it and its
 * helper ever take is charged there. It keeps to one CPU: the kernel charges
 * in advance for each CPU (MEMCG_CHARGE_BATCH, mm/memcontrol.c), and room that
 * is set to a few hundred KiB would not be what it says.
 */

#include "bench/labs/victim.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/judge/badness.h"
#include "bench/labs/group.h"
#include "bench/labs/worker.h"
#include "bench/machine/cpu.h"
#include "bench/machine/installed.h"
#include "bench/machine/process.h"
#include "lib/spawnwise.h"

#define LIMIT_MS 20000

/* In memory that parent and runner share. */
struct scene {
	const struct sw_strategy *strategy;
	const struct victim_case *one;
	const struct memory_group *group;
	char program[PATH_MAX];
	int null_fd;
	int error;  /* of the preparation, or of the spawn */
	int status; /* of the child, as waitpid(2) tells it */
	struct sw_handle *handle;
};

static void prepare(void *data)
{
	struct scene *scene = data;
	int cpu;

	scene->error = cpu_same(&cpu) ? 0 : cpu_pin(cpu);
	scene->null_fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	if (!scene->error && scene->null_fd < 0)
		scene->error = -errno;
	if (!scene->error)
		scene->error = memory_group_enter(scene->group, 0);
	if (!scene->error)
		scene->error = worker_set_oom_score_adj(VICTIM_PARENT_ADJ);
	if (!scene->error)
		scene->error = sw_open(scene->strategy, &scene->handle);
	if (!scene->error)
		scene->error = worker_populate(scene->one->heap_bytes);
}

static void spawn(void *data)
{
	struct scene *scene = data;
	char *argv[] = { scene->program, NULL };
	const struct sw_request request = {
		.path = scene->program,
		.argv = argv,
		.stdout_fd = scene->null_fd,
		.fields = scene->one->child_adj != VICTIM_PARENT_ADJ ? SW_OOMADJ
								     : 0,
		.oom_score_adj = scene->one->child_adj,
	};
	struct sw_child child;

	scene->error = sw_run(scene->handle, &request, &child);
	scene->status = child.status;
}

static int find_program(struct lab_context *context, struct scene *scene)
{
	static const char *const glutton[] = { "glutton",
					       "../libexec/spawnwise/glutton",
					       NULL };
	static const char *const payload[] = { "payload",
					       "../libexec/spawnwise/payload",
					       NULL };

	if (!installed_path(scene->program,
			    scene->one->room_bytes ? payload : glutton))
		return 0;
	return lab_fail(context, -ENOENT, "Build it with make.",
			"find the child's program beside this command");
}

/* Take the room away, and note what the prediction needs. */
static int set_the_scene(struct memory_group *group,
			 const struct worker *worker,
			 const struct victim_case *one,
			 struct victim_outcome *outcome)
{
	struct memory_group_reading reading = { 0 };
	struct process_memory memory = { 0 };
	int error = process_memory_read(worker->pid, &memory);

	if (!error)
		error = memory_group_read(group, &reading);
	if (!error && one->room_bytes)
		error = memory_group_set_limit(group, reading.usage_bytes +
							      one->room_bytes);
	outcome->limit_bytes = group->limit_bytes;
	outcome->room_bytes = group->limit_bytes - reading.usage_bytes;
	outcome->page_table_bytes = memory.page_table_bytes;
	outcome->parent_bytes = memory.rss_bytes + memory.page_table_bytes;
	outcome->kills = reading.oom_kill;
	return error;
}

/* When the group is full the child has what the parent left it. The order is
 * that in which they came into the group. */
static enum victim predict_larger(const struct victim_case *one,
				  const struct victim_outcome *outcome)
{
	const struct badness_process processes[] = {
		{ .rss_bytes = outcome->parent_bytes,
		  .oom_score_adj = VICTIM_PARENT_ADJ },
		{ .rss_bytes = outcome->room_bytes,
		  .oom_score_adj = one->child_adj },
	};
	const struct badness_scope scope = {
		.total_bytes = outcome->limit_bytes,
		.page_bytes = (uint64_t)sysconf(_SC_PAGESIZE),
	};

	return badness_victim(processes, 2, &scope) ? VICTIM_CHILD
						    : VICTIM_PARENT;
}

static enum victim predict_victim(const struct sw_strategy *strategy,
				  const struct victim_case *one,
				  const struct victim_outcome *outcome)
{
	const bool asks = one->child_adj != VICTIM_PARENT_ADJ;

	if (asks && !(strategy->honours & SW_OOMADJ))
		return VICTIM_REFUSED;
	/* What fork(2) charges, it charges to the group of its caller. */
	if (one->room_bytes)
		return strategy->traits & SW_COPIES_PAGE_TABLES &&
				       outcome->page_table_bytes >
					       outcome->room_bytes
			       ? VICTIM_PARENT
			       : VICTIM_NOBODY;
	return predict_larger(one, outcome);
}

static bool was_killed(int status)
{
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

static int observe(struct lab_context *context, struct memory_group *group,
		   struct scene *scene, struct worker *worker,
		   struct victim_outcome *outcome)
{
	struct memory_group_reading reading;
	int error, unread, status;

	worker_go(worker);
	error = worker_await(worker, LIMIT_MS);
	unread = memory_group_read(group, &reading);
	outcome->kills = reading.oom_kill - outcome->kills;
	worker_end(worker, &status);
	if (unread)
		return lab_fail(context, unread, "Try again.", "read %s: %s",
				group->directory, strerror(-unread));
	if (error == -ECHILD && outcome->kills && was_killed(status))
		outcome->observed = VICTIM_PARENT;
	else if (error)
		return lab_fail(context, error, "Try again.",
				"see what becomes of %s: %s",
				scene->strategy->name, strerror(-error));
	else if (scene->error == -ENOTSUP)
		outcome->observed = VICTIM_REFUSED;
	else if (outcome->kills && was_killed(scene->status))
		outcome->observed = VICTIM_CHILD;
	else if (scene->error)
		return lab_fail(context, scene->error, "Try again.",
				"spawn with %s: %s", scene->strategy->name,
				strerror(-scene->error));
	else
		outcome->observed = VICTIM_NOBODY;
	return 0;
}

static int try_in(struct lab_context *context, struct memory_group *group,
		  struct scene *scene, struct victim_outcome *outcome)
{
	struct worker worker;
	int error = worker_start(&worker, NULL, prepare, spawn, scene);

	if (!error && scene->error) {
		error = scene->error;
		worker_end(&worker, NULL);
	} else if (!error) {
		error = set_the_scene(group, &worker, scene->one, outcome);
		if (error)
			worker_end(&worker, NULL);
	}
	if (error)
		return lab_fail(context, error, "Try again.",
				"prepare a parent for %s: %s",
				scene->strategy->name, strerror(-error));
	outcome->predicted =
		predict_victim(scene->strategy, scene->one, outcome);
	return observe(context, group, scene, &worker, outcome);
}

int victim_try(struct lab_context *context, const struct sw_strategy *strategy,
	       const struct victim_case *one, uint64_t limit_bytes,
	       struct victim_outcome *outcome)
{
	struct scene *scene = worker_share(sizeof *scene);
	struct memory_group group;
	int error;

	if (!scene)
		return lab_fail(context, -ENOMEM, "Free some memory.",
				"begin an experiment: no memory");
	*scene = (struct scene){ .strategy = strategy,
				 .one = one,
				 .group = &group };
	error = find_program(context, scene);
	if (!error)
		error = lab_group_open(context, &group, limit_bytes,
				       limit_bytes);
	if (!error) {
		error = try_in(context, &group, scene, outcome);
		memory_group_close(&group);
	}
	worker_unshare(scene, sizeof *scene);
	return error;
}

const char *const victim_names[] = {
	[VICTIM_NOBODY] = "nobody",
	[VICTIM_PARENT] = "parent",
	[VICTIM_CHILD] = "child",
	[VICTIM_REFUSED] = "refused",
};
