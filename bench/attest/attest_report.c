/* SPDX-License-Identifier: MIT */
/* What was attested, told; see attested.h. */

#include "bench/attest/attest_report.h"

#include <string.h>

#include "bench/rows/errname.h"
#include "bench/show/cure.h"
#include "lib/spawnwise.h"

static json_t *reason_json(int error)
{
	return error ? json_string(errname(error)) : json_null();
}

json_t *attested_json(const struct sw_strategy *strategy,
		      const struct attestation *seen)
{
	const char *fault = attestation_fault(strategy, seen);
	const bool was_seen = !seen->refused && !seen->unseen;
	const bool has_child = was_seen && seen->call && seen->executes;
	char call[ATTESTATION_BYTES];

	attestation_call(seen, call, sizeof call);
	return json_pack(
		"{s:o, s:o, s:s?, s:s?, s:o, s:o, s:s?}", "refused",
		reason_json(seen->refused), "unseen", reason_json(seen->unseen),
		"call", *call ? call : NULL, "by",
		!*call		  ? NULL
		: seen->by_helper ? "helper"
				  : "caller",
		"shares_memory",
		has_child ? json_boolean(seen->shares_memory) : json_null(),
		"suspends_caller",
		has_child ? json_boolean(seen->suspends_caller) : json_null(),
		"contradiction", fault);
}

json_t *attested_run_json(const struct run *run)
{
	const struct axes *axes = &run->plan->axes;
	json_t *all = json_object();

	for (size_t i = 0; i < axes->strategy_count; i++)
		json_object_set_new(
			all, axes->strategies[i]->name,
			attested_json(axes->strategies[i], &run->attested[i]));
	return all;
}

void attested_tell(FILE *stream, const struct run *run)
{
	const struct axes *axes = &run->plan->axes;

	for (size_t i = 0; i < axes->strategy_count; i++) {
		const struct sw_strategy *strategy = axes->strategies[i];
		const struct attestation *seen = &run->attested[i];
		const char *fault = attestation_fault(strategy, seen);

		if (seen->refused)
			fprintf(stream, "%s is not available here: %s. %s\n",
				strategy->name, strerror(seen->refused),
				cure_of(CURE_STRATEGY, -seen->refused,
					"Use another strategy."));
		else if (seen->unseen)
			fprintf(stream,
				"%s could not be attested (%s): its traits are "
				"taken on trust.\n",
				strategy->name, strerror(seen->unseen));
		if (fault)
			fprintf(stream,
				"%s is not what it says: %s. Correct its "
				"traits, then measure it.\n",
				strategy->name, fault);
	}
}
