/* SPDX-License-Identifier: MIT */
/*
 * The third part of the lab `oom`: a group is filled until somebody is killed.
 *
 * Three processes: a small one that is raised, a larger one that stays as it
 * is, and one that grows. All have an oom_score_adj of 500 at least, so that
 * they go first if the machine itself runs out; only differences count.
 */

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/labs/oom.h"
#include "bench/labs/oom_process.h"
#include "bench/labs/oom_report.h"

#define LIMIT_MS 10000
#define LOG_WAIT_MS 500
#define BASE_ADJ 500
#define RAISED_ADJ 1000
#define DEATHS 3

enum { RAISED, STEADY, GROWING, ACTORS };

static const char *const names[ACTORS] = { "raised", "steady", "growing" };

/* The stage and who is on it. */
struct play {
	struct lab_context *context;
	struct memory_group *group;
	uint64_t unit_bytes;
	struct oom_process *processes; /* shared */
	struct worker workers[ACTORS];
	bool alive[ACTORS];
	struct oom_log log;
	int log_error; /* it cannot be read */
	struct oom_death deaths[DEATHS];
	size_t death_count;
};

static int begin(struct play *play)
{
	static const uint64_t units[ACTORS] = { 1, 2, 1 };
	int error = 0;

	for (int i = 0; i < ACTORS && !error; i++) {
		play->processes[i] = (struct oom_process){
			.group = play->group,
			.bytes = units[i] * play->unit_bytes,
			.oom_score_adj = i == RAISED ? RAISED_ADJ : BASE_ADJ,
		};
		error = oom_process_start(&play->workers[i],
					  &play->processes[i]);
		play->alive[i] = !error;
	}
	if (!error)
		worker_go(&play->workers[GROWING]);
	return error;
}

static void bury(struct play *play, int actor)
{
	if (play->alive[actor])
		worker_end(&play->workers[actor], NULL);
	play->alive[actor] = false;
}

/* Killed, and not reaped yet. */
static bool has_died(const struct play *play, int actor)
{
	siginfo_t info = { .si_pid = 0 };

	return play->alive[actor] &&
	       !waitid(P_PID, (id_t)play->workers[actor].pid, &info,
		       WEXITED | WNOHANG | WNOWAIT) &&
	       info.si_pid;
}

static size_t count_dead(const struct play *play)
{
	size_t dead = 0;

	for (int i = 0; i < ACTORS; i++)
		dead += has_died(play, i);
	return dead;
}

/* Who is first when the group is full: then the growing one has the rest. */
static int predict(const struct play *play, uint64_t room_bytes,
		   struct oom_death *death)
{
	const struct badness_scope scope = {
		.total_bytes = play->group->limit_bytes,
		.page_bytes = (uint64_t)sysconf(_SC_PAGESIZE),
	};
	struct badness_process all[ACTORS];

	for (int i = 0; i < ACTORS; i++) {
		all[i] = (struct badness_process){ .exempt = true };
		if (!play->alive[i])
			continue;
		int error = oom_process_read(play->workers[i].pid,
					     play->processes[i].oom_score_adj,
					     &all[i]);
		if (error)
			return error;
	}
	all[GROWING].rss_bytes += room_bytes;
	const size_t victim = badness_victim(all, ACTORS, &scope);
	if (victim == ACTORS)
		return -ESRCH;
	death->process = all[victim];
	death->badness_bytes = badness_bytes(&all[victim], &scope);
	snprintf(death->predicted, sizeof death->predicted, "%s",
		 names[victim]);
	return 0;
}

/* Let it grow, until so many are dead. */
static void drive(struct play *play, uint64_t goal_bytes, size_t dead)
{
	struct oom_process *growing = &play->processes[GROWING];

	atomic_store(&growing->goal_bytes, goal_bytes);
	for (int i = 0; i < LIMIT_MS; i++) {
		if (count_dead(play) >= dead)
			return;
		poll(NULL, 0, 1);
	}
}

static void find_in_log(struct play *play, pid_t pid, struct oom_death *death)
{
	struct oom_log_record record;

	while (!play->log_error && !death->logged &&
	       !oom_log_next(&play->log, LOG_WAIT_MS, &record)) {
		if (record.kill.pid != pid)
			continue;
		death->logged = true;
		death->log = record.kill;
		snprintf(death->line, sizeof death->line, "%.*s",
			 (int)sizeof death->line - 1, record.line);
	}
}

