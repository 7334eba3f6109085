/* SPDX-License-Identifier: MIT */
/* What the promises mean; see promise_text.h. */

#include "bench/labs/promise_text.h"

#include <string.h>

#include "bench/labs/bound.h"
#include "bench/show/units.h"

void promise_tell_scale(struct lab_context *context,
			const struct promise *promise)
{
	const struct predict_facts *facts = &promise->facts;

	lab_tell(context,
		 "A process asked for memory until it was refused, in steps of "
		 "1 GiB and then in finer ones, and wrote to none of it. This "
		 "machine has %s of RAM and %s of swap; its CommitLimit is "
		 "%s.",
		 size_human(facts->ram_bytes).text,
		 size_human(facts->swap_bytes).text,
		 size_human(facts->commit_limit_bytes).text);
}

/* "5,568", "12", "0.3". */
static void format_times(double times, char *text, size_t bytes)
{
	const unsigned long whole = (unsigned long)(times + 0.5);

	if (whole >= 1000)
		snprintf(text, bytes, "%lu,%03lu", whole / 1000, whole % 1000);
	else
		snprintf(text, bytes, "%.*f", times < 10, times);
}

static void tell_heuristic(struct lab_context *context,
			   const struct promise *promise)
{
	const struct predict_facts *facts = &promise->facts;
	const char *word = promise->stopped_by;
	const struct units_text promised = size_human(promise->promised_bytes);
	char times[UNITS_LENGTH];

	format_times((double)promise->promised_bytes /
			     (double)(facts->ram_bytes + facts->swap_bytes),
		     times, sizeof times);
	if (bound_is_own(word))
		lab_tell(context,
			 "Mode 0 (heuristic) looks at each request alone and "
			 "refuses one that is larger than RAM and swap "
			 "together. Here a limit of the process itself came "
			 "first: %s stopped it at %s.",
			 bound_text(word), promised.text);
	else
		lab_tell(context,
			 "Mode 0 (heuristic) looks at each request alone and "
			 "refuses one that is larger than RAM and swap "
			 "together; their sum is not limited: %s in all, %s "
			 "times what there is, up to %s.",
			 promised.text, times, bound_text(word));
}

static void tell_strict(struct lab_context *context,
			const struct promise *promise)
{
	const char *word = promise->stopped_by;

	if (promise->held_back)
		lab_tell(context,
			 "Mode 2 (strict) promises up to CommitLimit, to all "
			 "processes together. We stopped before it was "
			 "reached: the others on this machine would have got "
			 "nothing. (--alone goes on to the end.)");
	else if (!strcmp(word, "commit_limit"))
		lab_tell(context,
			 "Mode 2 (strict) promises up to CommitLimit, to all "
			 "processes together, and holds back some for root "
			 "and for other programs of the user: here malloc "
			 "returns NULL, and of the modes only this one sets a "
			 "limit to all memory.");
	else
		lab_tell(context,
			 "Mode 2 (strict) promises up to CommitLimit, to all "
			 "processes together. It was not reached: %s stopped "
			 "the program before.",
			 bound_text(word));
}

static void tell_mode(struct lab_context *context,
		      const struct promise *promise)
{
	if (promise->mode == 0)
		tell_heuristic(context, promise);
	else if (promise->mode == 1)
		lab_tell(context,
			 "Mode 1 (always) refuses nothing; what stopped the "
			 "program was %s.",
			 bound_text(promise->stopped_by));
	else
		tell_strict(context, promise);
}

void promise_tell(struct lab_context *context, const struct promise *seen,
		  size_t count)
{
	for (size_t i = 0; i < count; i++)
		tell_mode(context, &seen[i]);
	if (count && seen[0].predicted_bytes == BYTES_UNKNOWN)
		lab_tell(
			context,
			"How many addresses there are is not predicted: this "
			"process has another layout than usual (by setarch -L, "
			"vm.legacy_va_layout or an unlimited stack), which "
			"leaves a part of them unused. Use `ulimit -s 8192`, "
			"without setarch, for a prediction.");
	lab_tell(context, "None of it is memory yet: a page exists when it is "
			  "written to. `spawnwise lab touch` shows what "
			  "happens then.");
}
