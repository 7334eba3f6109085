/* SPDX-License-Identifier: MIT */
/*
 * A verb's table of options: what is read, what is refused and how the error
 * reads, and that strategies are checked at the start.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Before cmocka, which has a macro of the name fail. */
#include "bench/verbs/strategies.h"
#include "bench/verbs/verbs.h"

#include <cmocka.h>

struct options {
	const char *heap, *out, *mode;
	bool quick;
	uint64_t count, bytes, span_ns;
	struct value_list sizes;
};

static const char *const modes[] = { "one", "two", "three", NULL };

static const struct option_spec table[] = {
	OPTION("heap", 'H', TEXT, "heaps", INTO(heap), "0,64M"),
	OPTION("out", 0, TEXT, "where to", INTO(out)),
	OPTION("quick", 'q', SWITCH, "sooner", INTO(quick)),
	OPTION("count", 'n', COUNT, "how often", INTO(count), "3", .low = 1,
	       .high = 9),
	OPTION("mode", 0, WORD, "which", INTO(mode), "two", .words = modes),
	OPTION("bytes", 0, HEAP, "how many", INTO(bytes), .what = "read size"),
	OPTION("span", 0, TIME, "how long", INTO(span_ns), .low = 1000000),
	OPTION("sizes", 0, SIZE, "how large", INTO(sizes), .list = 3),
	{ 0 },
};

/* Another, with an option that is required. */
static const struct option_spec needed[] = {
	OPTION("pid", 'p', PID, "whose", INTO(count), .what = "read pid",
	       .required = "look"),
	{ 0 },
};

static const struct verb plain = {
	.name = "verb", .operands = "[RUN]", .options = table, .operands_max = 1
};
static const struct verb command = { .name = "exec",
				     .operands = "-- CMD...",
				     .options = table,
				     .operands_min = 1,
				     .operands_max = OPERANDS_COMMAND };

static const struct verb looking = { .name = "look", .options = needed };

static struct arguments args;
static struct failure why;

