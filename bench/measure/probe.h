/* SPDX-License-Identifier: MIT */
/* A process that opens a strategy and spawns once, to be looked at. */
#ifndef MEASURE_PROBE_H
#define MEASURE_PROBE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct sw_strategy;

enum probe_phase { PROBE_OPENS, PROBE_SPAWNS, PROBE_RETURNED, PROBE_DONE };

/* What it tells, in a page that both see. */
struct probe_report {
	_Atomic enum probe_phase phase;
	int refused; /* when done: 0, or the errno of open, spawn or confirm */
};

struct probe {
	struct probe_report *report; /* the caller's, MAP_SHARED */
	pid_t pid;
	int pid_fd;
	int socket;
};

/*
 * Start one for this strategy. With calls it first asks for a witness of
 * these, hands over the listener to probe->socket (witness_take()), and waits
 * for one byte. 0, or -errno; then there is nothing to end.
 *
 * It spawns a path that does not exist, so that no program is run; a
 * baseline's shell says "not found". ENOENT is what it hopes for.
 */
int probe_start(struct probe *probe, const struct sw_strategy *strategy,
		const int *calls, size_t call_count);

/* End it, its helper and its child, and release. Whether it was done. */
bool probe_end(struct probe *probe);

#endif
