/* SPDX-License-Identifier: MIT */
/*
 * A memory control group of our own: place, bounds, members, counters, end.
 * Longer than other files: what may refuse a group is explained beside it.
 */
#include "bench/labs/memory_group.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "bench/labs/group_watchdog.h"
#include "bench/labs/region.h"
#include "bench/machine/memory.h"
#include "bench/machine/text.h"
#include "bench/verbs/mode.h"

#define NAMES 64 /* tried where earlier runs left some behind */
#define DELEGATED "systemd-run --scope -p Delegate=yes spawnwise lab ..."
#define DELEGATED_TO_USER                                                      \
	"systemd-run --user --scope -p Delegate=yes spawnwise lab ..."

/* Write a number and see that it is there: what the kernel rounds, or
 * somebody else changes, would make an experiment dangerous. */
static int put_number(const struct memory_group *group, const char *name,
		      uint64_t number)
{
	char text[32];
	char now[32];

	snprintf(text, sizeof(text), "%" PRIu64, number);
	int error = text_write_at(text, "%s/%s", group->directory, name);
	if (!error)
		error = text_read_at(now, sizeof(now), "%s/%s",
				     group->directory, name);
	if (!error && strcmp(now, text) != 0)
		error = -EIO;
	return error;
}

/*
 * Memory and swap together may take a page more than memory alone: were the
 * limits equal, that of both would be hit first, and newer kernels count no
 * hits of it (6.18: track_failcnt in mem_cgroup_css_alloc(), which is set for
 * memory alone), so that failcnt would stay 0. Swap itself is off by a
 * swappiness of 0, which in version 1 means never (get_scan_count() in
 * mm/vmscan.c); that also serves kernels without swap accounting. Which limit
 * goes first depends on the direction.
 */
static int limit_first(const struct memory_group *group, uint64_t bytes)
{
	const char *memsw = "memory.memsw.limit_in_bytes";
	uint64_t both_bytes = bytes + page_bytes();
	int error = put_number(group, "memory.swappiness", 0);
	int both = put_number(group, memsw, both_bytes);

	if (!error)
		error = put_number(group, "memory.limit_in_bytes", bytes);
	if (!error && both == -EINVAL)
		both = put_number(group, memsw, both_bytes);
	if (!error && both != -ENOENT)
		error = both;
	return error;
}

/* No file where the kernel has no swap at all. */
static int limit_second(const struct memory_group *group, uint64_t bytes)
{
	struct meminfo info;
	int error = put_number(group, "memory.swap.max", 0);

	if (error == -ENOENT && meminfo_read(&info) == 0)
		error = info.swap_total_bytes ? -ENOTSUP : 0;
	return error ? error : put_number(group, "memory.max", bytes);
}

int memory_group_set_limit(const struct memory_group *group,
			   uint64_t limit_bytes)
{
	return group->version == 1 ? limit_first(group, limit_bytes)
				   : limit_second(group, limit_bytes);
}

static int make_below(struct memory_group *group, const char *parent)
{
	static int number;
	int error = -EEXIST;

	for (int i = 0; error == -EEXIST && i < NAMES; i++) {
		if (snprintf(group->directory, PATH_MAX, "%s/spawnwise-%d-%d",
			     parent, (int)getpid(), ++number) >= PATH_MAX)
			return -ENAMETOOLONG;
		error = group_watchdog_birth(&group->watchdog,
					     group->directory);
	}
	return error;
}

/* Let new groups below a group of version 2 have the memory controller. */
static int give_controller(const char *parent)
{
	char controllers[256];
	const int error = text_read_at(controllers, sizeof controllers,
				       "%s/cgroup.subtree_control", parent);

	return error || strstr(controllers, "memory")
		       ? error
		       : text_write_at("+memory", "%s/cgroup.subtree_control",
				       parent);
}

/*
 * Version 1 takes groups below any group. In version 2 a group has the memory
 * controller only if its parent's cgroup.subtree_control says so, and that a
 * group with processes of its own, but the root, must not say: cgroups(7),
 * "no internal processes". So the search goes upwards.
 */
int memory_group_place(struct memory_group *group, const struct cgroup *own)
{
	struct cgroup parent = *own;
	int first = -ENOENT;

	do {
		int error = own->version == 2
				    ? give_controller(parent.directory)
				    : 0;

		group_watchdog_repair(parent.directory);
		if (!error)
			error = make_below(group, parent.directory);
		if (!error)
			group->version = own->version;
		if (!error || error == -ENOTRECOVERABLE || own->version == 1)
			return error;
		/* "No controller" says the least of all reasons. */
		if (first == -ENOENT)
			first = error;
	} while (cgroup_up(&parent));
	return first;
}

static const char *who_may(bool has_systemd)
{
	if (geteuid())
		return has_systemd ? "run `" DELEGATED_TO_USER "`, or as root"
				   : "run it as root";
	return has_systemd ? "run `" DELEGATED "`"
			   : "run it with CAP_SYS_ADMIN, outside the container";
}

