/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as cells.csv: the reader accepts them or says why not.
 *
 * For libFuzzer: clang -fsanitize=fuzzer,address,undefined. A good first
 * corpus is tests/data/golden/cells.csv.
 */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/files/cells.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	struct cells cells;
	char why[160] = "";
	FILE *stream;
	int error;

	if (!bytes)
		return 0;
	stream = fmemopen((void *)(uintptr_t)data, bytes, "r");
	if (!stream)
		abort();
	error = cells_parse(stream, &cells, why, sizeof why);
	fclose(stream);
	/* A reason for every refusal, and none without. */
	if (!error != !*why)
		abort();
	if (error)
		return 0;
	for (size_t i = 0; i < cells.count; i++)
		if (!cells.rows[i].cell.strategy ||
		    cells.rows[i].time >= TIME_COUNT)
			abort();
	cells_release(&cells);
	return 0;
}
