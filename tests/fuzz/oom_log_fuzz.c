/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as records and lines of the kernel's log: the parsers come back,
 * touch nothing that is not theirs, and what they give is a string.
 *
 * For libFuzzer: make fuzz.
 */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "bench/machine/oom_log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	static struct oom_log_record record;
	struct oom_log_kill kill;
	char *text = malloc(bytes + 1);

	if (!text)
		abort();
	memcpy(text, data, bytes);
	text[bytes] = '\0';
	oom_log_record_parse(text, &record);
	if (!oom_log_kill_parse(text, &kill) &&
	    strnlen(kill.name, sizeof(kill.name)) == sizeof(kill.name))
		abort();
	free(text);
	return 0;
}
