/* SPDX-License-Identifier: MIT */
/* What the harness costs by itself; see floor.h. */

#include "tests/bare/floor.h"

#include <stdint.h>

#include "bench/judge/stats.h"
#include "bench/machine/clock.h"
#include "bench/measure/recorder.h"

#define FLOOR_ROUNDS 101
#define FLOOR_SAMPLES 10000 /* of one round: a million in all */

static double clocks_ns(void)
{
	const int64_t begin_ns = clock_now_ns();

	/* As many readings as one sample takes. */
	for (int i = 0; i < FLOOR_SAMPLES; i++) {
		clock_thread_cpu_ns();
		for (int reading = 0; reading < 4; reading++)
			clock_now_ns();
		clock_thread_cpu_ns();
	}
	return (double)(clock_now_ns() - begin_ns) / FLOOR_SAMPLES;
}

static double samples_ns(struct sw_handle *handle, const struct target *target)
{
	const int64_t begin_ns = clock_now_ns();
	struct sample sample;

	for (int i = 0; i < FLOOR_SAMPLES; i++)
		recorder_take(handle, target, &sample);
	return (double)(clock_now_ns() - begin_ns) / FLOOR_SAMPLES;
}

int floor_measure(double *floor_ns)
{
	static double added_ns[FLOOR_ROUNDS];
	char program[] = "nothing";
	char *argv[] = { program, NULL };
	const struct target target = {
		.request = { .path = program, .argv = argv },
		.stamp_fd = -1,
	};
	struct sw_handle *handle;
	int error = sw_open(sw_find("null"), &handle);

	if (error)
		return error;
	for (int i = 0; i < FLOOR_ROUNDS; i++) {
		const double clocks = clocks_ns();

		added_ns[i] = samples_ns(handle, &target) - clocks;
	}
	sw_close(handle);
	*floor_ns = stats_median_of(added_ns, FLOOR_ROUNDS);
	return 0;
}
