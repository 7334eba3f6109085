/* SPDX-License-Identifier: MIT */
/* Writing samples.csv and plan.csv; see samples.h. */

#include "bench/files/samples.h"

#define AT(member) offsetof(struct sample_row, sample.member)

static const struct row_field fields[] = {
	FIELD("parent", COUNT, AT(parent)),
	FIELD("block", COUNT, AT(block)),
	FIELD("sample", COUNT, AT(sample)),
	FIELD("warmup", FLAG, AT(warmup)),
	FIELD("return_ns", INTEGER, AT(ns[TIME_RETURN])),
	FIELD("confirm_ns", INTEGER, AT(ns[TIME_CONFIRM])),
	FIELD("start_ns", INTEGER, AT(ns[TIME_START])),
	FIELD("reap_ns", INTEGER, AT(ns[TIME_REAP])),
	FIELD("caller_cpu_ns", INTEGER, AT(ns[TIME_CALLER_CPU])),
	FIELD("ref_ns", INTEGER, AT(ref_ns)),
	FIELD("errno", ERRNO, AT(error)),
	{ 0 },
};

const struct row_type samples_row = {
	"samples.csv",
	{ { .fields = cell_fields, offsetof(struct sample_row, cell) },
	  { .fields = fields } },
};

const struct row_type plan_row = {
	"plan.csv",
	{ { .fields = row_schema },
	  { .fields = cell_fields, offsetof(struct summary, cell) },
	  { .fields = expected_fields } },
};

int samples_append(struct row_file *file, const struct cell *cell,
		   const struct sample *sample)
{
	const struct sample_row row = { *cell, *sample };

	return row_file_append(file, &row);
}
