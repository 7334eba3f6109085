/* SPDX-License-Identifier: MIT */
/* Who the caller is; see identity.h. */

#include "strategies/broker/identity.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>

#include "lib/raw.h"

#ifndef PR_GET_MDWE
#define PR_GET_MDWE 66 /* Linux 6.3; before, the same error every time */
#endif

int sw_identity_take(struct sw_identity *identity)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	uid_t *const uids = identity->uids;
	gid_t *const gids = identity->gids;

	memset(identity, 0, offsetof(struct sw_identity, groups));
	raw3(SYS_getresuid, &uids[0], &uids[1], &uids[2]);
	raw3(SYS_getresgid, &gids[0], &gids[1], &gids[2]);
	/* An id that cannot be changes nothing (setfsuid(2), BUGS). */
	uids[3] = (uid_t)raw1(SYS_setfsuid, -1);
	gids[3] = (gid_t)raw1(SYS_setfsgid, -1);
	identity->no_new_privs =
		(int)raw6(SYS_prctl, PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0, 0);
	identity->seccomp = (int)raw1(SYS_prctl, PR_GET_SECCOMP);
	identity->secure_bits = (int)raw1(SYS_prctl, PR_GET_SECUREBITS);
	identity->no_exec_gain =
		(int)raw6(SYS_prctl, PR_GET_MDWE, 0, 0, 0, 0, 0);
	identity->session = (pid_t)raw1(SYS_getsid, 0);
	raw2(SYS_capget, &header, identity->capabilities);
	identity->group_count =
		(int)raw2(SYS_getgroups, SW_GROUPS_MAX, identity->groups);
	return identity->group_count < 0 ? -ENOTSUP : 0;
}

bool sw_identity_equal(const struct sw_identity *one,
		       const struct sw_identity *other)
{
	return !memcmp(one, other, offsetof(struct sw_identity, groups)) &&
	       !memcmp(one->groups, other->groups,
		       (size_t)one->group_count * sizeof *one->groups);
}
