/* SPDX-License-Identifier: MIT */
/* Calls made of others: a program run to its end, a strategy tried out. */

#include <errno.h>

#include "lib/probe.h"
#include "lib/spawnwise.h"

int sw_run(struct sw_handle *handle, const struct sw_request *request,
	   struct sw_child *child)
{
	int error = sw_spawn(handle, request, child);

	if (!error)
		error = sw_confirm(handle, child, -1);
	return error ? error : sw_reap(handle, child, &child->status);
}

/* The empty name is no program's: execve(2) says ENOENT, whatever the machine
 * holds. A baseline has its shell run ":", which every shell has built in. */
static int try_out(struct sw_handle *handle, const struct sw_strategy *strategy)
{
	const bool runs = strategy->traits & (SW_BASELINE | SW_CREATES_NOTHING);
	char *const argv[] = { (char *)(runs ? ":" : ""), NULL };
	const struct sw_request request = {
		.path = argv[0],
		.search = runs,
		.argv = argv,
	};
	struct sw_child child;
	const int error = sw_run(handle, &request, &child);

	if (!runs && error == -ENOENT)
		return 0;
	if (!error && (!runs || child.status))
		return -EPROTO;
	return error;
}

int sw_supported(const struct sw_strategy *strategy)
{
	struct sw_handle *handle;
	int error = sw_open(strategy, &handle);

	if (error)
		return error;
	if (!sw_births_elsewhere())
		error = try_out(handle, strategy);
	sw_close(handle);
	return error;
}
