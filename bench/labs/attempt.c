/* SPDX-License-Identifier: MIT */
/* Can a strategy spawn now? See attempt.h. */

#include "bench/labs/attempt.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/machine/installed.h"
#include "bench/rows/errname.h"
#include "bench/show/cure.h"

#define SPARE_BYTES ((size_t)256 * 1024)

void attempt_list(struct attempt *attempt)
{
	attempt->count = 0;
	for (size_t i = 0;
	     sw_strategies[i] && attempt->count < ATTEMPT_STRATEGIES_MAX; i++)
		if (!(sw_strategies[i]->traits & SW_CREATES_NOTHING))
			attempt->strategies[attempt->count++] =
				sw_strategies[i];
}

/* What malloc() keeps it need not ask for, and a stack that has grown does not
 * shrink: neither of the two could grow when commit is exhausted. */
static int keep_spare(void)
{
	volatile char stack[SPARE_BYTES / 2];
	volatile char *heap;

#ifdef M_TRIM_THRESHOLD /* glibc's */
	mallopt(M_TRIM_THRESHOLD, (int)(2 * SPARE_BYTES));
	mallopt(M_MMAP_THRESHOLD, (int)(2 * SPARE_BYTES));
#endif
	heap = malloc(SPARE_BYTES);
	if (!heap)
		return -ENOMEM;
	for (size_t at = 0; at < SPARE_BYTES; at += 1024)
		heap[at] = 1;
	for (size_t at = 0; at < sizeof stack; at += 1024)
		stack[at] = 1;
	free((void *)heap);
	return 0;
}

/* Open it and spawn once: what fails while there is no memory to speak of says
 * nothing of memory later. 0, or -errno. */
static int open_one(struct attempt *attempt, size_t i)
{
	const int error = sw_open(attempt->strategies[i], &attempt->handles[i]);

	return error ? error : -attempt_spawn(attempt, i);
}

int attempt_open(struct attempt *attempt)
{
	int error;

	if (installed_payload(attempt->program) ||
	    access(attempt->program, X_OK))
		strcpy(attempt->program, "/bin/true");
	attempt->null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (attempt->null_fd < 0)
		return -errno;
	error = keep_spare();
	for (size_t i = 0; i < attempt->count && !error; i++)
		attempt->refusals[i] = open_one(attempt, i);
	return error;
}

int attempt_spawn(const struct attempt *attempt, size_t i)
{
	char *const argv[] = { (char *)attempt->program, NULL };
	const struct sw_request request = {
		.path = attempt->program,
		.argv = argv,
		.stdout_fd = attempt->null_fd,
	};
	struct sw_child child;
	const int error = sw_run(attempt->handles[i], &request, &child);

	return !error && child.status ? ECANCELED : -error;
}

void attempt_close(struct attempt *attempt)
{
	for (size_t i = 0; i < attempt->count; i++) {
		sw_close(attempt->handles[i]);
		attempt->handles[i] = NULL;
	}
	close(attempt->null_fd);
}

void attempt_why(int error, char *text, size_t size)
{
	const bool full = error == EAGAIN;

	snprintf(text, size, "It is not available here: %s.%s%s",
		 errname(error), full ? " That says nothing of memory. " : "",
		 full ? cure_of(CURE_SELF, -error, "") : "");
}
