/* SPDX-License-Identifier: MIT */
/* Writing samples.csv and plan.csv; see samples.h. */

#include "bench/files/samples.h"

#define AT(member) offsetof(struct sample_row, sample.member)

static const struct row_field fields[] = {
	FIELD("parent", COUNT, AT(parent),
	      "the process that spawned, counted from 0 within the run"),
	FIELD("block", COUNT, AT(block),
	      "which block of that parent, counted from 0, in the order they "
	      "ran"),
	FIELD("sample", COUNT, AT(sample),
	      "which spawn of that block, counted from 0, warm-ups included"),
	FIELD("warmup", FLAG, AT(warmup),
	      "1: kept, but in no statistic but the count of failures. See "
	      "below"),
	FIELD("return_ns", INTEGER, AT(ns[TIME_RETURN]), "time `return`"),
	FIELD("confirm_ns", INTEGER, AT(ns[TIME_CONFIRM]), "time `confirm`"),
	FIELD("start_ns", INTEGER, AT(ns[TIME_START]),
	      "time `start`; empty with `--child`, whose program does not "
	      "stamp, and for `null`"),
	FIELD("reap_ns", INTEGER, AT(ns[TIME_REAP]), "time `reap`"),
	FIELD("caller_cpu_ns", INTEGER, AT(ns[TIME_CALLER_CPU]),
	      "CPU time of the calling thread from the call to the reaping"),
	FIELD("ref_ns", INTEGER, AT(ref_ns),
	      "the reference's median `reap` just before this block: a bare "
	      "loop in a small process of its own; empty if it could not be "
	      "measured"),
	FIELD("errno", ERRNO, AT(error),
	      "empty: good. Else the name of what went wrong"),
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
