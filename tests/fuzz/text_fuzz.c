/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as what people type: sizes, times, counts and lists of CPUs are
 * understood, or refused without a change to the result.
 *
 * For libFuzzer: make fuzz.
 */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/machine/cpu.h"
#include "bench/machine/units.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

/* What size_exact() writes, size_parse() must read back. */
static void check_size(const char *text)
{
	char written[UNITS_LENGTH];
	uint64_t size, again;

	if (size_parse(text, &size))
		return;
	snprintf(written, sizeof written, "%s", size_exact(size).text);
	if (size_parse(written, &again) || again != size)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	char *text = malloc(bytes + 1);
	struct cpu_mask mask;
	uint64_t ns = 7;
	long count;

	if (!text)
		return 0;
	memcpy(text, data, bytes);
	text[bytes] = '\0';
	check_size(text);
	if (!count_parse(text, 1, 64, &count) && (count < 1 || count > 64))
		abort();
	if (span_parse(text, &ns) && ns != 7)
		abort();
	cpu_mask_parse(text, &mask);
	free(text);
	return 0;
}
