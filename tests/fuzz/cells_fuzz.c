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
#include <unistd.h>

#include "bench/files/cells.h"
#include "bench/machine/failure.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	char dir[] = "/tmp/spawnwise-fuzz.XXXXXX";
	struct cells cells;
	struct failure why = { 0 };
	char path[64];
	FILE *stream;
	int error;

	if (!mkdtemp(dir))
		abort();
	snprintf(path, sizeof path, "%s/cells.csv", dir);
	stream = fopen(path, "we");
	if (!stream || fwrite(data, 1, bytes, stream) != bytes ||
	    fclose(stream))
		abort();
	error = cells_read(dir, &cells, &why);
	unlink(path);
	rmdir(dir);
	/* A reason for every refusal. */
	if (error && strlen(why.what) <= strlen("cells.csv: "))
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