static void observe(struct play *play, struct oom_death *death)
{
	size_t used = 0;

	snprintf(death->observed, sizeof death->observed, "nobody");
	for (int i = 0; i < ACTORS; i++) {
		if (!has_died(play, i))
			continue;
		used += (size_t)snprintf(death->observed + used,
					 sizeof death->observed - used, "%s%s",
					 used ? "+" : "", names[i]);
		find_in_log(play, play->workers[i].pid, death);
		bury(play, i);
	}
}

static void subtract(uint64_t *now, uint64_t before)
{
	if (*now != MEMORY_GROUP_ABSENT)
		*now -= before;
}

static void find_growth(const struct memory_group_reading *before,
			struct memory_group_reading *now)
{
	subtract(&now->failcnt, before->failcnt);
	subtract(&now->low, before->low);
	subtract(&now->high, before->high);
	subtract(&now->max, before->max);
	subtract(&now->oom, before->oom);
	subtract(&now->oom_kill, before->oom_kill);
	subtract(&now->oom_group_kill, before->oom_group_kill);
}

static int write_row(const struct play *play, const struct oom_death *death)
{
	const struct oom_row row = {
		.part = "kill",
		.name = death->name,
		.oom_score_adj = death->process.oom_score_adj,
		.uid = getuid(),
		.process = &death->process,
		.badness_bytes = death->badness_bytes,
		.predicted = death->predicted,
		.observed = death->observed,
		.agrees = oom_death_agrees(death),
		.growth = &death->growth,
		.log = death->logged ? &death->log : NULL,
	};

	return oom_write_row(play->context, &row);
}

/* Fill the group, so that there is over_bytes too little room. */
static int fill(struct play *play, const char *name, uint64_t over_bytes,
		bool whole)
{
	struct oom_death *death = &play->deaths[play->death_count];
	const uint64_t grown =
		atomic_load(&play->processes[GROWING].grown_bytes);
	struct memory_group_reading before;
	uint64_t room_bytes;
	int error = memory_group_read(play->group, &before);

	if (error)
		return error;
	*death = (struct oom_death){ .name = name };
	room_bytes = play->group->limit_bytes - before.usage_bytes;
	error = predict(play, room_bytes, death);
	if (error)
		return error;
	if (whole)
		snprintf(death->predicted, sizeof death->predicted,
			 "raised+steady+growing");
	drive(play, grown + room_bytes + over_bytes, whole ? ACTORS : 1);
	error = memory_group_read(play->group, &death->growth);
	find_growth(&before, &death->growth);
	observe(play, death);
	play->death_count++;
	return error ? error : write_row(play, death);
}

/* One after the other, and then, where the kernel can, all as one. */
static int perform(struct play *play)
{
	int error = begin(play);

	if (!error)
		error = fill(play, "first", play->unit_bytes / 2, false);
	if (!error && play->alive[GROWING])
		error = fill(play, "second", play->group->limit_bytes, false);
	for (int i = 0; i < ACTORS; i++)
		bury(play, i);
	if (error || memory_group_set_oom_group(play->group, true))
		return error;
	error = begin(play);
	if (!error)
		error = fill(play, "whole", play->group->limit_bytes, true);
	for (int i = 0; i < ACTORS; i++)
		bury(play, i);
	return error;
}

int oom_kills(struct lab_context *context, struct memory_group *group,
	      uint64_t unit_bytes)
{
	const size_t bytes = ACTORS * sizeof(struct oom_process);
	struct play play = {
		.context = context,
		.group = group,
		.unit_bytes = unit_bytes,
		.processes = worker_share(bytes),
	};
	int error;

	if (!play.processes)
		return lab_fail(context, -ENOMEM, "Free some memory.",
				"begin the lab: no memory");
	play.log_error = oom_log_open(&play.log);
	error = perform(&play);
	if (error)
		lab_fail(context, error, "Try again.", "fill %s: %s",
			 group->directory, strerror(-error));
	else
		error = oom_report(context, group, play.deaths,
				   play.death_count, play.log_error);
	if (!play.log_error)
		oom_log_close(&play.log);
	worker_unshare(play.processes, bytes);
	return error;
}
