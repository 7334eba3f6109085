/* SPDX-License-Identifier: MIT */
/* One request, in the caller: sent to the helper, and its answer awaited. */
#ifndef BROKER_REQUEST_H
#define BROKER_REQUEST_H

#include "strategies/broker/bond.h"

/* Write request to a slot that is ours, and let the helper serve it. 0, or
 * -E2BIG or -EAGAIN when it is too large, for ever or for now; or what
 * sw_thread_check() says of this thread. */
int sw_request_send(struct sw_bond *bond, int number,
		    const struct sw_request *request);

/* 0 when the answer is in the slot, -EPIPE when there will never be one, else
 * -EAGAIN: not within timeout_ms. */
int sw_request_await(struct sw_bond *bond, int number, int timeout_ms);

#endif
