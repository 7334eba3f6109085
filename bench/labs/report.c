/* SPDX-License-Identifier: MIT */
/*
 * What is told of a lab's rows; see report.h.
 * Longer than other files: all that a declared part may have told.
 */

#include "bench/labs/report.h"

#include <assert.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "bench/labs/part.h"
#include "bench/machine/text.h"
#include "bench/show/table.h"
#include "lib/spawnwise.h"

const char *const bound_phrases[] = {
	"address_space",
	"the end of the address space",
	"rlimit_as",
	"RLIMIT_AS (ulimit -v)",
	"rlimit_data",
	"RLIMIT_DATA (ulimit -d)",
	"commit_limit",
	"CommitLimit",
	"ram_and_swap",
	"RAM and swap",
	NULL,
};

bool bound_is_own(const char *word)
{
	return !strncmp(word, "rlimit_", strlen("rlimit_"));
}

static const char *const mode_names[] = { "heuristic", "always", "strict" };

#define AT(member) offsetof(struct trial, member)
#define OF_CASE(member) offsetof(struct lab_case, member)
#define OF_ALL(member) offsetof(struct lab_context, member)

static const struct row_field trial_fields[] = {
	FIELD("mode", COUNT, AT(mode)),
	FIELD("mode_name", CHOICE, AT(mode), NULL, mode_names),
	FIELD("strategy", TEXT, AT(strategy_name)),
	FIELD("mark", TEXT, AT(mark)),
	{ 0 },
};

static const struct row_field case_fields[] = {
	FIELD("case", TEXT, OF_CASE(name)),
	FIELD("what", TEXT, OF_CASE(what)),
	{ 0 },
};

static const struct row_field context_fields[] = {
	FIELD("tried", COUNT, OF_ALL(tried)),
	FIELD("agreed", COUNT, OF_ALL(agreed)),
	FIELD("wrong", COUNT, OF_ALL(wrong)),
	FIELD("strategies", COUNT, OF_ALL(strategies)),
	FIELD("cases", COUNT, OF_ALL(cases)),
	{ 0 },
};

char *report_fill(const struct lab_context *context, const char *text,
		  const void *row)
{
	struct row_part parts[ROW_PARTS_MAX + 5] = { 0 };
	size_t count = 0;

	memcpy(parts, context->lab->row->parts,
	       sizeof context->lab->row->parts);
	while (parts[count].fields)
		count++;
	if (context->part->words)
		parts[count++].fields = context->part->words;
	parts[count++].fields = trial_fields;
	parts[count++] = (struct row_part){ .fields = case_fields,
					    .base = AT(one),
					    .pointed = true };
	parts[count] = (struct row_part){ .fields = context_fields,
					  .base = AT(context),
					  .pointed = true };
	return fill(text, parts, row);
}

void report_text(struct lab_context *context, const char *format, ...)
{
	OWNED_TEXT text = NULL;
	OWNED_TEXT escaped = NULL;
	va_list values;

	va_start(values, format);
	if (vasprintf(&text, format, values) < 0)
		text = NULL; /* the stream tells of a want of memory as well */
	va_end(values);
	escaped = text ? text_escaped(text, "\n") : NULL;
	lines_print(context->text, escaped ?: "", 0, 0, context->columns);
	fputs("\n\n", context->text);
}

int report_table(struct lab_context *context, struct table *table)
{
	int error;

	table->columns = context->columns;
	error = table_print(table, context->text);
	fputc('\n', context->text);
	return error;
}

static void tell_filled(struct lab_context *context, const char *text,
			const void *row)
{
	OWNED_TEXT filled = report_fill(context, text, row);

	report_text(context, "%s", filled ?: "");
}

static void add_cell(struct lab_context *context, struct table *table,
		     const char *cell, const void *row)
{
	OWNED_TEXT filled = report_fill(context, cell, row);

	table_cell(table, "%s", filled ?: "");
}

static bool was_made(const struct lab_context *context,
		     const struct trial *trial)
{
	return !trial->skipped[0] || context->part->skipped_rows;
}

/* Of one mode, or of all if that is negative; nothing where there is no row. */
static int tell_table(struct lab_context *context, int mode)
{
	const struct lab_part *part = context->part;
	const struct lab_column *columns = part->columns;
	char align[LAB_COLUMNS_MAX + 1] = "";
	const struct trial *row;
	struct table table;

	table_init(&table, align);
	for (size_t c = 0; columns[c].cell; c++) {
		assert(c < LAB_COLUMNS_MAX);
		align[c] = columns[c].align;
		if (columns[c].head)
			table_cell(&table, "%s", columns[c].head);
	}
	table_row(&table, TABLE_STRONG);
	for (size_t i = 0; (row = lab_row(context, i)); i++) {
		if ((mode >= 0 && row->mode != mode) ||
		    !was_made(context, row) ||
		    (part->listed && !part->listed(row)))
			continue;
		for (size_t c = 0; columns[c].cell; c++)
			add_cell(context, &table, columns[c].cell, row);
		table_row(&table, TABLE_PLAIN);
	}
	if (table.count == 1) {
		table_release(&table);
		return 0;
	}
	if (mode >= 0)
		fprintf(context->text, "Overcommit mode %d (%s)\n", mode,
			mode_names[mode]);
	return report_table(context, &table);
}

