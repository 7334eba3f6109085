/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as /proc/meminfo, /proc/vmstat, /proc/PID/smaps, status and stat,
 * and as a group's memory.stat: the readers come back, and touch nothing that
 * is not theirs.
 *
 * For libFuzzer: make fuzz.
 */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/machine/memory.h"
#include "bench/machine/process.h"
#include "bench/machine/text.h"
#include "tests/fuzz/stream.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

/* A name is text for a terminal, whatever the process calls itself. */
static void check_stat(const uint8_t *data, size_t bytes)
{
	char *text = strndup((const char *)data, bytes);
	struct process_stat stat;

	if (!text)
		abort();
	if (!process_stat_parse(text, &stat))
		for (const char *c = stat.name; *c; c++)
			if (*c < ' ' || *c > '~')
				abort();
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	struct process_memory memory;
	uint64_t number;
	const struct field field = { "oom_kill", &number, 1, true };
	struct smaps_facts facts;
	struct smaps_facts range;
	struct meminfo info;
	FILE *stream;

	if (!bytes)
		return 0;
	stream = stream_of(data, bytes);
	meminfo_parse(stream, &info);
	rewind(stream);
	smaps_parse(stream, 0, UINT64_MAX, &facts);
	rewind(stream);
	smaps_parse(stream, 0x7f0000000000, 1 << 30, &range);
	rewind(stream);
	process_memory_parse(stream, &memory);
	rewind(stream);
	fields_parse(stream, &field, 1, NULL);
	fclose(stream);
	check_stat(data, bytes);
	return 0;
}
