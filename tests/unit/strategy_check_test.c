/* SPDX-License-Identifier: MIT */
/*
 * The one check of every strategy: what it says about broken ones, and that
 * those built in pass it, are found by their names and named as their files.
 */

#include <dirent.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/spawnwise.h"
#include "tests/unit/source.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static int spawn_hook(void *state, const struct sw_request *request,
		      struct sw_child *child)
{
	(void)state;
	(void)request;
	(void)child;
	return 0;
}

static int confirm_hook(void *state, struct sw_child *child, int timeout_ms)
{
	(void)state;
	(void)child;
	(void)timeout_ms;
	return 0;
}

static int open_hook(void **state)
{
	*state = NULL;
	return 0;
}

static void close_hook(void *state)
{
	(void)state;
}

/* A strategy that keeps the form; each case breaks a copy of it. */
static struct sw_strategy sound(void)
{
	return (struct sw_strategy){
		.abi = SW_ABI,
		.name = "sound_2",
		.summary = "does nothing wrong",
		.traits = SW_SUSPENDS_CALLER,
		.spawn = spawn_hook,
		.confirm = confirm_hook,
	};
}

static void assert_blamed(const struct sw_strategy *strategy, const char *why)
{
	const char *said = sw_check(strategy);

	assert_non_null(said);
	assert_string_equal(said, why);
}

static void sound_ones_pass(void **state)
{
	struct sw_strategy strategy = sound();

	(void)state;
	assert_null(sw_check(&strategy));
	strategy.open = open_hook;
	strategy.close = close_hook;
	assert_null(sw_check(&strategy));
	strategy.traits = SW_ASYNCHRONOUS | SW_CHARGES_COMMIT;
	assert_null(sw_check(&strategy));
	strategy.traits = SW_SUSPENDS_CALLER | SW_SHARES_MEMORY;
	assert_null(sw_check(&strategy));
	strategy.traits = SW_CREATES_NOTHING;
	assert_null(sw_check(&strategy));
}

/* A strategy of a plugin, as a newer header has it. */
struct newer {
	struct sw_strategy strategy;
	void (*later)(void);
};

static int open_and_close(const struct sw_strategy *strategy)
{
	struct sw_handle *handle;
	const int error = sw_open(strategy, &handle);

	if (!error)
		sw_close(handle);
	return error;
}

static void others_than_ours_are_blamed(void **state)
{
	static const char absent[] =
		"it does not say what it was built for: .abi = SW_ABI";
	static const char other[] = "it was built for another version of the "
				    "contract: build it again";
	struct sw_strategy strategy = sound();

	(void)state;
	strategy.abi = 0;
	assert_blamed(&strategy, absent);
	assert_int_equal(open_and_close(&strategy), -EINVAL);
	strategy.abi = SW_ABI - sizeof strategy +
		       offsetof(struct sw_strategy, confirm);
	assert_blamed(&strategy, absent);
	assert_int_equal(open_and_close(&strategy), -EINVAL);
	strategy.abi = SW_ABI + (1u << 16);
	assert_blamed(&strategy, other);
	assert_int_equal(open_and_close(&strategy), -ENOTSUP);
}

static void newer_ones_pass_without_what_is_new(void **state)
{
	struct newer newer = { .strategy = sound() };

	(void)state;
	newer.strategy.abi += sizeof newer - sizeof newer.strategy;
	assert_null(sw_check(&newer.strategy));
	assert_int_equal(open_and_close(&newer.strategy), 0);
	newer.later = (void (*)(void))abort;
	assert_blamed(&newer.strategy, "it was built for a newer library, and "
				       "uses what this one does not know");
	assert_int_equal(open_and_close(&newer.strategy), -ENOTSUP);
}

/* Hooks that its header did not have lie beyond its end. */
static void older_ones_work(void **state)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	const size_t size = offsetof(struct sw_strategy, reap);
	char *pages = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct sw_strategy *older = (void *)(pages + page - size);
	const struct sw_strategy whole = sound();
	struct sw_handle *handle;

	(void)state;
	assert_true(pages != MAP_FAILED);
	assert_int_equal(mprotect(pages + page, page, PROT_NONE), 0);
	memcpy(older, &whole, size);
	older->abi = SW_ABI - sizeof whole + (unsigned)size;
	assert_null(sw_check(older));
	assert_int_equal(sw_open(older, &handle), 0);
	assert_int_equal(sw_poll_fd(handle), -ENOTSUP);
	assert_int_equal(sw_refresh(handle), 0);
	sw_close(handle);
	munmap(pages, 2 * page);
}

static void bad_names_are_blamed(void **state)
{
	static const char *const names[] = { NULL,  "",	   "Sound",
					     "1st", "_up", "a-b",
					     "a b", "a.c", "caf\xc3\xa9" };
	struct sw_strategy strategy = sound();

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++) {
		strategy.name = names[i];
		assert_blamed(&strategy,
			      "its name is not of the form [a-z][a-z0-9_]*");
	}
}

static void bad_summaries_are_blamed(void **state)
{
	struct sw_strategy strategy = sound();

	(void)state;
	strategy.summary = NULL;
	assert_blamed(&strategy, "it has no summary");
	strategy.summary = "";
	assert_blamed(&strategy, "it has no summary");
	strategy.summary = "two\nlines";
	assert_blamed(&strategy, "its summary is longer than one line");
}

