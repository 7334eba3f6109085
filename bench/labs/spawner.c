/* SPDX-License-Identifier: MIT */
/* Can a strategy spawn now? See spawner.h. */

#include "bench/labs/spawner.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/machine/program.h"
#include "bench/rows/errname.h"
#include "bench/show/cure.h"
#include "lib/spawnwise.h"

#define SPARE_BYTES ((size_t)256 * 1024)

struct spawner spawner;

/* Take heap and stack in advance: neither could grow when commit is exhausted.
 * malloc() keeps what it has, and a stack does not shrink. */
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

int spawner_open(void *row)
{
	struct trial *trial = row;
	int error;

	if (installed_payload(spawner.program) || access(spawner.program, X_OK))
		strcpy(spawner.program, "/bin/true");
	spawner.null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (spawner.null_fd < 0)
		return -errno;
	error = keep_spare();
	if (error)
		return error;
	error = -sw_open(trial->strategy, &spawner.handle);
	/* What fails while there is no memory to speak of says nothing of
	 * memory later. */
	if (!error)
		error = spawner_try();
	if (!error)
		return 0;
	spawner_skip(trial, error);
	spawner_close();
	return 0;
}

int spawner_try(void)
{
	char *const argv[] = { spawner.program, NULL };
	const struct sw_request request = {
		.path = spawner.program,
		.argv = argv,
		.stdout_fd = spawner.null_fd,
	};
	struct sw_child child;
	const int error = sw_run(spawner.handle, &request, &child);

	return !error && child.status ? ECANCELED : -error;
}

void spawner_close(void)
{
	sw_close(spawner.handle);
	spawner.handle = NULL;
	close(spawner.null_fd);
}

void spawner_skip(struct trial *trial, int error)
{
	const bool full = error == EAGAIN;

	snprintf(trial->skipped, sizeof trial->skipped,
		 "It is not available here: %s.%s%s", errname(error),
		 full ? " That says nothing of memory. " : "",
		 full ? cure_of(CURE_SELF, -error, "") : "");
}
