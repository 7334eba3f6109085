/* SPDX-License-Identifier: MIT */
/*
 * spawnwise list: the strategies, their traits, what this machine supports,
 * and whether each is what its name says.
 */

#include <errno.h>
#include <jansson.h>
#include <stdarg.h>
#include <string.h>

#include "bench/attest/attest.h"
#include "bench/attest/attest_report.h"
#include "bench/rows/csv.h"
#include "bench/rows/errname.h"
#include "bench/show/cure.h"
#include "bench/show/lines.h"
#include "bench/show/table.h"
#include "bench/verbs/verbs.h"
#include "lib/spawnwise.h"

#define CONTINUED 2 /* blanks before a continued text */

/* What is told of one strategy. */
struct entry {
	const struct sw_strategy *strategy;
	int refused; /* 0, or the errno that says why it is not available */
	struct attestation seen;
	char attested[ATTESTATION_BYTES];
	const char *fault;
};

static struct entry look_at(const struct sw_strategy *strategy)
{
	struct entry entry = { .strategy = strategy };

	attest(strategy, &entry.seen);
	entry.refused = entry.seen.refused;
	entry.fault = attestation_fault(strategy, &entry.seen);
	attestation_text(&entry.seen, entry.attested, sizeof entry.attested);
	return entry;
}

static const char *trait_word(unsigned bit)
{
	return sw_trait_name(bit);
}

/* For people: a name that sounds like a fault is explained. */
static const char *trait_gloss(unsigned bit)
{
	return bit == SW_SILENT_FAILURE
		       ? "silent_failure (no SIGCHLD and nothing to wait for "
			 "where exec fails)"
		       : trait_word(bit);
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

/* How much of text, at least one character, fits into width columns: up to a
 * blank, or behind a bar. */
static int line_length(const char *text, int width)
{
	int fits = 0;

	for (int i = 0; i <= width; i++) {
		if (!text[i])
			return i;
		if (text[i] == ' ')
			fits = i;
		else if (i < width && text[i] == '|')
			fits = i + 1;
	}
	return fits ? fits : width;
}

/* Rows of the second column, as many as the text needs, the first one
 * hanging out. */
__attribute__((format(printf, 4, 5))) static void
add_text(struct table *table, enum table_style style, int width,
	 const char *format, ...)
{
	char text[1024];
	const char *rest = text;
	va_list values;

	va_start(values, format);
	vsnprintf(text, sizeof text, format, values);
	va_end(values);
	for (int indent = 0; *rest; indent = CONTINUED) {
		const int length = line_length(rest, width - indent);

		table_cell(table, "%s", "");
		table_cell(table, "%*s%.*s", indent, "", length, rest);
		table_row(table, style);
		rest += length;
		rest += strspn(rest, " ");
	}
}

static void add_entry(struct table *table, const struct entry *entry, int width)
{
	const struct sw_strategy *strategy = entry->strategy;
	char words[512];

	table_cell(table, "%s", strategy->name);
	table_cell(table, "%s", strategy->summary);
	table_row(table, TABLE_STRONG);
	if (entry->refused) {
		add_text(table, TABLE_BAD, width, "not available: %s (%s)",
			 strerror(entry->refused), entry->seen.step);
		add_text(table, TABLE_PLAIN, width, "%s",
			 cure_of(CURE_STRATEGY, -entry->refused,
				 "Use another strategy."));
	} else
		add_text(table, TABLE_PLAIN, width, "supported here");
	if (entry->seen.unseen)
		add_text(table, TABLE_BAD, width, "%s", entry->attested);
	else if (!entry->refused)
		add_text(table, TABLE_PLAIN, width, "attested: %s",
			 entry->attested);
	if (entry->fault)
		add_text(table, TABLE_BAD, width, "CONTRADICTION: %s",
			 entry->fault);
	join(strategy->traits, trait_gloss, words, sizeof words);
	add_text(table, TABLE_FAINT, width, "traits: %s", words);
	join(strategy->honours, field_word, words, sizeof words);
	add_text(table, TABLE_FAINT, width, "honours: %s",
		 *words ? words : "none");
}

/* What is left of a line beside the names. */
static int text_columns(void)
{
	size_t longest = 0;

	for (size_t i = 0; sw_strategies[i]; i++)
		if (strlen(sw_strategies[i]->name) > longest)
			longest = strlen(sw_strategies[i]->name);
	return lines_columns(stdout) - (int)longest - 2;
}

static int list_table(void)
{
	struct table table;
	int error;

	table_init(&table, "ll");
	for (size_t i = 0; sw_strategies[i]; i++) {
		const struct entry entry = look_at(sw_strategies[i]);

		add_entry(&table, &entry, text_columns());
	}
	error = table_print(&table, stdout);
	table_release(&table);
	return error;
}

static void put_entry(struct csv_writer *csv, const struct entry *entry)
{
	const struct sw_strategy *strategy = entry->strategy;
	char words[512];

	csv_put_text(csv, strategy->name);
	csv_put_text(csv, entry->refused ? "no" : "yes");
	csv_put_text(csv, errname(entry->refused));
	join(strategy->traits, trait_word, words, sizeof words);
	csv_put_text(csv, words);
	csv_put_text(csv, strategy->summary);
	join(strategy->honours, field_word, words, sizeof words);
	csv_put_text(csv, words);
	csv_put_text(csv, entry->attested);
	csv_put_text(csv, entry->fault ? entry->fault : "");
}

static int list_csv(void)
{
	struct csv_writer csv = { .stream = stdout };
	int error = csv_put_names(&csv, "name,supported,reason,traits,summary,"
					"honours,attested,contradiction");

	for (size_t i = 0; sw_strategies[i] && !error; i++) {
		const struct entry entry = look_at(sw_strategies[i]);

		put_entry(&csv, &entry);
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
	const struct entry entry = look_at(strategy);

	return json_pack("{s:s, s:b, s:s, s:o, s:s, s:o, s:o}", "name",
			 strategy->name, "supported", !entry.refused, "reason",
			 errname(entry.refused), "traits",
			 words_json(strategy->traits, trait_word), "summary",
			 strategy->summary, "honours",
			 words_json(strategy->honours, field_word), "attested",
			 attested_json(strategy, &entry.seen));
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
	/* main() tells what became of the output. */
	return error && !ferror(stdout) ? -ENOMEM : 0;
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
		return fail(
			why, EXIT_FAILED,
			cure_of(CURE_FILE, error, "See where its output goes."),
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
	.details =
		"Tries each strategy once, in a process of its own, and holds "
		"the child when it\nasks for exec: which system call created "
		"it, whether it shares the caller's\nmemory, whether the "
		"caller waits. What contradicts the traits is said; where\n"
		"seccomp forbids to look the strategy is \"not attested\", "
		"with the reason.",
	.options = list_options,
	.examples = list_examples,
	.run = list_run,
};