/* Parse words, a NULL-terminated list, by a verb. */
#define parse(verb, ...)                                                       \
	parse_words((verb), (const char *[16]){ (verb)->name, ##__VA_ARGS__ })

static int parse_words(const struct verb *verb, const char **words)
{
	int count = 0;

	while (words[count])
		count++;
	why = (struct failure){ 0 };
	return arguments_parse(&args, verb, count, (char **)(uintptr_t)words,
			       &why);
}

static void check_refused(int code, const char *what, const char *cure)
{
	assert_int_equal(code, EXIT_USAGE);
	assert_string_equal(why.what, what);
	assert_non_null(strstr(why.cure, cure));
}

static void values_and_fallbacks(void **state)
{
	(void)state;
	assert_int_equal(parse(&plain), 0);
	assert_string_equal(argument_value(&args, "heap"), "0,64M");
	assert_null(argument_value(&args, "out"));
	assert_false(argument_given(&args, "heap"));
	assert_false(argument_given(&args, "quick"));

	assert_int_equal(parse(&plain, "--heap", "1G", "-q", "run", "--out=x"),
			 0);
	assert_string_equal(argument_value(&args, "heap"), "1G");
	assert_string_equal(argument_value(&args, "out"), "x");
	assert_true(argument_given(&args, "quick"));
	assert_int_equal(args.operand_count, 1);
	assert_string_equal(args.operands[0], "run");

	assert_int_equal(parse(&plain, "-H1G", "-H", "2G"), 0);
	assert_string_equal(argument_value(&args, "heap"), "2G");
	assert_int_equal(parse(&plain, "--hea", "3G"), 0);
	assert_string_equal(argument_value(&args, "heap"), "3G");
}

/* As the table says, into the verb's struct. */
static void members_are_filled(void **state)
{
	const struct options *values = (const void *)args.options;

	(void)state;
	assert_int_equal(parse(&plain), 0);
	assert_string_equal(values->heap, "0,64M");
	assert_null(values->out);
	assert_false(values->quick);
	assert_int_equal(values->count, 3);
	assert_string_equal(values->mode, "two");
	assert_int_equal(values->bytes, 0);
	assert_int_equal(values->sizes.count, 0);

	assert_int_equal(parse(&plain, "-q", "-n9", "--mode=three", "--bytes",
			       "1M", "--span", "2ms", "--sizes", "5,1K,1.5G"),
			 0);
	assert_true(values->quick);
	assert_int_equal(values->count, 9);
	assert_string_equal(values->mode, "three");
	assert_int_equal(values->bytes, 1 << 20);
	assert_int_equal(values->span_ns, 2000000);
	assert_int_equal(values->sizes.count, 3);
	assert_int_equal(values->sizes.values[2].number, 3 << 29);
	/* With --help nothing is looked at. */
	assert_int_equal(parse(&plain, "--help", "-n", "many"), 0);
}

/* 63 characters: as much as there can be of a value in a list. */
#define LONG "123456789 123456789 123456789 123456789 123456789 123456789 123"

static void values_refused(void **state)
{
	(void)state;
	check_refused(parse(&plain, "-n", "10"),
		      "verb --count 10: it is out of range",
		      "Give a whole number from 1 to 9.");
	check_refused(parse(&plain, "-n", "x"),
		      "verb --count x: it is not a whole number", "from 1 to");
	check_refused(parse(&plain, "--mode", "tow"),
		      "verb --mode tow: it is not known",
		      "Use --mode one, two or three.");
	check_refused(parse(&plain, "--bytes", "100"),
		      "read size '100': it is not a multiple of the page size",
		      "A size is a multiple");
	check_refused(parse(&plain, "--bytes", "1X"),
		      "read size '1X': it is not a size such as 0, 64M or "
		      "1.5GiB",
		      "A size is a multiple");
	check_refused(parse(&plain, "--span", "0"),
		      "verb --span 0: it is too short", "not shorter than 1ms");
	check_refused(parse(&plain, "--sizes", "1,2,1"),
		      "verb --sizes 1,2,1: \"1\" is there twice", "each once");
	check_refused(parse(&plain, "--sizes", "1K,1024"),
		      "verb --sizes 1K,1024: \"1024\" is there twice", "once");
	check_refused(parse(&plain, "--sizes", "1,2,3,4"),
		      "verb --sizes 1,2,3,4: \"4\" is one too many",
		      "Give at most 3.");
	check_refused(parse(&plain, "--sizes", "1,,2"),
		      "verb --sizes 1,,2: \"\" is not a size such as 0, 64M or "
		      "1.5GiB",
		      "A size is");
	check_refused(parse(&plain, "--sizes", "1,2,"),
		      "verb --sizes 1,2,: \"\" is not a size such as 0, 64M or "
		      "1.5GiB",
		      "A size is");
	check_refused(
		parse(&plain, "--sizes", ""),
		"verb --sizes : \"\" is not a size such as 0, 64M or 1.5GiB",
		"A size is");
	check_refused(parse(&plain, "--sizes", LONG "x," LONG "y"),
		      "verb --sizes " LONG "x," LONG "y: \"" LONG
		      "\" is not a size such as 0, 64M or 1.5GiB",
		      "A size is");
	check_refused(parse(&plain, "--sizes", "17179869184G"),
		      "verb --sizes 17179869184G: \"17179869184G\" is larger "
		      "than 16 EiB",
		      "fit into");
	check_refused(parse(&looking), "look: --pid is missing", "--pid");
	check_refused(parse(&looking, "-p0"),
		      "read pid '0': it is out of range", "pgrep");
}

static void help_beats_operands(void **state)
{
	(void)state;
	assert_int_equal(parse(&command, "--help"), 0);
	assert_true(args.help);
	assert_int_equal(parse(&plain, "-h", "a", "b"), 0);
	assert_true(args.help);
}

static void command_keeps_its_options(void **state)
{
	(void)state;
	assert_int_equal(parse(&command, "-q", "ls", "--heap", "x"), 0);
	assert_true(argument_given(&args, "quick"));
	assert_false(argument_given(&args, "heap"));
	assert_int_equal(args.operand_count, 3);
	assert_int_equal(parse(&command, "--", "--odd"), 0);
	assert_string_equal(args.operands[0], "--odd");
	assert_null(args.operands[1]);
}

static void refused(void **state)
{
	(void)state;
	check_refused(parse(&plain, "--haep", "1"),
		      "read option '--haep': there is no such option",
		      "Did you mean '--heap'?");
	check_refused(parse(&plain, "-z"),
		      "read option '-z': there is no such option",
		      "`spawnwise verb --help`");
	check_refused(parse(&plain, "--he"),
		      "read option '--he': it is short for several",
		      "`spawnwise verb --help`");
	check_refused(parse(&plain, "--out"),
		      "read option '--out': its value is missing", "--help");
	check_refused(parse(&plain, "-qH"),
		      "read option '-H': its value is missing", "--help");
	check_refused(parse(&plain, "--quick=yes"),
		      "read option '--quick=yes': it takes no value", "--help");
	check_refused(parse(&plain, "a", "b"),
		      "read 'b': verb takes no such operand", "--help");
	check_refused(parse(&command), "run exec: -- CMD... is missing",
		      "--help");
}

static void words_are_corrected(void **state)
{
	static const char *const words[] = { "list", "run", "restore" };

	(void)state;
	assert_string_equal(nearest_word("lst", words, 3), "list");
	assert_string_equal(nearest_word("rnu", words, 3), "run");
	assert_string_equal(nearest_word("restroe", words, 3), "restore");
	assert_null(nearest_word("frobnicate", words, 3));
	assert_null(nearest_word("", words, 3));
	assert_null(
		nearest_word("restorerestorerestorerestorerestore", words, 3));
}

static void long_failure_is_cut(void **state)
{
	char text[2 * sizeof why.what];

	(void)state;
	memset(text, 'x', sizeof text);
	text[sizeof text - 1] = '\0';
	assert_int_equal((fail)(&why, EXIT_FAILED, text, "%s", text),
			 EXIT_FAILED);
	assert_int_equal(strlen(why.what), sizeof why.what - 1);
	assert_int_equal(strlen(why.cure), sizeof why.cure - 1);
}

static int no_spawn(void *handle, const struct sw_request *request,
		    struct sw_child *child)
{
	(void)handle;
	(void)request;
	(void)child;
	return 0;
}

static int no_confirm(void *handle, struct sw_child *child, int timeout_ms)
{
	(void)handle;
	(void)child;
	(void)timeout_ms;
	return 0;
}

static void strategies_are_checked(void **state)
{
	static const struct sw_strategy good = { .abi = SW_ABI,
						 .name = "good",
						 .summary = "does nothing",
						 .traits = SW_CREATES_NOTHING,
						 .spawn = no_spawn,
						 .confirm = no_confirm };
	static const struct sw_strategy bad = { .abi = SW_ABI,
						.name = "bad",
						.summary = "has no hooks" };
	static const struct sw_strategy *const valid[] = { &good, NULL };
	static const struct sw_strategy *const twice[] = { &good, &good, NULL };
	static const struct sw_strategy *const hollow[] = { &good, &bad, NULL };

	(void)state;
	assert_int_equal(strategies_check(sw_strategies, &why), 0);
	assert_int_equal(strategies_check(valid, &why), 0);
	assert_int_equal(strategies_check(twice, &why), EXIT_FAILED);
	assert_string_equal(why.what, "use strategy 'good': another one has "
				      "the same name");
	assert_int_equal(strategies_check(hollow, &why), EXIT_FAILED);
	assert_non_null(strstr(why.what, "use strategy 'bad': "));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_and_fallbacks),
		cmocka_unit_test(members_are_filled),
		cmocka_unit_test(values_refused),
		cmocka_unit_test(help_beats_operands),
		cmocka_unit_test(command_keeps_its_options),
		cmocka_unit_test(refused),
		cmocka_unit_test(words_are_corrected),
		cmocka_unit_test(long_failure_is_cut),
		cmocka_unit_test(strategies_are_checked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
