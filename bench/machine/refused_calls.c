/* SPDX-License-Identifier: MIT */
/* Which system calls are refused; see refused_calls.h. */

#include "bench/machine/refused_calls.h"

#include <errno.h>
#include <linux/sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bench/machine/coprocess.h"
#include "lib/probe.h"

/* Calls with arguments that are EINVAL at once. */
static const struct {
	const char *name;
	long number, first, second;
} calls[] = {
	{ "clone3", SYS_clone3, 0, 0 }, /* a size below the first one */
	/* CLONE_THREAD without CLONE_SIGHAND */
	{ "clone(CLONE_VM)", SYS_clone, CLONE_VM | CLONE_VFORK | CLONE_THREAD,
	  0 },
	{ "pidfd_open", SYS_pidfd_open, -1, 0 },
	{ "close_range", SYS_close_range, 1, 0 }, /* from above its end */
	{ "set_robust_list", SYS_set_robust_list, 0, 0 },
};

/* The answer comes by the socket: where SIGCHLD is ignored there is no status.
 */
static bool is_refused(size_t i)
{
	struct coprocess process;
	int answer = EINVAL;

	if (coprocess_fork(&process, NULL))
		return false;
	if (!process.pid) {
		errno = 0;
		syscall(calls[i].number, calls[i].first, calls[i].second, 0, 0,
			0);
		answer = errno;
		_exit(write(process.socket, &answer, sizeof answer) < 0);
	}
	/* Without an answer it was killed for the question. */
	if (read(process.socket, &answer, sizeof answer) == 0)
		answer = EPERM;
	coprocess_end(&process, NULL);
	return answer != EINVAL;
}

char *refused_calls(char *text, size_t size)
{
	size_t used = 0;

	*text = '\0';
	if (sw_births_elsewhere())
		return text;
	for (size_t i = 0; i < sizeof calls / sizeof *calls && used < size; i++)
		if (is_refused(i))
			used += (size_t)snprintf(text + used, size - used,
						 "%s%s", used ? " " : "",
						 calls[i].name);
	return text;
}
