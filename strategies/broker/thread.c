/* SPDX-License-Identifier: MIT */
/* What one thread has given up; see thread.h. */

#include "strategies/broker/thread.h"

#include <errno.h>
#include <linux/kcmp.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>

#include "lib/raw.h"

/* The bond that this thread was last found fit for. */
static _Thread_local uint64_t fit_for;

/* Reading /proc takes longer than the whole call. Without the mode there is no
 * filter, and ambient capabilities are permitted and inheritable ones
 * (capabilities(7)). */
static bool must_read(const struct sw_identity *identity)
{
	const struct __user_cap_data_struct *sets = identity->capabilities;

	return identity->seccomp == SECCOMP_MODE_FILTER ||
	       sets[0].permitted & sets[0].inheritable ||
	       sets[1].permitted & sets[1].inheritable;
}

/* Only who has CAP_SETPCAP makes its bounding set smaller (prctl(2)), and who
 * has lost it does not get it back before exec. Nobody makes the set larger. */
static bool may_be_bounded(const struct sw_bond *bond)
{
	return bond->identity.capabilities[0].permitted & 1u << CAP_SETPCAP ||
	       fit_for != bond->number;
}

static int check_bounding(uint64_t bounding)
{
	for (int bit = 0; bit < 64; bit++) {
		const long result =
			raw6(SYS_prctl, PR_CAPBSET_READ, bit, 0, 0, 0, 0);

		if (result == -EINVAL) /* the kernel knows no more */
			return 0;
		if (result < 0)
			return (int)result;
		if (result != (long)(bounding >> bit & 1))
			return -ESTALE;
	}
	return 0;
}

/* It has called unshare(2), or the first one has ended. Where that cannot be
 * asked it has not. */
static bool has_own_umask(const struct sw_bond *bond)
{
	return raw6(SYS_kcmp, raw0(SYS_gettid), bond->caller, KCMP_FS, 0, 0,
		    0) > 0;
}

static int read_and_compare(const struct sw_bond *bond, int *umask)
{
	struct sw_facts now;
	const int error = sw_facts_of_thread(&now);

	if (error)
		return error;
	*umask = (int)sw_umask_of(&now);
	return sw_facts_equal(&now, &bond->facts) ? 0 : -ESTALE;
}

int sw_thread_check(const struct sw_bond *bond, int *umask)
{
	int error = -ENOSYS;

	if (!must_read(&bond->identity) && !has_own_umask(bond))
		error = may_be_bounded(bond)
				? check_bounding(bond->facts.bounding)
				: 0;
	if (error && error != -ESTALE) /* prctl(2) is refused, too */
		error = read_and_compare(bond, umask);
	if (!error)
		fit_for = bond->number;
	return error;
}
