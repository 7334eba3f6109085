/* SPDX-License-Identifier: MIT */
/*
 * spawnwise list: the strategies, their traits, what this machine supports.
 *
 * Also the smallest example of a verb.
 */

#include <errno.h>
#include <jansson.h>
#include <string.h>

#include "bench/files/csv.h"
#include "bench/files/errname.h"
#include "bench/show/table.h"
#include "bench/verbs/verbs.h"
#include "lib/spawnwise.h"

/* 0 when this machine can do it, else the errno that says why not. */
static int refusal(const struct sw_strategy *strategy)
{
	return strategy->supported ? -strategy->supported() : 0;
}

static const char *trait_word(unsigned bit)
{
	return sw_trait_name(bit);
}

static const char *field_word(unsigned bit)
{
	return sw_field_name(bit);
}

/* The words for the bits that are set, a blank between them. */
static void join(unsigned bits, const char *(*word)(unsigned), char *text,
		 size_t length)
{
	size_t used = 0;

	*text = '\0';
	for (; bits && used < length; bits &= bits - 1)
		used += (size_t)snprintf(text + used, length - used, "%s%s",
					 used ? " " : "", word(bits & -bits));
}

static int list_table(void)
{
	struct table table;
	char words[512];
	int error;

	table_init(&table, "ll");
	for (size_t i = 0; sw_strategies[i]; i++) {
		const struct sw_strategy *strategy = sw_strategies[i];
		const int reason = refusal(strategy);

		table_cell(&table, "%s", strategy->name);
		table_cell(&table, "%s", strategy->summary);
		table_row(&table, TABLE_STRONG);
		table_cell(&table, "%s", "");
		if (reason)
			table_cell(&table, "not available: %s",
				   strerror(reason));
		else
			table_cell(&table, "supported here");
		table_row(&table, reason ? TABLE_BAD : TABLE_PLAIN);
		table_cell(&table, "%s", "");
		join(strategy->traits, trait_word, words, sizeof words);
		table_cell(&table, "%s", words);
		table_row(&table, TABLE_FAINT);
		table_cell(&table, "%s", "");
		join(strategy->honours, field_word, words, sizeof words);
		table_cell(&table, "honours: %s", *words ? words : "none");
		table_row(&table, TABLE_FAINT);
	}
	error = table_print(&table, stdout);
	table_release(&table);
	return error;
}

static int list_csv(void)
{
	static const char *const columns[] = {
		"name", "supported", "reason", "traits", "summary", "honours"
	};
	struct csv_writer csv = { .stream = stdout };
	char words[512];
	int error =
		csv_put_row(&csv, columns, sizeof columns / sizeof *columns);

	for (size_t i = 0; sw_strategies[i] && !error; i++) {
		const int reason = refusal(sw_strategies[i]);

		csv_put_text(&csv, sw_strategies[i]->name);
		csv_put_text(&csv, reason ? "no" : "yes");
		csv_put_text(&csv, errname(reason));
		join(sw_strategies[i]->traits, trait_word, words, sizeof words);
		csv_put_text(&csv, words);
		csv_put_text(&csv, sw_strategies[i]->summary);
		join(sw_strategies[i]->honours, field_word, words,
		     sizeof words);
		csv_put_text(&csv, words);
		error = csv_end_row(&csv);
	}
	return error;
}

static json_t *words_json(unsigned bits, const char *(*word)(unsigned))
{
	json_t *words = json_array();

	for (; bits; bits &= bits - 1)
		json_array_append_new(words, json_string(word(bits & -bits)));
	return words;
}

static json_t *strategy_json(const struct sw_strategy *strategy)
{
	const int reason = refusal(strategy);

	return json_pack("{s:s, s:b, s:s, s:o, s:s, s:o}", "name",
			 strategy->name, "supported", !reason, "reason",
			 errname(reason), "traits",
			 words_json(strategy->traits, trait_word), "summary",
			 strategy->summary, "honours",
			 words_json(strategy->honours, field_word));
}

static int list_json(void)
{
	json_t *list = json_array();
	int error = 0;

	for (size_t i = 0; sw_strategies[i]; i++)
		error |= json_array_append_new(list,
					       strategy_json(sw_strategies[i]));
	if (!error)
		error = json_dumpf(list, stdout, JSON_INDENT(2));
	putchar('\n');
	json_decref(list);
	return error ? -ENOMEM : 0;
}

static int list_run(const struct arguments *args, struct failure *why)
{
	int error;

	if (argument_given(args, "json"))
		error = list_json();
	else if (argument_given(args, "csv"))
		error = list_csv();
	else
		error = list_table();
	if (error)
		return fail(why, EXIT_FAILED, "Free some memory and try again.",
			    "list strategies: %s", strerror(-error));
	return EXIT_DONE;
}

static const struct option_spec list_options[] = {
	{ "json", 0, NULL, "print a JSON array", NULL },
	{ "csv", 0, NULL, "print CSV with a header", NULL },
	OPTION_LAST,
};

static const char *const list_examples[] = {
	"spawnwise list",
	"spawnwise list --csv | cut -d, -f1",
	NULL,
};

const struct verb verb_list = {
	.name = "list",
	.summary = "show the strategies, their traits and which work here",
	.options = list_options,
	.examples = list_examples,
	.run = list_run,
};
