/* SPDX-License-Identifier: MIT */
/*
 * Attestation: true strategies are seen as what they say, false ones are
 * found out, and what the kernel refuses is told.
 */

#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "bench/attest/attest.h"
#include "bench/measure/runner.h"
#include "lib/spawnwise.h"
#include "tests/refusal.h"

#define SKIPPED 77
#define COUNT(array) (sizeof(array) / sizeof *(array))

static void strategies_are_what_they_say(void **state)
{
	(void)state;
	for (size_t i = 0; sw_strategies[i]; i++) {
		const struct sw_strategy *strategy = sw_strategies[i];
		const unsigned traits = strategy->traits;
		struct attestation seen;

		attest(strategy, &seen);
		assert_int_equal(seen.refused, 0);
		assert_int_equal(seen.unseen, 0);
		assert_null(seen.contradiction);
		assert_int_equal(!*seen.call, !!(traits & SW_CREATES_NOTHING));
		assert_int_equal(seen.shares_memory,
				 !*seen.call ? -1
					     : !!(traits & SW_SHARES_MEMORY));
		assert_int_equal(seen.suspends_caller,
				 !*seen.call ? -1
					     : !!(traits & SW_SUSPENDS_CALLER));
		assert_int_equal(seen.by && !strcmp(seen.by, "helper"),
				 !!(traits & SW_NEEDS_EARLY_OPEN));
	}
}

/* The same strategy with these traits taken away and those added. */
static struct sw_strategy disguise(const char *name, unsigned minus,
				   unsigned plus)
{
	struct sw_strategy strategy = *sw_find(name);

	strategy.traits = (strategy.traits & ~minus) | plus;
	return strategy;
}

static void assert_fault(const struct sw_strategy *strategy,
			 const char *expected)
{
	struct attestation seen;

	attest(strategy, &seen);
	assert_non_null(seen.contradiction);
	assert_non_null(strstr(seen.contradiction, expected));
}

static void false_memory_is_found_out(void **state)
{
	const struct sw_strategy sharing_fork =
		disguise("fork", 0, SW_SHARES_MEMORY);
	const struct sw_strategy copying_vfork =
		disguise("vfork", SW_SHARES_MEMORY, 0);

	(void)state;
	assert_fault(&sharing_fork, "declares shares_memory");
	assert_fault(&copying_vfork, "does not declare shares_memory");
}

static void false_waiting_is_found_out(void **state)
{
	const struct sw_strategy waiting_fork =
		disguise("fork", SW_ASYNCHRONOUS, SW_SUSPENDS_CALLER);
	const struct sw_strategy quick_vfork =
		disguise("vfork", SW_SUSPENDS_CALLER, SW_ASYNCHRONOUS);

	(void)state;
	assert_fault(&waiting_fork, "declares suspends_caller");
	assert_fault(&quick_vfork, "declares asynchronous");
}

/* One whose caller waits by other means than its own birth call. */
static int spawn_and_confirm(void *state, const struct sw_request *request,
			     struct sw_child *child)
{
	const struct sw_strategy *fork = sw_find("fork");
	const int error = fork->spawn(state, request, child);

	return error ? error : fork->confirm(state, child, -1);
}

static void waiting_by_other_means_is_found_out(void **state)
{
	struct sw_strategy strategy = *sw_find("fork");

	(void)state;
	strategy.spawn = spawn_and_confirm;
	assert_fault(&strategy, "declares asynchronous");
}

static int confirm_success(void *state, struct sw_child *child, int timeout_ms)
{
	(void)state;
	(void)child;
	(void)timeout_ms;
	return 0;
}

static int reap_nothing(void *state, struct sw_child *child, int *status)
{
	(void)state;
	(void)child;
	*status = 0;
	return 0;
}

static int spawn_nothing(void *state, const struct sw_request *request,
			 struct sw_child *child)
{
	(void)state;
	(void)request;
	(void)child;
	return 0;
}

static int spawn_without_exec(void *state, const struct sw_request *request,
			      struct sw_child *child)
{
	(void)state;
	(void)request;
	child->pid = fork();
	if (!child->pid)
		_exit(0);
	return 0;
}

static int spawn_never(void *state, const struct sw_request *request,
		       struct sw_child *child)
{
	(void)state;
	(void)request;
	(void)child;
	while (pause())
		;
	return 0;
}

static int spawn_death(void *state, const struct sw_request *request,
		       struct sw_child *child)
{
	(void)state;
	(void)request;
	(void)child;
	return raise(SIGKILL);
}

static struct sw_strategy
odd_strategy(int (*spawn)(void *, const struct sw_request *, struct sw_child *))
{
	return (struct sw_strategy){
		.abi = SW_ABI,
		.name = "odd",
		.summary = "odd",
		.traits = SW_ASYNCHRONOUS,
		.spawn = spawn,
		.confirm = confirm_success,
		.reap = reap_nothing,
	};
}

static void missing_children_are_found_out(void **state)
{
	struct sw_strategy strategy = odd_strategy(spawn_nothing);

	(void)state;
	assert_fault(&strategy, "no child came to exec");
	strategy = odd_strategy(spawn_without_exec);
	assert_fault(&strategy, "no child came to exec");
	strategy.traits = SW_CREATES_NOTHING;
	assert_fault(&strategy, "creates a child");
}

static void stuck_and_killed_strategies_end(void **state)
{
	struct sw_strategy strategy = odd_strategy(spawn_death);
	struct attestation seen;

	(void)state;
	attest(&strategy, &seen);
	assert_int_equal(seen.refused, EOWNERDEAD);
	strategy = odd_strategy(spawn_never);
	attest(&strategy, &seen);
	assert_int_equal(seen.unseen, ETIMEDOUT);
	assert_null(seen.contradiction);
	assert_int_equal(waitpid(-1, NULL, __WALL), -1);
	assert_int_equal(errno, ECHILD);
}

