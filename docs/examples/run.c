/* SPDX-License-Identifier: MIT */
/*
 * `run STRATEGY COMMAND...`: runs a command as system(3) does, and says which
 * step failed when it does not start.
 *
 *     cc run.c $(pkg-config --cflags --libs spawnwise) -o run
 */

#include <spawnwise.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

static int complain(const char *name, const char *what, int error)
{
	fprintf(stderr, "run: %s: %s: %s\n", name, what, strerror(-error));
	return 1;
}

int main(int argc, char **argv)
{
	const struct sw_strategy *strategy = argc > 2 ? sw_find(argv[1]) : NULL;
	struct sw_request request = { .search = true };
	struct sw_handle *handle;
	struct sw_child child;
	const char *step;
	int error;

	if (!strategy) {
		fputs("usage: run STRATEGY COMMAND...\n", stderr);
		return 2;
	}
	request.path = argv[2];
	request.argv = argv + 2;

	/* Not needed before sw_open(), which says why a strategy cannot work,
	 * but not that of all its spawns none would. */
	error = sw_supported(strategy);
	if (error)
		return complain(argv[1], "does not work here", error);
	error = sw_open(strategy, &handle);
	if (error)
		return complain(argv[1], "cannot be opened", error);
	error = sw_run(handle, &request, &child);
	sw_close(handle);
	step = sw_field_name(child.stage);
	if (error)
		return complain(argv[2], step ? step : "not started", error);
	return WIFEXITED(child.status) ? WEXITSTATUS(child.status)
				       : 128 + WTERMSIG(child.status);
}
