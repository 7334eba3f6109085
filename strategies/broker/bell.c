/* SPDX-License-Identifier: MIT */
/*
 * How the caller's event loop hears of an answer; see bell.h.
 *
 * `told` says which slots are answered and not fetched; the pipe is to be
 * readable exactly while there are any. Who sets the first bit writes, who
 * clears the last one reads all; and who has written or read looks at the bits
 * once more, and goes on if they do not fit. So the last word is always right,
 * whoever is held up between two steps.
 */

#include "strategies/broker/bell.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "lib/raw.h"

int sw_bell_open(struct sw_arena *arena, struct sw_bell *bell)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK))
		return -errno;
	ends[0] = sw_above_stdio(ends[0]);
	ends[1] = sw_above_stdio(ends[1]);
	sw_hold(&bell->reader, ends[0]);
	sw_hold(&bell->writer, ends[1]);
	if (ends[0] < 0 || ends[1] < 0) {
		sw_bell_close(bell);
		return ends[0] < 0 ? ends[0] : ends[1];
	}
	arena->bell = *bell;
	return 0;
}

void sw_bell_close(struct sw_bell *bell)
{
	sw_let_go(&bell->reader);
	sw_let_go(&bell->writer);
}

/* Both ends are ours: to write where nobody can read raises SIGPIPE. */
static bool is_whole(const struct sw_bell *bell)
{
	return sw_holds(&bell->reader) && sw_holds(&bell->writer);
}

SW_CHILD_HALF void sw_bell_silence(const struct sw_bell *bell)
{
	char bytes[64];

	while (is_whole(bell) && raw3(SYS_read, bell->reader.fd, bytes,
				      sizeof bytes) == (long)sizeof bytes)
		;
}

static void ring(struct sw_arena *arena)
{
	while (atomic_load(&arena->told)) {
		if (is_whole(&arena->bell))
			raw3(SYS_write, arena->bell.writer.fd, "", 1);
		if (atomic_load(&arena->told))
			return;
		sw_bell_silence(&arena->bell);
	}
}

/* A bit that somebody else has cleared is his to follow up. */
static void clear(struct sw_arena *arena, int number)
{
	const uint64_t bit = UINT64_C(1) << number;

	if (atomic_fetch_and(&arena->told, ~bit) != bit)
		return;
	sw_bell_silence(&arena->bell);
	ring(arena);
}

void sw_bell_tell(struct sw_arena *arena, int number, uint64_t note)
{
	const uint64_t bit = UINT64_C(1) << number;
	const bool is_first = !atomic_fetch_or(&arena->told, bit);

	if (atomic_load(&arena->slots[number].slot.note) != note)
		clear(arena, number);
	else if (is_first)
		ring(arena);
}

void sw_bell_tell_all(struct sw_arena *arena, uint64_t slots)
{
	atomic_fetch_or(&arena->told, slots);
	ring(arena);
}

void sw_bell_fetched(struct sw_arena *arena, int number)
{
	atomic_store(&arena->slots[number].slot.note, 0);
	if (atomic_load(&arena->telling))
		clear(arena, number);
}
