/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as /proc/meminfo and /proc/PID/smaps: the readers come back, and
 * touch nothing that is not theirs.
 *
 * For libFuzzer: make fuzz.
 */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench/machine/memory.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	struct smaps_facts facts;
	struct smaps_range range;
	struct meminfo info;
	FILE *stream;

	if (!bytes)
		return 0;
	stream = fmemopen((void *)(uintptr_t)data, bytes, "r");
	if (!stream)
		abort();
	meminfo_parse(stream, &info);
	rewind(stream);
	smaps_parse(stream, &facts);
	rewind(stream);
	smaps_range_parse(stream, 0x7f0000000000, 1 << 30, &range);
	fclose(stream);
	return 0;
}
