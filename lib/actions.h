/* SPDX-License-Identifier: MIT */
/*
 * The child's steps that concern descriptors: part of its half, and under the
 * rules of sw_child_run(). Each returns a negative errno when it fails.
 */
#ifndef LIB_ACTIONS_H
#define LIB_ACTIONS_H

#include "lib/spawnwise.h"

/* Why a child did not get to exec. error is a negative errno, or 0. */
struct sw_failure {
	int error;
	unsigned stage; /* as in struct sw_child */
	int action;
};

/* Both set failure->action when they fail. */
int sw_place_stdio(const struct sw_request *request,
		   struct sw_failure *failure);
int sw_act_all(const struct sw_request *request, struct sw_failure *failure);

/*
 * Before the birth: the first descriptor that a child with SW_CLOSEFDS has no
 * use for, nor for those above. 0: all are to be copied, since the request does
 * not close them, a path of it may name one (/dev/fd/9), or close_range(2) is
 * refused here.
 */
int sw_unused_from(const struct sw_request *request);

/* In a child that shares the caller's descriptors (CLONE_FILES), before all
 * other steps: have a copy of those below first. 0 or a negative errno. */
long sw_unshare_descriptors(int first);

/* Close every descriptor above 2 that no action made. */
long sw_close_others(const struct sw_request *request);

/* Bring our process group to the foreground of terminal fd. All signals are
 * blocked, so that no SIGTTOU stops us (tcsetpgrp(3)). */
long sw_take_foreground(int fd);

#endif
