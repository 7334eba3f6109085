/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as the files of a memory control group: the parsers come back,
 * and touch nothing that is not theirs.
 *
 * For libFuzzer: make fuzz.
 */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench/labs/memory_group.h"
#include "tests/fuzz/stream.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	struct memory_group_reading reading;
	FILE *stream;

	if (!bytes)
		return 0;
	stream = stream_of(data, bytes);
	memory_group_parse_counters(stream, &reading);
	fclose(stream);
	return 0;
}
