/* SPDX-License-Identifier: MIT */
/* Signals: the caller's stay as they were, the child gets what is due. */

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/conformance/checks.h"
#include "tests/conformance/scene.h"

#define STORM_SPAWNS REPEAT(300)
#define BIT(signal_number) (UINT64_C(1) << ((signal_number)-1))

/* In memory that a copy of the caller would share: a handler that runs in a
 * child must not be missed. */
struct storm {
	pid_t caller;
	atomic_int handled_elsewhere;
	atomic_int handled_here;
	atomic_bool over;
};

static struct storm *storm;

static const struct sw_request good = {
	.path = "/bin/true",
	.argv = ARGV("true"),
};
static const struct sw_request bad = {
	.path = "./missing",
	.argv = ARGV("missing"),
};

static void note_signal(int number)
{
	(void)number;
	if (getpid() == storm->caller)
		storm->handled_here++;
	else
		storm->handled_elsewhere++;
}

static void block(int first, int second)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, first);
	sigaddset(&set, second);
	assert_int_equal(sigprocmask(SIG_SETMASK, &set, NULL), 0);
}

static void mask_is_inherited_and_kept(void **state)
{
	struct scene *scene = *state;
	struct sw_request request = { .argv = ARGV("held") };
	struct sw_child child;
	pid_t pid = scene_hold(scene, &request);

	assert_int_equal(status_field(pid, "SigBlk", 16), 0);
	scene_drop(scene);
	assert_int_equal(status_field(0, "SigBlk", 16), 0);

	block(SIGUSR1, SIGRTMAX);
	pid = scene_hold(scene, &request);
	assert_int_equal(status_field(pid, "SigBlk", 16),
			 BIT(SIGUSR1) | BIT(SIGRTMAX));
	scene_drop(scene);
	assert_int_equal(scene_try(scene, &bad, &child), -ENOENT);
	assert_int_equal(status_field(0, "SigBlk", 16),
			 BIT(SIGUSR1) | BIT(SIGRTMAX));
}

static void handlers_are_reset_and_kept(void **state)
{
	struct scene *scene = *state;
	struct sw_request request = { .argv = ARGV("held") };
	struct sigaction wanted = { .sa_handler = note_signal,
				    .sa_flags = SA_RESTART };
	struct sigaction action;
	struct sw_child child;
	pid_t pid;

	sigaddset(&wanted.sa_mask, SIGUSR2);
	assert_int_equal(sigaction(SIGUSR1, &wanted, NULL), 0);
	pid = scene_hold(scene, &request);
	assert_false(status_field(pid, "SigCgt", 16) & BIT(SIGUSR1));
	assert_false(status_field(pid, "SigIgn", 16) & BIT(SIGUSR1));
	scene_drop(scene);
	assert_int_equal(scene_try(scene, &bad, &child), -ENOENT);
	assert_int_equal(sigaction(SIGUSR1, NULL, &action), 0);
	assert_ptr_equal(action.sa_handler, note_signal);
	assert_true(action.sa_flags & SA_RESTART);
	assert_true(sigismember(&action.sa_mask, SIGUSR2));
}

static void reopen(struct scene *scene)
{
	sw_close(scene->handle);
	scene->handle = NULL;
	assert_int_equal(sw_open(scene->strategy, &scene->handle), 0);
}

/* A strategy with identity_of_open knows of no later change. */
static void ignored_signals_stay_ignored(void **state)
{
	struct scene *scene = *state;
	struct sw_request request = { .argv = ARGV("held") };
	pid_t pid;

	signal(SIGUSR2, SIG_IGN);
	if (scene->strategy->traits & SW_IDENTITY_OF_OPEN)
		reopen(scene);
	pid = scene_hold(scene, &request);
	assert_true(status_field(pid, "SigIgn", 16) & BIT(SIGUSR2));
	scene_drop(scene);
	assert_ptr_equal(signal(SIGUSR2, SIG_DFL), SIG_IGN);
}

static void ignored_becomes_default(void **state)
{
	struct scene *scene = *state;
	struct sw_request request = { .argv = ARGV("held"),
				      .fields = SW_SIGDEFAULT };
	sigset_t set;
	pid_t pid;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	sigaddset(&set, SIGRTMAX);
	request.sigdefault = &set;
	signal(SIGUSR2, SIG_IGN);
	signal(SIGRTMAX, SIG_IGN);
	pid = scene_hold(scene, &request);
	assert_int_equal(status_field(pid, "SigIgn", 16) &
				 (BIT(SIGUSR2) | BIT(SIGRTMAX)),
			 0);
	scene_drop(scene);
	assert_ptr_equal(signal(SIGRTMAX, SIG_DFL), SIG_IGN);
	assert_ptr_equal(signal(SIGUSR2, SIG_DFL), SIG_IGN);
}