static int tell_tables(struct lab_context *context)
{
	int error = 0;

	if (!context->part->table_per_mode)
		return tell_table(context, -1);
	for (size_t i = 0; i < context->modes.count && !error; i++)
		error = tell_table(context,
				   (int)context->modes.values[i].number);
	return error;
}

/* A line a strategy, a column a case. */
static int tell_matrix(struct lab_context *context)
{
	const struct lab_part *part = context->part;
	const struct trial *row, *last = NULL;
	struct table table;

	table_init(&table, "llllllllllll");
	table_cell(&table, "strategy");
	for (size_t i = 0; i < part->case_count; i++)
		table_cell(&table, "%s", lab_case(part, i)->name);
	for (size_t i = 0; (row = lab_row(context, i)); i++) {
		if (!last || row->strategy != last->strategy) {
			table_row(&table, last ? TABLE_PLAIN : TABLE_STRONG);
			table_cell(&table, "%s", row->strategy_name);
		}
		if (was_made(context, row))
			add_cell(context, &table, part->matrix, row);
		else
			table_cell(&table, "-");
		last = row;
	}
	table_row(&table, TABLE_PLAIN);
	return report_table(context, &table);
}

static void tell_cases(struct lab_context *context)
{
	const struct lab_part *part = context->part;

	if (!lab_case(part, 0)->what)
		return;
	for (size_t i = 0; i < part->case_count; i++)
		fprintf(context->text, "  %-14s %s\n", lab_case(part, i)->name,
			lab_case(part, i)->what);
	fputc('\n', context->text);
}

/* The command's status tells of wrong ones too. */
static void count_agreed(struct lab_context *context)
{
	const struct trial *row;

	context->tried = context->agreed = 0;
	for (size_t i = 0; (row = lab_row(context, i)); i++) {
		context->tried += row->agrees >= 0;
		context->agreed += row->agrees > 0;
	}
	context->wrong = context->tried - context->agreed;
	context->skipped += (size_t)context->wrong;
	context->strategies = (int)lab_strategies(context->part);
	context->cases = (int)lab_cases(context->part);
}

static void tell_lesson(struct lab_context *context,
			const struct lesson *lesson)
{
	const struct trial *row;

	for (size_t i = 0; (row = lab_row(context, i)); i++) {
		if (!was_made(context, row) ||
		    (lesson->when && !lesson->when(row)))
			continue;
		tell_filled(context, lesson->text, row);
		return;
	}
}

/* The first of those that were skipped for a reason, with the cases of all. */
static void tell_skip(struct lab_context *context, size_t first)
{
	const struct trial *one = lab_row(context, first), *row;
	char cases[256] = "";

	for (size_t i = 0; (row = lab_row(context, i)); i++) {
		if (row->mode != one->mode ||
		    strcmp(row->skipped, one->skipped) ||
		    (row->strategy != one->strategy && !one->for_others))
			continue;
		if (i < first)
			return;
		if (row->one->name && !strstr(cases, row->one->name))
			text_join(cases, sizeof cases, ", ", "%s",
				  row->one->name);
	}
	context->skipped++;
	report_text(context, "Skipped in mode %d: %s%s%s. %s%s", one->mode,
		    cases, *cases && !one->for_others ? " with " : "",
		    one->for_others ? "" : one->strategy_name, one->skipped,
		    one->for_others ? " On a machine that nobody else uses, "
				      "--alone does it all the same."
				    : "");
}

int report(struct lab_context *context)
{
	const struct lab_part *part = context->part;
	const struct trial *row;
	int error = 0;

	count_agreed(context);
	if (part->sum)
		part->sum(context);
	if (part->intro)
		tell_filled(context, part->intro, lab_row(context, 0));
	if (part->matrix) {
		tell_cases(context);
		error = tell_matrix(context);
	} else if (part->columns) {
		error = tell_tables(context);
	}
	if (part->all)
		tell_filled(context,
			    !context->tried ? part->none ?: "Nothing was tried."
			    : context->wrong && part->some ? part->some
							   : part->all,
			    lab_row(context, 0));
	for (size_t i = 0; part->lessons && part->lessons[i].text; i++)
		tell_lesson(context, &part->lessons[i]);
	for (size_t i = 0; (row = lab_row(context, i)); i++)
		if (row->skipped[0])
			tell_skip(context, i);
	if (!error && part->tell)
		error = part->tell(context);
	return error;
}
