/* SPDX-License-Identifier: MIT */
/* What a comparison says; see comparison.h. Longer than other files: each
 * format tells the same. */

#include "bench/show/comparison.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/files/axes.h"
#include "bench/judge/scales.h"
#include "bench/machine/host.h"
#include "bench/machine/text.h"
#include "bench/show/table.h"

/* What is another one at each moment, and so says nothing of the machine. */
static bool is_of_the_moment(const char *key)
{
	return !strncmp(key, "load_", 5) || !strcmp(key, "date_utc") ||
	       !strcmp(key, "available_bytes");
}

/* Add to list what differs: {"key", "a", "b"}, objects key by key. */
static void add_difference(json_t *list, const char *name, json_t *a, json_t *b)
{
	const bool nested = json_is_object(a) && json_is_object(b);
	char inner[128];

	for (void *at = nested ? json_object_iter(a) : NULL; at;
	     at = json_object_iter_next(a, at)) {
		const char *key = json_object_iter_key(at);

		snprintf(inner, sizeof inner, "%s.%s", name, key);
		add_difference(list, inner, json_object_iter_value(at),
			       json_object_get(b, key));
	}
	if (nested)
		return;
	if (a && b && !json_equal(a, b) && !is_of_the_moment(name))
		json_array_append_new(list, json_pack("{ss sO sO}", "key", name,
						      "a", a, "b", b));
}

/* Of what is said of each machine; not of the runs. */
static json_t *differences(const struct comparison_report *report)
{
	json_auto_t *facts = host_facts();
	json_t *list = json_array();

	for (void *at = json_object_iter(facts); at;
	     at = json_object_iter_next(facts, at)) {
		const char *key = json_object_iter_key(at);

		add_difference(list, key,
			       json_object_get(report->hosts[0], key),
			       json_object_get(report->hosts[1], key));
	}
	return list;
}

/* The reference of B over that of A, or NAN. */
static double reference_ratio(const struct comparison_report *report)
{
	double ns[2];

	for (int i = 0; i < 2; i++)
		ns[i] = json_number_value(
			json_object_get(report->hosts[i], "reference_ns"));
	return ns[0] > 0 && ns[1] > 0 ? ns[1] / ns[0] : NAN;
}

static void print_differences(const struct comparison_report *report,
			      const char *item)
{
	json_auto_t *list = differences(report);

	if (json_array_size(list))
		printf("%sThe machines differ:\n", item);
	for (size_t i = 0; i < json_array_size(list); i++) {
		static const char *const sides[] = { "a", "b" };
		const json_t *difference = json_array_get(list, i);
		char *texts[2];

		for (int k = 0; k < 2; k++)
			texts[k] = json_dumps(
				json_object_get(difference, sides[k]),
				JSON_ENCODE_ANY);
		printf("  %s", item);
		text_put(json_string_value(json_object_get(difference, "key")),
			 "", stdout);
		printf(": %s, then %s\n", texts[0], texts[1]);
		free(texts[0]);
		free(texts[1]);
	}
}

/* "12 same, 3 slower, 1 unproven" and whose fault a common shift is. */
static void print_sum(const struct comparison_report *report)
{
	const double reference = reference_ratio(report);
	size_t counts[COMPARE_VERDICTS] = { 0 };
	const char *before = "";

	for (size_t i = 0; i < report->found->count; i++)
		counts[report->found->list[i].verdict]++;
	for (int i = 0; i < COMPARE_VERDICTS; i++) {
		if (!counts[i])
			continue;
		printf("%s%zu %s", before, counts[i], compare_verdicts[i]);
		before = ", ";
	}
	fputs(".\n", stdout);
	if (counts[COMPARE_UNPROVEN])
		fputs("unproven: the interval, or what the runs can tell, "
		      "allows more than one verdict; measure longer, with "
		      "--precision "
		      "and --budget.\n",
		      stdout);
	if (fabs(log(reference)) > log(1.03))
		printf("The reference, a bare vfork, took %.0f %% %s in B: so "
		       "much is the machine, its kernel, its settings or the "
		       "program that is spawned, and no strategy.\n",
		       100 * fabs(reference - 1),
		       reference > 1 ? "longer" : "less");
}

static enum table_style style_of(enum compare_verdict verdict)
{
	if (verdict == COMPARE_SLOWER || verdict == COMPARE_REFUSED)
		return TABLE_BAD;
	if (verdict == COMPARE_FASTER || verdict == COMPARE_WORKS)
		return TABLE_STRONG;
	return verdict == COMPARE_SAME ? TABLE_PLAIN : TABLE_FAINT;
}

