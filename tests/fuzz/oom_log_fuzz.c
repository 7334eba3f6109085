/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as records and lines of the kernel's log: the parsers come back,
 * and touch nothing that is not theirs.
 *
 * For libFuzzer: make fuzz.
 */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "bench/labs/oom_log.h"

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
	oom_log_kill_parse(text, &kill);
	free(text);
	return 0;
}
