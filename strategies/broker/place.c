/* SPDX-License-Identifier: MIT */
/* Where a thread is; see place.h. */

#include "strategies/broker/place.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#ifndef STATX_INO /* musl before 1.2.4 */
#include <linux/stat.h>
#endif

#include "lib/raw.h"

/* Filters older than statx(2) refuse it. */
SW_CHILD_HALF static struct sw_spot spot_of_old(const char *path, int flags)
{
	struct stat file;

	if (raw4(SYS_newfstatat, AT_FDCWD, path, &file, flags) < 0)
		return (struct sw_spot){ 0 };
	return (struct sw_spot){
		.inode = file.st_ino,
		/* NOLINTNEXTLINE(clang-analyzer-core.*): the kernel fills it */
		.device = { major(file.st_dev), minor(file.st_dev) },
	};
}

SW_CHILD_HALF struct sw_spot sw_spot_at(const char *path)
{
	const int flags = *path ? 0 : AT_EMPTY_PATH;
	struct statx file;

	if (raw6(SYS_statx, AT_FDCWD, (long)path, flags | AT_STATX_DONT_SYNC,
		 STATX_INO | STATX_MNT_ID, (long)&file, 0) < 0)
		return spot_of_old(path, flags);
	return (struct sw_spot){
		/* NOLINTNEXTLINE(clang-analyzer-core.*): the kernel fills it */
		.mount = file.stx_mask & STATX_MNT_ID ? file.stx_mnt_id : 0,
		.inode = file.stx_ino,
		.device = { file.stx_dev_major, file.stx_dev_minor },
	};
}

SW_CHILD_HALF void sw_place_take(struct sw_place *place)
{
	place->root = sw_spot_at("/");
	place->folder = sw_spot_at("");
}

SW_CHILD_HALF bool sw_spots_equal(const struct sw_spot *one,
				  const struct sw_spot *other)
{
	return one->mount == other->mount && one->inode == other->inode &&
	       one->device[0] == other->device[0] &&
	       one->device[1] == other->device[1];
}

/*
 * A system call that wants the rights of a tracer, but for those of its own
 * user namespace who have its ids and capabilities (ptrace(2), "Ptrace access
 * mode checking"). Who has entered another namespace has entered one below, and
 * has no rights above.
 */
static bool can_see(pid_t helper)
{
	void *list;
	size_t bytes;

	return !raw3(SYS_get_robust_list, helper, &list, &bytes);
}

void sw_realm_take(struct sw_realm *realm)
{
	sw_link_read("/proc/thread-self/ns/mnt", realm->mounts,
		     sizeof realm->mounts);
	sw_link_read("/proc/thread-self/ns/user", realm->users,
		     sizeof realm->users);
}

/* Reading the names takes some times as long; but a helper that is not dumpable
 * for now cannot be seen. */
bool sw_realm_holds(const struct sw_realm *realm, const struct sw_place *place,
		    pid_t helper)
{
	struct sw_realm now;

	if (place->root.mount && can_see(helper))
		return true;
	sw_realm_take(&now);
	return !memcmp(&now, realm, sizeof now);
}
