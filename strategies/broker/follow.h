/* SPDX-License-Identifier: MIT */
/* The helper goes after the caller's working folder and root. */
#ifndef BROKER_FOLLOW_H
#define BROKER_FOLLOW_H

#include "strategies/broker/state.h"

/* Go to the working folder that a job asks for; if its root is not ours, tell
 * the child by job->root. 0, or -ESTALE where we cannot follow. */
int sw_helper_follow(struct sw_helper *helper, struct sw_job *job);

/* At rest: keep no folder in use that the caller may have left. */
void sw_helper_let_folder_go(struct sw_helper *helper);

#endif
