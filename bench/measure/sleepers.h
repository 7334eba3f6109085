/* SPDX-License-Identifier: MIT */
/* The sibling threads of --threads: they sleep for ever and only exist. */
#ifndef MEASURE_SLEEPERS_H
#define MEASURE_SLEEPERS_H

/* Start count threads. 0 or a negative errno of pthread_create(3). */
int sleepers_start(int count);

#endif
