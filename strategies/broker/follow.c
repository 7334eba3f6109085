/* SPDX-License-Identifier: MIT */
/*
 * A helper goes where its caller is, by the links that /proc has for the
 * caller's root and working folder: no path has to be walked, and no permission
 * but to look at the caller is needed (proc(5)).
 */

#include "strategies/broker/follow.h"

#include <errno.h>

#include "lib/raw.h"

#define PATH_BYTES 96

static bool is_there(const struct sw_helper *helper,
		     const struct sw_place *place)
{
	return sw_spots_equal(&helper->place.folder, &place->folder) &&
	       sw_spots_equal(&helper->place.root, &place->root);
}

/* "/proc/NAME/task/ID", or "/proc/NAME" for the caller's first thread; returns
 * the end. */
SW_CHILD_HALF static char *put_name(char *path, const struct sw_helper *helper,
				    pid_t thread)
{
	char digits[16];
	char *start = digits + sizeof digits - 1;
	char *end = sw_put(sw_put(path, "/proc/"), helper->caller_name);

	if (thread == helper->caller)
		return end;
	*start = '\0';
	for (; thread > 0; thread /= 10)
		*--start = (char)('0' + thread % 10);
	return sw_put(sw_put(end, "/task/"), start);
}

/* A root of the same mount namespace is the child's to enter; in another we
 * have nothing to do. */
SW_CHILD_HALF static bool find_root(const struct sw_helper *helper,
				    struct sw_job *job, const char *name)
{
	char path[PATH_BYTES], mounts[SW_NAMESPACE_BYTES];
	struct sw_spot spot;

	sw_put(sw_put(path, name), "/ns/mnt");
	sw_link_read(path, mounts, sizeof mounts);
	if (!mounts[0] || !sw_names_equal(mounts, helper->mounts))
		return false;
	sw_put(sw_put(job->root, name), "/root");
	spot = sw_spot_at(job->root);
	return sw_spots_equal(&spot, &job->order.place.root);
}

/* Follow the thread that /proc calls so, if that is where the request came
 * from. */
SW_CHILD_HALF static bool follow(struct sw_helper *helper, struct sw_job *job,
				 const char *name)
{
	const struct sw_place *wanted = &job->order.place;
	char path[PATH_BYTES];

	if (!sw_spots_equal(&helper->place.folder, &wanted->folder)) {
		sw_put(sw_put(path, name), "/cwd");
		raw1(SYS_chdir, path);
		helper->place.folder = sw_spot_at("");
	}
	return sw_spots_equal(&helper->place.folder, &wanted->folder) &&
	       (sw_spots_equal(&helper->place.root, &wanted->root) ||
		find_root(helper, job, name));
}

SW_CHILD_HALF int sw_helper_follow(struct sw_helper *helper, struct sw_job *job)
{
	char name[PATH_BYTES];

	job->root[0] = '\0';
	if (is_there(helper, &job->order.place))
		return 0;
	/* pivot_root(2) takes us along. */
	sw_place_take(&helper->place);
	put_name(name, helper, helper->caller);
	if (is_there(helper, &job->order.place) || follow(helper, job, name))
		return 0;
	put_name(name, helper, job->order.thread);
	return follow(helper, job, name) ? 0 : -ESTALE;
}

/* Who may not follow later stays where it is. */
SW_CHILD_HALF void sw_helper_let_folder_go(struct sw_helper *helper)
{
	char path[PATH_BYTES];

	sw_put(put_name(path, helper, helper->caller), "/cwd");
	if (sw_spot_at(path).inode)
		raw1(SYS_chdir, "/");
	helper->place.folder = sw_spot_at("");
}
