/* SPDX-License-Identifier: MIT */
/*
 * The columns of all CSV files that data/README.md explains, as the rows in
 * bench declare them: a line each with the heading of the file's table, the
 * column and its unit. tests/docs.bats compares them with the tables.
 */

#include <stdio.h>
#include <string.h>

#include "bench/files/samples.h"
#include "bench/labs/labs.h"
#include "bench/watch/memory_sample.h"

/* The unit stands last in a name, where the kind of the field has none. */
static const char *unit_of(const struct row_field *field)
{
	static const struct {
		const char *end;
		const char *unit;
	} units[] = { { "_bytes", "bytes" }, { "_ns", "ns" }, { "_s", "s" } };
	const size_t length = strlen(field->name);

	if (field->kind == FIELD_FLAG)
		return "0, 1";
	if (field->kind == FIELD_RATIO)
		return "1";
	for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
		const size_t end = strlen(units[i].end);

		if (length > end &&
		    !strcmp(field->name + length - end, units[i].end))
			return units[i].unit;
	}
	return "";
}

static void print_type(const char *heading, const struct row_type *type)
{
	for (const struct row_part *part = type->parts; part->fields; part++)
		for (const struct row_field *field = part->fields; field->name;
		     field++)
			printf("%s: %s |%s\n", heading, field->name,
			       unit_of(field));
}

int main(void)
{
	print_type(samples_row.file, &samples_row);
	print_type(cells_row.file, &cells_row);
	print_type("The rows of watch", &memory_sample_row);
	for (size_t i = 0; all_labs[i]; i++)
		print_type(all_labs[i]->row->file, all_labs[i]->row);
	return ferror(stdout) || fflush(stdout);
}