static void mask_is_set(void **state)
{
	struct scene *scene = *state;
	struct sw_request request = { .argv = ARGV("held"),
				      .fields = SW_SIGMASK };
	sigset_t set, ours;
	pid_t pid;

	sigemptyset(&ours);
	sigaddset(&ours, SIGUSR1);
	sigprocmask(SIG_SETMASK, &ours, NULL);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	sigaddset(&set, SIGRTMAX);
	request.sigmask = &set;
	pid = scene_hold(scene, &request);
	assert_int_equal(status_field(pid, "SigBlk", 16),
			 BIT(SIGUSR2) | BIT(SIGRTMAX));
	scene_drop(scene);
	assert_int_equal(status_field(0, "SigBlk", 16), BIT(SIGUSR1));
}

static void good_child_raises_sigchld(void **state)
{
	struct scene *scene = *state;
	const struct timespec limit = { .tv_sec = 30 };
	struct sw_child child;
	sigset_t set;
	siginfo_t info;

	block(SIGCHLD, SIGCHLD);
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	assert_int_equal(scene_try(scene, &good, &child), 0);
	assert_int_equal(sigtimedwait(&set, &info, &limit), SIGCHLD);
	assert_int_equal(info.si_pid, child.pid);
	assert_int_equal(info.si_code, CLD_EXITED);
	assert_int_equal(waitpid(-1, NULL, 0), child.pid);
}

static void failure_is_silent(void **state)
{
	struct scene *scene = *state;
	struct sw_child child;
	sigset_t pending;

	block(SIGCHLD, SIGCHLD);
	for (int i = 0; i < 100; i++)
		assert_int_equal(scene_try(scene, &bad, &child), -ENOENT);
	assert_int_equal(sigpending(&pending), 0);
	assert_false(sigismember(&pending, SIGCHLD));
}

static void *raise_storm(void *data)
{
	while (!storm->over) {
		kill(0, SIGUSR1);
		sched_yield();
	}
	return data;
}

/* Killed after its exec, killed before, or too fast to be hit. Anything else
 * is told: an assert must not jump out of a storm. */
static const char *spawn_in_storm(struct scene *scene,
				  const struct sw_request *quick)
{
	struct sw_child child;
	int error = scene_try(scene, quick, &child);
	int status = child.status;

	if (error && error != -ECANCELED)
		return strerror(-error);
	if (!error && waitpid(child.pid, &status, 0) != child.pid)
		return "the child cannot be reaped";
	if (!error && !status)
		return NULL;
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGUSR1
		       ? NULL
		       : "the child ended in another way";
}

/* Signals for the whole process group reach children that are not yet at
 * exec and still have, or share, the caller's handlers. */
static void no_handler_runs_in_a_child(void **state)
{
	struct scene *scene = *state;
	const struct sw_request quick = scene_quick(scene);
	const pid_t group = getpgrp();
	const int children = children_count();
	const struct sigaction action = { .sa_handler = note_signal,
					  .sa_flags = SA_RESTART };
	const char *complaint = NULL;
	pthread_t thread;

	storm = mmap(NULL, sizeof *storm, PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(storm, MAP_FAILED);
	storm->caller = getpid();
	if (group != getpid())
		assert_int_equal(setpgid(0, 0), 0);
	reopen(scene);
	sigaction(SIGUSR1, &action, NULL);
	assert_int_equal(pthread_create(&thread, NULL, raise_storm, NULL), 0);
	for (int i = 0; i < STORM_SPAWNS && !complaint; i++)
		complaint = spawn_in_storm(scene, &quick);
	storm->over = true;
	pthread_join(thread, NULL);
	if (complaint)
		fail_msg("%s", complaint);
	assert_int_equal(storm->handled_elsewhere, 0);
	assert_true(storm->handled_here > 0);
	munmap(storm, sizeof *storm);
	setpgid(0, group);
	assert_no_new_child(children);
}

const struct check signal_checks[] = {
	{ .name = "the signal mask is inherited and kept",
	  .run = mask_is_inherited_and_kept },
	{ .name = "handlers are reset and kept",
	  .run = handlers_are_reset_and_kept },
	{ .name = "ignored signals stay ignored",
	  .run = ignored_signals_stay_ignored },
	{ .name = "ignored signals become default",
	  .run = ignored_becomes_default,
	  .honours = SW_SIGDEFAULT },
	{ .name = "a signal mask is set",
	  .run = mask_is_set,
	  .honours = SW_SIGMASK },
	{ .name = "a good child raises SIGCHLD",
	  .run = good_child_raises_sigchld },
	{ .name = "a failure raises no SIGCHLD",
	  .run = failure_is_silent,
	  .needs = SW_SILENT_FAILURE },
	{ .name = "no handler runs in a child",
	  .run = no_handler_runs_in_a_child },
	{ .name = NULL },
};