static int next_descriptor(void)
{
	const int fd = dup(STDOUT_FILENO);

	close(fd);
	return fd;
}

static void no_descriptor_is_left(void **state)
{
	const int before = next_descriptor();
	struct attestation seen;

	(void)state;
	attest(sw_find("fork"), &seen);
	assert_int_equal(next_descriptor(), before);
}

/* A system call that is refused, and what is then seen of a strategy. */
struct refusal {
	const char *name;
	int number;
	int error;
	int refused, unseen;
	const char *text;
};

static bool is_seen(const struct refusal *expected)
{
	const struct sw_strategy *strategy = sw_find(expected->name);
	struct attestation seen;

	attest(strategy, &seen);
	return seen.refused == expected->refused &&
	       seen.unseen == expected->unseen &&
	       strstr(seen.text, expected->text);
}

/* In a process of its own: a filter stays for life. */
static bool is_seen_when_refused(const struct refusal *expected)
{
	int status = -1;
	const pid_t pid = fork();

	if (!pid)
		_exit(refuse(expected->number, 0, expected->error) ||
		      !is_seen(expected));
	waitpid(pid, &status, 0);
	return !status;
}

static void refusals_are_told(void **state)
{
	static const struct refusal refusals[] = {
		{ "clone_vm", SYS_clone3, EPERM, 0, 0, "clone(CLONE_VM|" },
		{ "clone_vm", SYS_clone3, ENOSYS, 0, 0, "clone(CLONE_VM|" },
		{ "posix_spawn", SYS_clone3, ENOSYS, 0, 0, "clone(CLONE_VM|" },
		{ "posix_spawn", SYS_clone3, EPERM, EPERM, 0, "" },
#ifdef SYS_vfork
		{ "vfork", SYS_vfork, EPERM, EPERM, 0, "" },
		/* The probe of sw_open() dies instead of the caller. */
		{ "vfork", SYS_vfork, 0, ENOSYS, 0, "" },
#endif
		{ "fork", SYS_process_vm_writev, EPERM, 0, EPERM,
		  "not attested: Operation" },
		{ "fork", SYS_seccomp, ENOSYS, 0, ENOSYS, "not attested: " },
		{ "vfork", SYS_kcmp, EPERM, 0, 0, "shares memory" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(refusals); i++)
		if (!is_seen_when_refused(&refusals[i]))
			fail_msg("refusal %zu, %s", i, refusals[i].name);
}

/* CLONE_UNTRACED has no name in what is told. */
static int spawn_oddly(void *state, const struct sw_request *request,
		       struct sw_child *child)
{
	(void)state;
	child->pid = (pid_t)syscall(
		SYS_clone, CLONE_VFORK | CLONE_UNTRACED | SIGURG, 0, 0, 0, 0);
	if (!child->pid) {
		execv(request->path, request->argv);
		_exit(127);
	}
	return 0;
}

static void words_are_those_of_strace(void **state)
{
	struct sw_strategy strategy = odd_strategy(spawn_oddly);
	struct attestation seen;

	(void)state;
	strategy.traits = SW_SUSPENDS_CALLER;
	attest(&strategy, &seen);
	assert_null(seen.contradiction);
	assert_string_equal(seen.call, "clone(CLONE_VFORK|0x800000|signal 23)");
	assert_string_equal(seen.text + strlen(seen.call),
			    " by the caller; has its own memory; suspends the "
			    "caller");
	assert_string_equal(seen.by, "caller");
	assert_int_equal(seen.shares_memory, 0);
}

static void cells_of_a_false_strategy_are_barred(void **state)
{
	const struct sw_strategy liar = disguise("fork", 0, SW_SHARES_MEMORY);
	struct plan plan = {
		.axes = { .strategies = { sw_find("vfork"), &liar },
			  .strategy_count = 2 },
		.parents = 6,
		.seed = 1,
	};
	struct run run = { .plan = &plan };

	(void)state;
	plan.axes.values[axis_number("heap")] =
		(struct value_list){ { { .number = 0 }, { .number = 1 << 20 } },
				     2 };
	assert_int_equal(plan_build(&plan), 0);
	assert_int_equal(plan.cell_count, 4);
	assert_int_equal(runner_begin(&run), 0);
	for (size_t i = 0; i < plan.cell_count; i++) {
		const bool lies = plan.strategies[i] == &liar;

		assert_int_equal(run.outcomes[i].barred, lies);
		assert_int_equal(!!strstr(run.outcomes[i].skipped,
					  "fork is not what it says: "),
				 lies);
	}
	run_release(&run);
	plan_release(&plan);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(strategies_are_what_they_say),
		cmocka_unit_test(false_memory_is_found_out),
		cmocka_unit_test(false_waiting_is_found_out),
		cmocka_unit_test(waiting_by_other_means_is_found_out),
		cmocka_unit_test(missing_children_are_found_out),
		cmocka_unit_test(stuck_and_killed_strategies_end),
		cmocka_unit_test(no_descriptor_is_left),
		cmocka_unit_test(refusals_are_told),
		cmocka_unit_test(words_are_those_of_strace),
		cmocka_unit_test(cells_of_a_false_strategy_are_barred),
	};
	struct attestation seen;

	attest(sw_find("fork"), &seen);
	if (seen.unseen) {
		printf("# SKIP system calls cannot be watched here: %s\n",
		       strerror(seen.unseen));
		return SKIPPED;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
