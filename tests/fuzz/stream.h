/* SPDX-License-Identifier: MIT */
/* The bytes of a fuzzer as a stream, for parsers that read one. */
#ifndef TESTS_FUZZ_STREAM_H
#define TESTS_FUZZ_STREAM_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* The caller's to fclose(); bytes is more than 0, which fmemopen(3) may refuse.
 */
static inline FILE *stream_of(const uint8_t *data, size_t bytes)
{
	FILE *stream = fmemopen((void *)(uintptr_t)data, bytes, "r");

	if (!stream)
		abort();
	return stream;
}

#endif
