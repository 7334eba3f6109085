/* SPDX-License-Identifier: MIT */
/*
 * The contract, held against every registered strategy: one list of checks,
 * so that a new strategy is tested without writing a test. CONFORMANCE_PLUGIN
 * names a plugin, which is held against it too.
 *
 * conformance [PATTERN...] runs only the tests whose name matches one of those:
 * 'NAME: *', or only NAME. A name that matches a pattern behind a '!' is left
 * out.
 */

#include <fnmatch.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "bench/verbs/strategies.h"
#include "tests/conformance/checks.h"
#include "tests/conformance/scene.h"
#include "tests/conformance/supervise.h"

#define TESTS_MAX 1024
#define NAME_BYTES 160

static const struct check *const lists[] = {
	outcome_checks,	 arrival_checks, search_checks,	   field_checks,
	identity_checks, action_checks,	 order_checks,	   terminal_checks,
	referee_checks,	 caller_checks,	 snapshot_checks,  scarce_checks,
	storm_checks,	 death_checks,	 signal_checks,	   handle_checks,
	flight_checks,	 borrow_checks,	 filter_checks,	   trait_checks,
	thread_checks,	 ending_checks,	 helper_checks,	   trouble_checks,
	bond_checks,	 moment_checks,	 map_checks,	   renewal_checks,
	poll_checks,	 foreign_checks, namespace_checks, stack_checks,
	worker_checks,	 code_checks,	 price_checks,	   change_checks,
	run_checks,	 growth_checks,
};

static const struct check *const baseline_lists[] = { baseline_checks,
						      map_checks, run_checks,
						      growth_checks };

static struct CMUnitTest tests[TESTS_MAX];
static char names[TESTS_MAX][NAME_BYTES];
static const struct sw_strategy *subjects[TESTS_MAX];
static size_t test_count;
static char *const *patterns; /* ends with NULL */

static void cannot_run_here(void **state)
{
	(void)state;
}

static const char *name_of(size_t test)
{
	return tests[test].name;
}

/* *state is an element of subjects. */
static int begin(void **state)
{
	const struct sw_strategy **subject = *state;
	const size_t test = (size_t)(subject - subjects);
	int error;

	supervise_tell(test, "");
	supervise_begin();
	*state = (void *)*subject;
	error = scene_open(state);
	if (!error)
		supervise_tell(test, ((struct scene *)*state)->folder);
	return error;
}

static int end(void **state)
{
	const int error = scene_close(state);

	supervise_end();
	return error;
}

static int run_from(size_t first)
{
	return _cmocka_run_group_tests("conformance", tests + first,
				       test_count - first, NULL, NULL);
}

/* A pattern, or the name of a strategy. */
static bool fits(const char *pattern, const char *name)
{
	const size_t length = strlen(pattern);

	return !fnmatch(pattern, name, 0) ||
	       (!strncmp(pattern, name, length) && name[length] == ':');
}

static bool is_wanted(const char *name)
{
	bool chosen = false, choice = false;

	for (char *const *pattern = patterns; *pattern; pattern++) {
		if (**pattern == '!' && fits(*pattern + 1, name))
			return false;
		choice |= **pattern != '!';
		chosen |= fits(*pattern, name);
	}
	return chosen || !choice;
}

/* The name says it all in the Test Anything Protocol, which knows "# SKIP";
 * cmocka 1.1.5 cannot say it. */
static void add_skipped(const char *strategy, const char *check,
			const char *reason)
{
	char *name = names[test_count];

	snprintf(name, NAME_BYTES, "%s: %s # SKIP %s", strategy, check, reason);
	tests[test_count++] = (struct CMUnitTest){
		.name = name,
		.test_func = cannot_run_here,
	};
}

/* Whether there is an obstacle is asked last: some ask a process of their own,
 * and of a filtered list little is wanted. */
static void add(const struct sw_strategy *strategy, const struct check *check)
{
	char *name = names[test_count];
	const char *obstacle;

	if ((strategy->traits & check->needs) != check->needs ||
	    strategy->traits & check->lacks ||
	    (strategy->honours & check->honours) != check->honours)
		return;
	snprintf(name, NAME_BYTES, "%s: %s", strategy->name, check->name);
	if (!is_wanted(name))
		return;
	obstacle = check->obstacle ? check->obstacle() : NULL;
	if (obstacle) {
		add_skipped(strategy->name, check->name, obstacle);
		return;
	}
	subjects[test_count] = strategy;
	tests[test_count] = (struct CMUnitTest){
		.name = name,
		.test_func = check->run,
		.setup_func = begin,
		.teardown_func = end,
		.initial_state = &subjects[test_count],
	};
	test_count++;
}

static void add_lists(const struct sw_strategy *strategy,
		      const struct check *const *those, size_t count)
{
	for (size_t i = 0; i < count; i++)
		for (const struct check *check = those[i]; check->name; check++)
			add(strategy, check);
}

static void add_all(const struct sw_strategy *strategy)
{
	const int refusal = strategy->supported ? strategy->supported() : 0;

	if (strategy->traits & SW_CREATES_NOTHING)
		return;
	if (refusal)
		add_skipped(strategy->name, "all", strerror(-refusal));
	else if (strategy->traits & SW_BASELINE)
		add_lists(strategy, baseline_lists, COUNT(baseline_lists));
	else
		add_lists(strategy, lists, COUNT(lists));
}

/* The program that children execute to be looked at; see scene.h. */
static void be_stopper(void)
{
	const char *path = (const char *)getauxval(AT_EXECFN);
	const char *slash = strrchr(path, '/');

	if (strcmp(slash ? slash + 1 : path, STOPPER))
		return;
	kill(getpid(), SIGSTOP);
	_exit(0);
}

/* A script's background jobs and nohup(1) have them ignored, and so would all
 * children. */
static void heed_signals(void)
{
	const int numbers[] = { SIGHUP, SIGINT, SIGQUIT };

	for (size_t i = 0; i < COUNT(numbers); i++)
		signal(numbers[i], SIG_DFL);
}

static int tell_use(const char *name)
{
	printf("usage: %s [PATTERN...]\n"
	       "Runs the tests whose name matches a pattern, 'NAME: *', or "
	       "those of "
	       "strategy NAME;\nnone that matches a pattern behind a '!'. "
	       "Strategies:",
	       name);
	for (size_t i = 0; strategies()[i]; i++)
		printf(" %s", strategies()[i]->name);
	puts("");
	return 0;
}

static int add_plugin(void)
{
	const char *file = getenv("CONFORMANCE_PLUGIN");
	char path[PATH_MAX];
	struct failure why;

	if (!file || !*file)
		return 0;
	if (realpath(file, path)) /* we execute ourselves elsewhere */
		setenv("CONFORMANCE_PLUGIN", path, 1);
	if (!plugin_load(file, &why))
		return 0;
	fprintf(stderr, "cannot %s\n%s\n", why.what, why.cure);
	return 2;
}

int main(int argc, char **argv)
{
	be_stopper();
	if (add_plugin())
		return 2;
	if (argc == 2 && !strcmp(argv[1], "--help"))
		return tell_use(argv[0]);
	heed_signals();
	/* Children are counted by what they inherit: only 0, 1 and 2 may. Also
	 * where close_range(2) is refused. */
	closefrom(3);
	patterns = argv + 1;
	if (traits_watch_atfork())
		return 1;
	for (size_t i = 0; strategies()[i]; i++)
		add_all(strategies()[i]);
	return supervise(run_from, test_count, name_of);
}
