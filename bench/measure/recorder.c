/* SPDX-License-Identifier: MIT */
/*
 * Taking one sample; see recorder.h.
 *
 * The timed region is recorder_take() from the first clock_now_ns() to the
 * last; reading the child's stamp and the CPU clock stay outside of it.
 */

#include "bench/measure/recorder.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "bench/machine/clock.h"

int recorder_stdout(bool stamps)
{
	const int fd = stamps ? eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)
			      : open("/dev/null", O_RDWR | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* The child's own clock reading, or TIME_UNKNOWN. */
static int64_t take_stamp(const struct target *target)
{
	uint64_t stamp_ns;

	if (target->stamp_fd < 0 || read(target->stamp_fd, &stamp_ns,
					 sizeof stamp_ns) != sizeof stamp_ns)
		return TIME_UNKNOWN;
	return (int64_t)stamp_ns;
}

int recorder_take(struct sw_handle *handle, const struct target *target,
		  struct sample *sample)
{
	struct sw_child child;
	int64_t cpu_ns = clock_thread_cpu_ns();
	int64_t begin_ns = clock_now_ns();
	int64_t return_ns, confirm_ns, reap_ns, stamp_ns;
	int status = 0, error = sw_spawn(handle, &target->request, &child);

	return_ns = confirm_ns = reap_ns = clock_now_ns();
	if (!error) {
		error = sw_confirm(handle, &child, -1);
		confirm_ns = reap_ns = clock_now_ns();
	}
	if (!error) {
		error = sw_reap(handle, &child, &status);
		reap_ns = clock_now_ns();
	}
	cpu_ns = clock_thread_cpu_ns() - cpu_ns;
	stamp_ns = take_stamp(target);

	if (!error && status)
		error = -EPROTO;
	sample->error = -error;
	sample->ns[TIME_RETURN] = return_ns - begin_ns;
	sample->ns[TIME_CONFIRM] = confirm_ns - begin_ns;
	sample->ns[TIME_START] =
		stamp_ns == TIME_UNKNOWN ? TIME_UNKNOWN : stamp_ns - begin_ns;
	sample->ns[TIME_REAP] = reap_ns - begin_ns;
	sample->ns[TIME_CALLER_CPU] = cpu_ns;
	return error;
}
