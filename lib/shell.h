/* SPDX-License-Identifier: MIT */
/*
 * A request as a line for /bin/sh, for the strategies that go through it.
 *
 * The standard descriptors are no part of the line: dash, which is /bin/sh on
 * many machines, knows no descriptor above 9. The caller's own 0, 1 and 2
 * stand in for the child's until sw_shell_end(), in every thread.
 */
#ifndef LIB_SHELL_H
#define LIB_SHELL_H

#include "lib/spawnwise.h"

struct sw_shell {
	char *line;
	int saved[3]; /* copies of the caller's 0, 1 and 2; -1: none */
	int flags[3]; /* their fcntl(2) F_GETFD */
};

/*
 * Write argv down, each word quoted, and put the request's descriptors in
 * place. -ENOTSUP for what a line cannot carry: an environment other than the
 * caller's, an argv[0] other than the path, a path without a slash that is
 * not to be searched for; else 0 or a negative errno, with nothing changed.
 *
 * As in every shell, a searched name may be one of its own commands.
 */
int sw_shell_begin(struct sw_shell *shell, const struct sw_request *request);

/* Put the caller's descriptors back and free the line. */
void sw_shell_end(struct sw_shell *shell);

#endif
