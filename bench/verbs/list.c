/* SPDX-License-Identifier: MIT */
/*
 * spawnwise list: the strategies, their traits, what this machine supports,
 * and whether each is what its name says.
 */

#include <string.h>

#include "bench/attest/attest.h"
#include "bench/machine/text.h"
#include "bench/rows/rows.h"
#include "bench/show/table.h"
#include "bench/verbs/strategies.h"
#include "bench/verbs/verbs.h"

/* What is known of one strategy. */
struct entry {
	const struct sw_strategy *strategy;
	struct attestation seen;
	const char *name, *summary;
	int supported;
	char traits[512], honours[512];
};

#define AT(member) offsetof(struct entry, member)

static const struct row_field fields[] = {
	FIELD("name", TEXT, AT(name)),
	FIELD("supported", YES, AT(supported)),
	FIELD("reason", ERRNO, AT(seen.refused)),
	FIELD("traits", WORDS, AT(traits)),
	FIELD("summary", TEXT, AT(summary)),
	FIELD("honours", WORDS, AT(honours)),
	{ 0 },
};

static const struct row_field in_text[] = {
	FIELD("attested", LINE, AT(seen.text)),
	FIELD("contradiction", TEXT, AT(seen.contradiction)),
	{ 0 },
};

static const struct row_field in_json[] = {
	FIELD("attested", EMBEDDED, AT(seen), .type = &attest_row),
	{ 0 },
};

static const struct row_type csv_row = {
	"list --csv", { { .fields = fields }, { .fields = in_text } }
};
static const struct row_type json_row = {
	"list --json", { { .fields = fields }, { .fields = in_json } }
};

/* For people: a name that sounds like a fault is explained. */
static const char *trait_gloss(enum sw_trait bit)
{
	return bit == SW_SILENT_FAILURE
		       ? "silent_failure (no SIGCHLD and nothing to wait for "
			 "where exec fails)"
		       : sw_trait_name(bit);
}

/* The words for the bits that are set, a blank between them. */
static void join(unsigned bits, const char *(*word)(unsigned), char *text,
		 size_t length)
{
	*text = '\0';
	for (; bits; bits &= bits - 1)
		text_join(text, length, " ", "%s", word(bits & -bits));
}

static void look_at(const struct sw_strategy *strategy, struct entry *entry)
{
	*entry = (struct entry){
		.strategy = strategy,
		.name = strategy->name,
		.summary = strategy->summary,
	};
	attest(strategy, &entry->seen);
	entry->supported = !entry->seen.refused;
	join(strategy->traits, sw_trait_name, entry->traits,
	     sizeof entry->traits);
	join(strategy->honours, sw_field_name, entry->honours,
	     sizeof entry->honours);
}

static void add_entry(struct table *table, const struct entry *entry)
{
	const struct attestation *seen = &entry->seen;
	char traits[512];

	report_line(table, entry->name, TABLE_STRONG, "%s", entry->summary);
	if (entry->supported) {
		report_line(table, "", TABLE_PLAIN, "supported here");
	} else {
		report_line(table, "", TABLE_BAD, "not available: %s (%s)",
			    strerror(seen->refused), seen->step);
		report_line(table, "", TABLE_PLAIN, "%s",
			    cure_of(CURE_STRATEGY, -seen->refused,
				    "Use another strategy."));
	}
	if (seen->unseen)
		report_line(table, "", TABLE_BAD, "%s", seen->text);
	else if (entry->supported)
		report_line(table, "", TABLE_PLAIN, "attested: %s", seen->text);
	if (seen->contradiction)
		report_line(table, "", TABLE_BAD, "CONTRADICTION: %s",
			    seen->contradiction);
	join(entry->strategy->traits, trait_gloss, traits, sizeof traits);
	report_line(table, "", TABLE_FAINT, "traits: %s", traits);
	report_line(table, "", TABLE_FAINT, "honours: %s",
		    *entry->honours ? entry->honours : "none");
}

struct options {
	bool json, csv;
};

/* Each strategy takes a while to be looked at: CSV tells it at once. */
static int list(const struct options *options)
{
	const bool csv = options->csv && !options->json;
	struct csv_writer writer = { .stream = stdout };
	json_auto_t *array = json_array();
	struct table table;
	struct entry entry;
	int error = csv ? row_put_header(&writer, &csv_row) : 0;

	table_init(&table, "ll");
	table.columns = lines_columns(stdout);
	table.hang = 2;
	for (size_t i = 0; strategies()[i] && !error; i++) {
		look_at(strategies()[i], &entry);
		if (options->json)
			json_array_append_new(array,
					      row_json(&json_row, &entry));
		else if (csv)
			error = row_put(&writer, &csv_row, NULL, &entry);
		else
			add_entry(&table, &entry);
	}
	if (options->json)
		error = row_json_print(json_incref(array), stdout);
	else if (!csv)
		error = table_print(&table, stdout);
	return error;
}

static int list_run(const struct arguments *args, struct failure *why)
{
	return fail_errno(why, EXIT_FAILED, CURE_FILE,
			  list((const void *)args->options),
			  "See where its output goes.", "list strategies");
}

static const struct option_spec list_options[] = {
	OPTION("json", 0, SWITCH, "print a JSON array", INTO(json)),
	OPTION("csv", 0, SWITCH, "print CSV with a header", INTO(csv)),
	OPTION("plugin", 0, PLUGIN,
	       "load a strategy of your own, NAME.so; again for another",
	       .each = true),
	{ 0 },
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
	.examples = (const char *const[]){ "spawnwise list",
					   "spawnwise list --csv | cut -d, -f1",
					   NULL },
	.run = list_run,
};
