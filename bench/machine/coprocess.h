/* SPDX-License-Identifier: MIT */
/* A child of this process that does one thing for it and dies with it. */
#ifndef MACHINE_COPROCESS_H
#define MACHINE_COPROCESS_H

#include <stddef.h>
#include <sys/types.h>

struct coprocess {
	pid_t pid;
	int socket; /* to it, of packets (unix(7)); in the coprocess: to us */
};

/*
 * Fork one, of that name (15 characters; NULL: ours). 0 here and with pid 0 in
 * the coprocess, which must not return. -errno; then there is nothing to end. A
 * coprocess is killed when we have ended, prctl(2); whatever else it inherits
 * is its own business.
 */
int coprocess_fork(struct coprocess *process, const char *name);

/* A descriptor, for whom we fork, to write to what nobody reads; -1 with errno.
 */
int coprocess_sink(void);

/* Memory that we and those see whom we fork from now on, zeroed; the caller's
 * to munmap(2). NULL: there is none. */
void *coprocess_share(size_t bytes);

/* Kill it, reap it and close the socket; status, if not NULL, is as waitpid(2)
 * tells it. */
void coprocess_end(const struct coprocess *process, int *status);

#endif
