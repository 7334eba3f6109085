/* SPDX-License-Identifier: MIT */
/* The standard descriptors and limits; see standard.h. */

#include "bench/verbs/standard.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

void standard_descriptors_keep(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDONLY);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

static void do_nothing(int number)
{
	(void)number;
}

/* A handler, not SIG_IGN: exec resets it (signal(7)). */
void standard_limits_tell(void)
{
	const struct sigaction action = { .sa_handler = do_nothing,
					  .sa_flags = SA_RESTART };
	struct sigaction before;

	if (!sigaction(SIGXFSZ, NULL, &before) && before.sa_handler == SIG_DFL)
		sigaction(SIGXFSZ, &action, NULL);
}
