/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as the file of a job: its reader makes sections of it or says why
 * not.
 *
 * For libFuzzer: make fuzz.
 */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/verbs/run_job.h"
#include "tests/fuzz/stream.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	static const struct option_spec options[] = {
		OPTION("heap", 'H', LATER, "", .list = 1),
		OPTION("quick", 'q', SWITCH, ""),
		OPTION("out", 'o', TEXT, "", .no_key = true),
		{ 0 },
	};
	struct failure why = { 0 };
	const char *name;
	json_t *sections, *words;
	FILE *stream;

	if (!bytes)
		return 0;
	stream = stream_of(data, bytes);
	sections = job_read(stream, "job", options, &why);
	fclose(stream);
	/* A reason for every refusal, and none without. */
	if (!sections != !!*why.what)
		abort();
	json_object_foreach(sections, name, words)
	{
		if (!*name || !json_array_size(words))
			abort();
		for (size_t i = 1; i < json_array_size(words); i++)
			if (strncmp(json_string_value(json_array_get(words, i)),
				    "--", 2))
				abort();
	}
	json_decref(sections);
	return 0;
}
