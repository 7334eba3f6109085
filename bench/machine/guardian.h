/* SPDX-License-Identifier: MIT */
/*
 * The guardian of vm.overcommit_memory, as its runner sees it.
 *
 *  1. guardian_start()   first of all, while the runner is small: takes the
 *                        lock, repairs what an earlier run left behind, and
 *                        gives birth to the guardian.
 *  2. watchdog_forget()  in each process that the runner creates.
 *  3. guardian_lease()   opens a window in a foreign mode.
 *  4. guardian_release() closes it; then measured values may be trusted.
 *  5. guardian_stop()    at the end.
 *
 * Whatever happens to the runner, the value is put back: at its death
 * (pidfd_open(2)) at once, when it is merely stopped a second after the lease's
 * end. If the guardian is killed as well, the next start repairs
 * (overcommit.h). A value that somebody else wrote meanwhile is left alone.
 */
#ifndef MACHINE_GUARDIAN_H
#define MACHINE_GUARDIAN_H

#include "bench/machine/coprocess.h"
#include "bench/machine/overcommit.h"

struct guardian {
	struct watchdog watchdog; /* its pid is 0 when there is none */
	struct repair leftover;	  /* what guardian_start() found and did */
	int original;		  /* the mode that every lease puts back */
};

/*
 * Start the guardian. -EBUSY: another run's is at work, see leftover.holder;
 * -ENOLCK: no lock is to be had that runs in other containers share; -EACCES,
 * -EPERM, -EROFS: this user may not change the setting; or as
 * watchdog_birth(). On an error nothing is left to stop.
 */
int guardian_start(struct guardian *guardian);

/*
 * Set the mode (0, 1, 2) for duration_ms (above 0). The guardian puts the
 * old value back a second after that unless it is released before. A lease
 * within a lease first puts back the outer one. -ECANCELED: the value is not
 * the one that guardian_start() found: somebody else changed it, for good or
 * for a moment, and it is not ours to put back.
 * -ETIMEDOUT, -ESTALE: as for guardian_release(), for the lease before;
 * nothing was changed, call again. -EPIPE: the guardian is lost; call
 * overcommit_repair() and then guardian_stop().
 */
int guardian_lease(struct guardian *guardian, int mode, int duration_ms);

/* Let the lease last duration_ms from now: a long window is made of short
 * ones, so that it closes soon after its runner was stopped. -ETIMEDOUT,
 * -ESTALE, -EPIPE as below. */
int guardian_extend(struct guardian *guardian, int duration_ms);

/*
 * Put the old value back. 0: it is back, or there was no lease. -ETIMEDOUT:
 * the lease had run out meanwhile, so what was measured under it cannot be
 * trusted. -ESTALE: nor can this, somebody else wrote another value, which
 * was kept. -EPIPE: as above.
 */
int guardian_release(struct guardian *guardian);

/* Release, let the guardian end and reap it. Returns as guardian_release();
 * in every case the guardian is gone afterwards. */
int guardian_stop(struct guardian *guardian);

#endif