void memory_group_explain(int error, const struct cgroup *own, char *why,
			  size_t why_size)
{
	/* sd_booted(3). */
	const bool has_systemd = !access("/run/systemd/system", F_OK);

	switch (error) {
	case -ENOENT:
	case -ENODEV:
		snprintf(why, why_size,
			 "there is no memory controller among this machine's "
			 "control groups: %s",
			 has_systemd ? "run `" DELEGATED "`, or boot with "
				       "cgroup_enable=memory"
				     : "boot with cgroup_enable=memory, and "
				       "mount them");
		break;
	case -EACCES:
	case -EPERM:
		snprintf(why, why_size,
			 "this user may not make a memory control group: %s",
			 who_may(has_systemd));
		break;
	case -EROFS:
		snprintf(why, why_size,
			 "%s is read-only, as in a container: give it a "
			 "writable one (docker run --privileged), or run it "
			 "outside",
			 own->mount);
		break;
	case -EBUSY:
		snprintf(why, why_size,
			 "our own control group %s holds processes: move them "
			 "below it first, `mkdir %s/shell && echo $$ > "
			 "%s/shell/cgroup.procs`",
			 own->directory, own->directory, own->directory);
		break;
	case -ENOLCK:
		snprintf(why, why_size, "flock(2) is refused");
		break;
	case -ENOTRECOVERABLE:
		snprintf(why, why_size, "%s", run_guardian_reason(error));
		break;
	case -ENOTSUP:
		snprintf(why, why_size,
			 "this kernel does not bound the swap of a group: boot "
			 "with swapaccount=1, or turn swap off");
		break;
	case -EXDEV:
		snprintf(why, why_size,
			 "the limits of our memory control group are hidden: "
			 "%s; mount it, or run outside of what hides it",
			 cgroup_error(error));
		break;
	default:
		snprintf(why, why_size,
			 "making a memory control group below %s failed: %s",
			 own->directory, strerror(-error));
	}
}

int memory_group_open(struct memory_group *group, uint64_t limit_bytes,
		      char *why, size_t why_size)
{
	struct cgroup own = { .version = 0 };
	int error = cgroup_of(0, "memory", &own);

	group->version = 0;
	if (!error)
		error = memory_group_place(group, &own);
	if (!error)
		error = memory_group_set_limit(group, limit_bytes);
	if (!error)
		return 0;
	memory_group_explain(error, &own, why, why_size);
	if (group->version)
		memory_group_close(group);
	return error;
}

int memory_group_enter(const struct memory_group *group)
{
	return text_write_at("0", "%s/cgroup.procs", group->directory);
}

int memory_group_set_oom_group(const struct memory_group *group)
{
	int error = text_write_at("1", "%s/memory.oom.group", group->directory);

	return error == -ENOENT ? -ENOTSUP : error;
}

void memory_group_close(struct memory_group *group)
{
	group_watchdog_end(&group->watchdog, group->directory);
}

#define COUNTER(counter, help)                                                 \
	FIELD(#counter, BYTES, offsetof(struct memory_group_reading, counter), \
	      help)

const struct row_field memory_group_counters[] = {
	COUNTER(failcnt, "the limit was hit; most hits end in reclaim"),
	COUNTER(low, "reclaimed although below memory.low"),
	COUNTER(high, "slowed down above memory.high"),
	COUNTER(max, "the limit was hit; most hits end in reclaim"),
	COUNTER(oom, "reclaim did not help either"),
	COUNTER(oom_kill, "processes that were killed"),
	COUNTER(oom_group_kill, "the whole group was (memory.oom.group)"),
	{ 0 },
};

int memory_group_parse_counters(FILE *stream,
				struct memory_group_reading *reading)
{
	struct field fields[8];
	size_t count = 0;

	for (const struct row_field *counter = memory_group_counters;
	     counter->name; counter++)
		fields[count++] = (struct field){
			.key = counter->name,
			.value = (void *)((char *)reading + counter->offset),
			.unit = 1,
		};
	return fields_parse(stream, fields, count, NULL);
}

static int read_counters(const struct memory_group *group, const char *name,
			 struct memory_group_reading *reading)
{
	TEXT_STREAM stream = text_open("%s/%s", group->directory, name);

	return stream ? memory_group_parse_counters(stream, reading) : -errno;
}

/* What is a file of its own in one version is a line among others in the
 * other. */
int memory_group_read(const struct memory_group *group,
		      struct memory_group_reading *reading)
{
	const char *directory = group->directory;

	/* All ones: every field is unknown. */
	memset(reading, 0xff, sizeof(*reading));
	/* Ours has no groups below it: where the group's own events have no
	 * file of theirs (before Linux 5.2) the sums are the same. */
	if (group->version == 2 &&
	    read_counters(group, "memory.events.local", reading))
		read_counters(group, "memory.events", reading);
	if (group->version == 2)
		return cgroup_number_read(directory, "memory.current",
					  &reading->usage_bytes);
	read_counters(group, "memory.oom_control", reading);
	cgroup_number_read(directory, "memory.failcnt", &reading->failcnt);
	return cgroup_number_read(directory, "memory.usage_in_bytes",
				  &reading->usage_bytes);
}
