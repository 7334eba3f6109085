/* SPDX-License-Identifier: MIT */
/*
 * null: creates nothing.
 *
 * The template of a strategy, the floor of the harness and the test double.
 */

#include "lib/spawnwise.h"

static int null_spawn(void *state, const struct sw_request *request,
		      struct sw_child *child)
{
	(void)state;
	(void)request;
	(void)child;
	return 0;
}

static int null_confirm(void *state, struct sw_child *child, int timeout_ms)
{
	(void)state;
	(void)child;
	(void)timeout_ms;
	return 0;
}

extern const struct sw_strategy strategy_null;

const struct sw_strategy strategy_null = {
	.abi = SW_ABI,
	.name = "null",
	.summary = "creates nothing: what the measuring itself costs",
	.traits = SW_CREATES_NOTHING | SW_THREAD_SAFE | SW_SILENT_FAILURE,
	.honours = SW_AFFINITY,
	.spawn = null_spawn,
	.confirm = null_confirm,
};