/* "+4.2 %", "-0.3 %"; from twice as long on "3.1 x", down to half "1/391 x". */
static void change_text(double ratio, char text[32])
{
	if (isnan(ratio))
		snprintf(text, 32, "-");
	else if (ratio < 0.5)
		snprintf(text, 32, 1 / ratio < 999.5 ? "1/%.3g x" : "1/%.0f x",
			 1 / ratio);
	else if (ratio < 2)
		snprintf(text, 32, "%+.1f %%", 100 * (ratio - 1));
	else
		snprintf(text, 32, ratio < 999.5 ? "%.3g x" : "%.0f x", ratio);
}

static const char *const titles[] = { "cell", "strategy", "A",
				      "B",    "B - A",	  "from",
				      "to",   "verdict",  NULL };

static int print_rows(const struct comparison_report *report, bool markdown)
{
	struct table table;
	char text[32];

	table_init(&table, "llrrrrrl");
	table.markdown = markdown;
	table_heads(&table, titles);
	for (size_t i = 0; i < report->found->count; i++) {
		const struct comparison *pair = &report->found->list[i];
		const double changes[] = { pair->ratio, pair->lo, pair->hi };

		table_cell(&table, "%s", axes_place(&pair->cell).text);
		table_cell(&table, "%s",
			   report->strategies ? "" : pair->cell.strategy);
		table_duration(&table, pair->a_ns);
		table_duration(&table, pair->b_ns);
		for (int k = 0; k < 3; k++) {
			change_text(changes[k], text);
			table_cell(&table, "%s", text);
		}
		table_cell(&table, "%s", compare_verdicts[pair->verdict]);
		table_row(&table, style_of(pair->verdict));
	}
	return table_print(&table, stdout);
}

/* In markdown as a list, or the lines would flow together. */
static int print_text(const struct comparison_report *report, bool markdown)
{
	const char *item = markdown ? "- " : "";
	int error;

	for (int i = 0; i < 2; i++) {
		printf("%s%c: ", item, 'A' + i);
		text_put(report->names[i], "", stdout);
		fputs("\n", stdout);
	}
	print_differences(report, item);
	fputs("\n", stdout);
	error = print_rows(report, markdown);
	fputs("\n", stdout);
	print_sum(report);
	return error;
}

int comparison_put_csv(const struct comparison_report *report, FILE *stream)
{
	struct csv_writer csv = { .stream = stream };
	int error = row_put_header(&csv, &compare_row);

	for (size_t i = 0; i < report->found->count && !error; i++)
		error = row_put(&csv, &compare_row, report->run_id,
				&report->found->list[i]);
	return error;
}

static int print_json(const struct comparison_report *report)
{
	const double reference = reference_ratio(report);
	json_t *cells = json_array();

	for (size_t i = 0; i < report->found->count; i++) {
		json_t *row = row_json(&compare_row, &report->found->list[i]);

		json_object_set_new(row, "run_id", host_string(report->run_id));
		json_array_append_new(cells, row);
	}
	return row_json_print(
		json_pack("{so so so so so}", "a",
			  host_string(report->names[0]), "b",
			  host_string(report->names[1]), "differences",
			  differences(report), "reference_ratio",
			  isnan(reference) ? json_null() : json_real(reference),
			  "cells", cells),
		stdout);
}

int comparison_print(const struct comparison_report *report, const char *format)
{
	if (!strcmp(format, "csv"))
		return comparison_put_csv(report, stdout);
	if (!strcmp(format, "json"))
		return print_json(report);
	return print_text(report, !strcmp(format, "markdown"));
}

int comparison_put_run(const char *name, const struct samples *samples,
		       FILE *stream)
{
	struct scales scales;
	int error = scales_make(&scales, samples->list, samples->count);

	if (error)
		return error;
	fputs("run: ", stream);
	text_put(name, "", stream);
	fputs("\n", stream);
	for (size_t i = 0; i < samples->cells.count; i++) {
		const struct cell *cell = &samples->cells.rows[i].cell;
		const size_t count =
			quiet_parents(cell->id, &scales, scales.weights);

		for (size_t k = 0; k < count && cell->creates_nothing != 1; k++)
			fprintf(stream,
				"BenchmarkSpawn/strategy=%s 1 %.0f ns/op\n",
				axes_name(cell, '=').text,
				scales.weights[k].quiet_ns);
	}
	scales_release(&scales);
	return ferror(stream) ? -EIO : 0;
}
