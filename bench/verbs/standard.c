/* SPDX-License-Identifier: MIT */
/* The standard descriptors and limits; see standard.h. */

#include "bench/verbs/standard.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

static bool ignored_children;

/* Ignored, a child's status is lost (wait(2)): every answer of ours. */
void standard_signals_reset(void)
{
	const struct sigaction normal = { .sa_handler = SIG_DFL };
	struct sigaction before;

	if (sigaction(SIGCHLD, NULL, &before) || before.sa_handler != SIG_IGN)
		return;
	ignored_children = true;
	sigaction(SIGCHLD, &normal, NULL);
}

void standard_signals_restore(void)
{
	const struct sigaction ignored = { .sa_handler = SIG_IGN };

	if (ignored_children)
		sigaction(SIGCHLD, &ignored, NULL);
}

void standard_state_reset(void)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	umask(umask(0) & 077);
}

/* Where there is no /dev/null, the root serves: nothing can be written there.
 */
static int open_nothing(int flags)
{
	const int fd = open("/dev/null", O_RDONLY | flags);

	return fd < 0 ? open("/", O_PATH | flags) : fd;
}

void standard_descriptors_keep(bool for_command)
{
	const int flags = for_command ? O_CLOEXEC : 0;
	int fd;

	do
		fd = open_nothing(flags);
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
