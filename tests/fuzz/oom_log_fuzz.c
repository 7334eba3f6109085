/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as records of the kernel's log: the parser comes back, and
 * touches nothing that is not its own.
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
	struct oom_log_kill kill;
	char *text = malloc(bytes + 1);

	if (!text)
		abort();
	memcpy(text, data, bytes);
	text[bytes] = '\0';
	oom_log_parse(text, 31342, &kill);
	free(text);
	return 0;
}
