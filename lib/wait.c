/* SPDX-License-Identifier: MIT */
/* Waiting for a word of memory to change; see wait.h. */

#include "lib/wait.h"

#include <limits.h>
#include <linux/futex.h>
#include <time.h>

#include "lib/raw.h"

#define NS_PER_MS 1000000
#define NS_PER_S 1000000000

static int64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * NS_PER_S + now.tv_nsec;
}

int64_t sw_deadline(int timeout_ms)
{
	if (timeout_ms < 0)
		return INT64_MAX;
	return now_ns() + (int64_t)timeout_ms * NS_PER_MS;
}

bool sw_wait(atomic_uint *word, unsigned value, int64_t deadline, int slice_ms)
{
	const bool bounded = deadline != INT64_MAX;
	int64_t left = slice_ms < 0 ? INT64_MAX : slice_ms * (int64_t)NS_PER_MS;
	struct timespec timeout;

	if (bounded) {
		const int64_t rest = deadline - now_ns();

		if (rest <= 0)
			return false;
		left = rest < left ? rest : left;
	}
	timeout.tv_sec = left / NS_PER_S;
	timeout.tv_nsec = left % NS_PER_S;
	raw4(SYS_futex, word, FUTEX_WAIT, value,
	     left == INT64_MAX ? NULL : &timeout);
	return true;
}

void sw_wake(atomic_uint *word)
{
	raw3(SYS_futex, word, FUTEX_WAKE, INT_MAX);
}
