/* SPDX-License-Identifier: MIT */
/* Threads that only exist; see sleepers.h. */

#include "bench/measure/sleepers.h"

#include <pthread.h>
#include <unistd.h>

#define STACK_BYTES (64 * 1024)

static void *sleep_for_ever(void *data)
{
	for (;;)
		pause();
	return data;
}

int sleepers_start(int count)
{
	pthread_attr_t attributes;
	pthread_t thread;
	int error = pthread_attr_init(&attributes);

	if (error)
		return -error;
	pthread_attr_setstacksize(&attributes, STACK_BYTES);
	for (int i = 0; i < count && !error; i++)
		error = pthread_create(&thread, &attributes, sleep_for_ever,
				       NULL);
	pthread_attr_destroy(&attributes);
	return -error;
}
