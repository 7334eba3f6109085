/* SPDX-License-Identifier: MIT */
/*
 * The tables of data/README.md, printed from the rows that bench declares:
 * `make tables` puts them there, and tests/docs.bats says when that is due.
 */

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "bench/attest/attest.h"
#include "bench/doctor/diagnosis.h"
#include "bench/files/samples.h"
#include "bench/judge/compare.h"
#include "bench/judge/quality.h"
#include "bench/labs/labs.h"
#include "bench/watch/watch_report.h"

/* The unit stands last in a name, where the kind of the field has none. */
static const char *unit_of(const struct row_field *field, bool json)
{
	static const struct {
		const char *end;
		const char *unit;
	} units[] = { { "_bytes", "bytes " },
		      { "_bytes_per_hour", "bytes/h " },
		      { "_ns", "ns " },
		      { "_s", "s " } };
	const size_t length = strlen(field->name);

	if (field->kind == FIELD_FLAG)
		return json ? "" : "0, 1 ";
	if (field->kind == FIELD_RATIO)
		return "1 ";
	for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
		const size_t end = strlen(units[i].end);

		if (length > end &&
		    !strcmp(field->name + length - end, units[i].end))
			return units[i].unit;
	}
	return "";
}

/* Fields without a text of their own share the next one's line. */
static void print_fields(const struct row_field *field, bool json)
{
	for (const char *before = "| "; field->name; field++) {
		printf("%s`%s`", before, field->name);
		before = ", ";
		if (!field->help)
			continue;
		printf(" | %s| %s |\n", unit_of(field, json), field->help);
		before = "| ";
	}
}

static void print_part(const struct row_part *part, bool json)
{
	const struct row_field *last = part->fields;

	if (!part->help) {
		print_fields(part->fields, json);
		return;
	}
	while (last[1].name)
		last++;
	printf("| `%s` to `%s` | | %s |\n", part->fields->name, last->name,
	       part->help);
}

/* what: "column" of CSV, "key" of JSON. */
static void print_table(const char *what, const char *name,
			const struct row_type *type)
{
	printf("<!-- %ss: %s -->\n| %s | unit | meaning |\n"
	       "| --- | --- | --- |\n",
	       what, name, what);
	for (const struct row_part *part = type->parts; part->fields; part++)
		print_part(part, *what == 'k');
	printf("<!-- end -->\n");
}

int main(void)
{
	static const struct row_type *const objects[] = {
		&quality_row,	      &attest_row,
		&watch_row,	      &watch_group_row,
		&watch_rival_row,     &diagnosis_row,
		&found_strategy_row,  &found_memory_row,
		&found_group_row,     &warning_row,
		&predicted_heap_row,  &predicted_process_row,
		&predicted_spawn_row, &process_limits_row,
	};

	print_table("column", samples_row.file, &samples_row);
	print_table("column", cells_row.file, &cells_row);
	print_table("column", compare_row.file, &compare_row);
	print_table("column", "watch", &memory_sample_row);
	for (size_t i = 0; all_labs[i]; i++)
		print_table("column", all_labs[i]->row->file, all_labs[i]->row);
	for (size_t i = 0; i < sizeof objects / sizeof *objects; i++)
		print_table("key", objects[i]->file, objects[i]);
	return ferror(stdout) || fflush(stdout);
}