static void missing_hooks_are_blamed(void **state)
{
	static const char required[] = "it lacks the spawn or the confirm hook";
	static const char paired[] =
		"it has one of open and close without the other";
	struct sw_strategy strategy = sound();

	(void)state;
	strategy.spawn = NULL;
	assert_blamed(&strategy, required);
	strategy = sound();
	strategy.confirm = NULL;
	assert_blamed(&strategy, required);
	strategy = sound();
	strategy.open = open_hook;
	assert_blamed(&strategy, paired);
	strategy = sound();
	strategy.close = close_hook;
	assert_blamed(&strategy, paired);
}

static void impossible_traits_are_blamed(void **state)
{
	static const char neither[] =
		"it must declare suspends_caller or asynchronous: whether its "
		"caller waits for exec";
	static const char both[] =
		"it cannot be both suspends_caller and asynchronous";
	static const char nothing[] = "it creates nothing and yet waits for it";
	static const char copies[] = "it cannot share memory and copy it";
	static const struct {
		unsigned traits;
		const char *why;
	} cases[] = {
		{ 0, neither },
		{ SW_THREAD_SAFE, neither },
		{ SW_SUSPENDS_CALLER | SW_ASYNCHRONOUS, both },
		{ SW_CREATES_NOTHING | SW_ASYNCHRONOUS, nothing },
		{ SW_CREATES_NOTHING | SW_SUSPENDS_CALLER, nothing },
		{ SW_SUSPENDS_CALLER | SW_SHARES_MEMORY | SW_CHARGES_COMMIT,
		  copies },
		{ SW_ASYNCHRONOUS | SW_SHARES_MEMORY | SW_COPIES_PAGE_TABLES,
		  copies },
		{ SW_SUSPENDS_CALLER | 1u << SW_TRAIT_COUNT,
		  "it declares a trait that does not exist" },
		{ SW_SUSPENDS_CALLER | 1u << 31,
		  "it declares a trait that does not exist" },
	};
	struct sw_strategy strategy = sound();

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		strategy.traits = cases[i].traits;
		assert_blamed(&strategy, cases[i].why);
	}
}

static void registered_ones_pass(void **state)
{
	(void)state;
	assert_non_null(sw_strategies[0]);
	for (size_t i = 0; sw_strategies[i]; i++) {
		const char *why = sw_check(sw_strategies[i]);

		if (why)
			fail_msg("strategy number %zu: %s", i, why);
		assert_ptr_equal(sw_find(sw_strategies[i]->name),
				 sw_strategies[i]);
		if (i)
			assert_true(strcmp(sw_strategies[i - 1]->name,
					   sw_strategies[i]->name) < 0);
	}
}

static int is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

/* The registry is made of the file names, in order: symbol N is strategy_ and
 * file N, so a name that is its file's is its symbol's too. */
static void names_are_file_names(void **state)
{
	struct dirent **entries;
	const int count = scandir("strategies", &entries, is_visible, by_bytes);

	(void)state;
	assert_true(count > 0);
	for (int i = 0; i < count; i++) {
		char *name = entries[i]->d_name;

		name[strcspn(name, ".")] = '\0';
		assert_non_null(sw_strategies[i]);
		assert_string_equal(sw_strategies[i]->name, name);
		free(entries[i]);
	}
	assert_null(sw_strategies[count]);
	free(entries);
}

static void unknown_names_are_not_found(void **state)
{
	char longer[64];

	(void)state;
	assert_null(sw_find(NULL));
	assert_null(sw_find(""));
	assert_null(sw_find("no_such_strategy"));
	strcpy(longer, sw_strategies[0]->name);
	assert_non_null(sw_find(longer));
	strcat(longer, "x");
	assert_null(sw_find(longer));
	longer[1] = '\0';
	assert_null(sw_find(longer));
}

static void every_trait_has_a_name(void **state)
{
	(void)state;
	assert_string_equal(sw_trait_name(SW_SUSPENDS_CALLER),
			    "suspends_caller");
	assert_string_equal(sw_trait_name(SW_CREATES_NOTHING),
			    "creates_nothing");
	assert_string_equal(sw_trait_name(SW_EXPERIMENTAL), "experimental");
	for (int a = 0; a < SW_TRAIT_COUNT; a++) {
		assert_non_null(sw_trait_name((enum sw_trait)(1u << a)));
		for (int b = 0; b < a; b++)
			assert_string_not_equal(
				sw_trait_name((enum sw_trait)(1u << a)),
				sw_trait_name((enum sw_trait)(1u << b)));
	}
	assert_null(sw_trait_name((enum sw_trait)(1u << SW_TRAIT_COUNT)));
	assert_null(sw_trait_name((enum sw_trait)0));
	assert_null(sw_trait_name((enum sw_trait)3));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sound_ones_pass),
		cmocka_unit_test(others_than_ours_are_blamed),
		cmocka_unit_test(newer_ones_pass_without_what_is_new),
		cmocka_unit_test(older_ones_work),
		cmocka_unit_test(bad_names_are_blamed),
		cmocka_unit_test(bad_summaries_are_blamed),
		cmocka_unit_test(missing_hooks_are_blamed),
		cmocka_unit_test(impossible_traits_are_blamed),
		cmocka_unit_test(registered_ones_pass),
		cmocka_unit_test(names_are_file_names),
		cmocka_unit_test(unknown_names_are_not_found),
		cmocka_unit_test(every_trait_has_a_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
