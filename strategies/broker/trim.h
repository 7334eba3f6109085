/* SPDX-License-Identifier: MIT */
/* What the helper does not need of the memory it was born with. */
#ifndef BROKER_TRIM_H
#define BROKER_TRIM_H

#include "strategies/broker/state.h"

/* In the caller: find our own code, which is to be kept. */
void sw_helper_find_code(struct sw_helper *helper);

/* Unmap what was copied from the caller and is not needed: it must not be
 * held twice. 0, or a negative errno: it takes a free descriptor. */
int sw_helper_trim(struct sw_helper *helper);

#endif
