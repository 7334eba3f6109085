/* SPDX-License-Identifier: MIT */
/*
 * posix_spawnattr_*: what a child shall be besides its descriptors, as fields
 * of the contract.
 */

#include <errno.h>
#include <sched.h>
#include <unistd.h>

#include "lib/preload/preload.h"

/* Lies in the caller's posix_spawnattr_t. */
struct __attribute__((may_alias)) attributes {
	short flags;
	pid_t pgroup;
	sigset_t sigdefault;
	sigset_t sigmask;
	int policy;
	struct sched_param parameter;
};

_Static_assert(sizeof(struct attributes) <= sizeof(posix_spawnattr_t),
	       "the caller's storage holds our attributes");

static const struct {
	short flag;
	unsigned field;
} meanings[] = {
	{ POSIX_SPAWN_RESETIDS, SW_RESETIDS },
	{ POSIX_SPAWN_SETPGROUP, SW_PGROUP },
	{ POSIX_SPAWN_SETSIGDEF, SW_SIGDEFAULT },
	{ POSIX_SPAWN_SETSIGMASK, SW_SIGMASK },
	{ POSIX_SPAWN_SETSCHEDPARAM, SW_SCHED },
	{ POSIX_SPAWN_SETSCHEDULER, SW_SCHED },
	{ POSIX_SPAWN_SETSID, SW_SESSION },
#ifdef POSIX_SPAWN_USEVFORK
	{ POSIX_SPAWN_USEVFORK, 0 }, /* a hint, which glibc ignores as well */
#endif
};

#define MEANING_COUNT (sizeof meanings / sizeof *meanings)

static struct attributes *own(posix_spawnattr_t *attributes)
{
	return (struct attributes *)attributes;
}

static const struct attributes *own_const(const posix_spawnattr_t *attributes)
{
	return (const struct attributes *)attributes;
}

/* GNU make asks for its real ids although it has no others. That changes
 * nothing, and not every strategy could change it. */
static bool has_other_ids(void)
{
	return getuid() != geteuid() || getgid() != getegid();
}

void attributes_ask(const posix_spawnattr_t *attributes,
		    struct sw_request *request)
{
	const struct attributes *asked = own_const(attributes);

	if (!asked)
		return;
	for (size_t i = 0; i < MEANING_COUNT; i++)
		if (asked->flags & meanings[i].flag)
			request->fields |= meanings[i].field;
	if (!has_other_ids())
		request->fields &= ~(unsigned)SW_RESETIDS;
	request->pgroup = asked->pgroup;
	request->sigdefault = &asked->sigdefault;
	request->sigmask = &asked->sigmask;
	request->sched_priority = asked->parameter.sched_priority;
	request->sched_policy =
		asked->flags & POSIX_SPAWN_SETSCHEDULER ? asked->policy : -1;
}

INTERPOSED int posix_spawnattr_init(posix_spawnattr_t *attributes)
{
	*own(attributes) = (struct attributes){ 0 };
	return 0;
}

INTERPOSED int posix_spawnattr_destroy(posix_spawnattr_t *attributes)
{
	(void)attributes;
	return 0;
}

/* A flag that has no meaning here is refused, not ignored. That is also how
 * POSIX_SPAWN_SETCGROUP of glibc 2.39 ends. */
INTERPOSED int posix_spawnattr_setflags(posix_spawnattr_t *attributes,
					short flags)
{
	short known = 0;

	for (size_t i = 0; i < MEANING_COUNT; i++)
		known |= meanings[i].flag;
	if (flags & ~known)
		return EINVAL;
	own(attributes)->flags = flags;
	return 0;
}

INTERPOSED int
posix_spawnattr_getflags(const posix_spawnattr_t *restrict attributes,
			 short *restrict flags)
{
	*flags = own_const(attributes)->flags;
	return 0;
}

INTERPOSED int posix_spawnattr_setpgroup(posix_spawnattr_t *attributes,
					 pid_t pgroup)
{
	own(attributes)->pgroup = pgroup;
	return 0;
}

INTERPOSED int
posix_spawnattr_getpgroup(const posix_spawnattr_t *restrict attributes,
			  pid_t *restrict pgroup)
{
	*pgroup = own_const(attributes)->pgroup;
	return 0;
}

INTERPOSED int
posix_spawnattr_setsigdefault(posix_spawnattr_t *restrict attributes,
			      const sigset_t *restrict set)
{
	own(attributes)->sigdefault = *set;
	return 0;
}

INTERPOSED int
posix_spawnattr_getsigdefault(const posix_spawnattr_t *restrict attributes,
			      sigset_t *restrict set)
{
	*set = own_const(attributes)->sigdefault;
	return 0;
}

INTERPOSED int
posix_spawnattr_setsigmask(posix_spawnattr_t *restrict attributes,
			   const sigset_t *restrict mask)
{
	own(attributes)->sigmask = *mask;
	return 0;
}

INTERPOSED int
posix_spawnattr_getsigmask(const posix_spawnattr_t *restrict attributes,
			   sigset_t *restrict mask)
{
	*mask = own_const(attributes)->sigmask;
	return 0;
}

INTERPOSED int
posix_spawnattr_setschedparam(posix_spawnattr_t *restrict attributes,
			      const struct sched_param *restrict parameter)
{
	own(attributes)->parameter = *parameter;
	return 0;
}

INTERPOSED int
posix_spawnattr_getschedparam(const posix_spawnattr_t *restrict attributes,
			      struct sched_param *restrict parameter)
{
	*parameter = own_const(attributes)->parameter;
	return 0;
}

/* Others are refused here by glibc, too (posix/spawnattr_setschedpolicy.c). */
INTERPOSED int posix_spawnattr_setschedpolicy(posix_spawnattr_t *attributes,
					      int policy)
{
	if (policy != SCHED_OTHER && policy != SCHED_FIFO && policy != SCHED_RR)
		return EINVAL;
	own(attributes)->policy = policy;
	return 0;
}

INTERPOSED int
posix_spawnattr_getschedpolicy(const posix_spawnattr_t *restrict attributes,
			       int *restrict policy)
{
	*policy = own_const(attributes)->policy;
	return 0;
}

/* Of glibc 2.39. The libc's own must not touch our storage. */
int posix_spawnattr_setcgroup_np(posix_spawnattr_t *attributes, int cgroup);
int posix_spawnattr_getcgroup_np(const posix_spawnattr_t *restrict attributes,
				 int *restrict cgroup);

INTERPOSED int posix_spawnattr_setcgroup_np(posix_spawnattr_t *attributes,
					    int cgroup)
{
	(void)attributes;
	(void)cgroup;
	return ENOTSUP;
}

INTERPOSED int
posix_spawnattr_getcgroup_np(const posix_spawnattr_t *restrict attributes,
			     int *restrict cgroup)
{
	(void)attributes;
	(void)cgroup;
	return ENOTSUP;
}
