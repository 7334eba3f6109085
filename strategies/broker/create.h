/* SPDX-License-Identifier: MIT */
/* A child of the caller, made by the helper. */
#ifndef BROKER_CREATE_H
#define BROKER_CREATE_H

#include "strategies/broker/state.h"

/*
 * Create the child that the request of a slot asks for: 0, and what becomes of
 * it is in the slot; or a negative errno when there is none. The kernel zeroes
 * and wakes the slot's answer when the child has left our memory, by exec or
 * by death (CLONE_CHILD_CLEARTID); we go on before that, or after it where the
 * child has to have us wait.
 */
int sw_helper_create(struct sw_helper *helper, int number);

#endif
