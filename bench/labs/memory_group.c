/* SPDX-License-Identifier: MIT */
/*
 * A memory control group of our own: place, bounds, members, counters, end.
 * Longer than other files: what may refuse a group is explained beside it.
 */
#include "bench/labs/memory_group.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "bench/labs/group_watchdog.h"
#include "bench/labs/region.h"
#include "bench/machine/memory.h"
#include "bench/machine/text.h"
#include "bench/machine/units.h"
#include "bench/verbs/mode.h"

#define MOST_BYTES ((uint64_t)512 << 20)
#define LEAST_BYTES ((uint64_t)64 << 10)
#define STOP_WAIT_MS (WATCHDOG_SWEEP_MS + 1000)
#define NAMES 64       /* tried where earlier runs left some behind */
#define REPAIR_MS 1000 /* for one group of a dead runner */
#define ANSWER_MS 1000
#define DELEGATED "systemd-run --scope -p Delegate=yes spawnwise lab ..."
#define DELEGATED_TO_USER                                                      \
	"systemd-run --user --scope -p Delegate=yes spawnwise lab ..."

int memory_group_ceiling(uint64_t *bytes, char *why, size_t why_size)
{
	char room[MEMORY_WHY_BYTES];
	int error = memory_room(bytes, room, sizeof(room));

	*bytes /= 4;
	if (error)
		snprintf(why, why_size, "%s", room);
	else if (*bytes < MOST_BYTES)
		snprintf(why, why_size, "a quarter of the %s", room);
	else
		snprintf(why, why_size, "the %d MiB that an experiment may use",
			 (int)(MOST_BYTES >> 20));
	if (*bytes > MOST_BYTES)
		*bytes = MOST_BYTES;
	return error;
}

static int check_limit(struct memory_group *group, uint64_t limit_bytes,
		       char *why, size_t why_size)
{
	char reason[MEMORY_WHY_BYTES + 32];
	const int error = memory_group_ceiling(&group->ceiling_bytes, reason,
					       sizeof(reason));

	if (error) {
		snprintf(why, why_size, "memory cannot be told: %s", reason);
		return error;
	}
	if (limit_bytes >= LEAST_BYTES && limit_bytes <= group->ceiling_bytes)
		return 0;
	snprintf(why, why_size, "%s is not between 64 KiB and %s",
		 size_human(limit_bytes).text, reason);
	return -ERANGE;
}

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

int memory_group_set_limit(struct memory_group *group, uint64_t limit_bytes)
{
	const uint64_t bytes = whole_pages(limit_bytes);

	if (!group->version)
		return -ENOENT;
	if (!bytes || bytes > group->ceiling_bytes)
		return -ERANGE;
	int error = group->version == 1 ? limit_first(group, bytes)
					: limit_second(group, bytes);
	if (!error)
		group->limit_bytes = bytes;
	return error;
}

static int ask_make(struct memory_group *group, const char *parent)
{
	static int number;
	char directory[PATH_MAX] = "";
	int error = -EEXIST;

	for (int i = 0; error == -EEXIST && i < NAMES; i++) {
		if (snprintf(directory, PATH_MAX, "%s/spawnwise-%d-%d", parent,
			     (int)getpid(), ++number) >= PATH_MAX)
			return -ENAMETOOLONG;
		error = watchdog_ask(&group->watchdog, directory, PATH_MAX,
				     ANSWER_MS);
	}
	if (!error)
		memcpy(group->directory, directory, PATH_MAX);
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

	group->version = own->version;
	do {
		int error = own->version == 2
				    ? give_controller(parent.directory)
				    : 0;

		memory_group_repair(parent.directory);
		if (!error)
			error = ask_make(group, parent.directory);
		if (!error || error == -EPIPE || own->version == 1)
			return error;
		/* "No controller" says the least of all reasons. */
		if (first == -ENOENT)
			first = error;
	} while (cgroup_up(&parent));
	return first;
}

/* A name like ours, and no runner of our pid namespace that is alive. */
static bool is_left(const char *name)
{
	int end = 0;
	int runner;

	return sscanf(name, "spawnwise-%d-%*d%n", &runner, &end) == 1 && end &&
	       !name[end] && runner > 0 && kill(runner, 0) && errno == ESRCH;
}

/* A runner of another namespace lives as long as its watchdog does, which holds
 * the lock. */
static void repair(const char *path)
{
	OWNED_FD lock_fd = group_watchdog_lock(path);
	bool killed = false;

	if (lock_fd >= 0)
		group_watchdog_sweep(path, true, REPAIR_MS, &killed);
}

void memory_group_repair(const char *directory)
{
	OWNED_DIR groups = opendir(directory);
	struct dirent *entry;
	char path[PATH_MAX];

	while (groups && (entry = readdir(groups)))
		if (is_left(entry->d_name) &&
		    snprintf(path, PATH_MAX, "%s/%s", directory,
			     entry->d_name) < PATH_MAX)
			repair(path);
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

	memset(group, 0, sizeof(*group));
	int error = check_limit(group, limit_bytes, why, why_size);
	if (error)
		return error;
	error = cgroup_of(0, "memory", &own);
	if (!error)
		error = group_watchdog_birth(&group->watchdog);
	if (!error)
		error = memory_group_place(group, &own);
	if (!error)
		error = memory_group_set_limit(group, limit_bytes);
	if (error) {
		memory_group_explain(error, &own, why, why_size);
		memory_group_close(group);
	}
	return error;
}

int memory_group_enter(const struct memory_group *group, pid_t pid)
{
	char text[16];

	if (!group->version)
		return -ENOENT;
	snprintf(text, sizeof(text), "%d", (int)pid);
	return text_write_at(text, "%s/cgroup.procs", group->directory);
}

int memory_group_set_oom_group(const struct memory_group *group, bool whole)
{
	int error = text_write_at(whole ? "1" : "0", "%s/memory.oom.group",
				  group->directory);

	return error == -ENOENT ? -ENOTSUP : error;
}

bool memory_group_close(struct memory_group *group)
{
	static const char stop[PATH_MAX] = "";
	bool killed = false;

	if (!group->version)
		return false;
	int answer =
		watchdog_ask(&group->watchdog, stop, PATH_MAX, STOP_WAIT_MS);
	if (answer >= 0 || answer == -EPIPE)
		watchdog_reap(&group->watchdog);
	else /* Some process does not die yet: the watchdog goes on. */
		watchdog_forget(&group->watchdog);
	if (answer == -EPIPE && *group->directory)
		group_watchdog_sweep(group->directory, false, WATCHDOG_SWEEP_MS,
				     &killed);
	group->version = 0;
	return killed || answer > 0;
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

static uint64_t *counter_in(struct memory_group_reading *reading,
			    const struct row_field *counter)
{
	return (uint64_t *)((char *)reading + counter->offset);
}

void memory_group_growth(const struct memory_group_reading *before,
			 struct memory_group_reading *now)
{
	for (const struct row_field *counter = memory_group_counters;
	     counter->name; counter++) {
		const uint64_t *from = row_member(counter, before);

		if (*counter_in(now, counter) != BYTES_UNKNOWN)
			*counter_in(now, counter) -= *from;
	}
}

int memory_group_parse_counters(FILE *stream,
				struct memory_group_reading *reading)
{
	struct field fields[8];
	size_t count = 0;

	for (; memory_group_counters[count].name; count++)
		fields[count] = (struct field){
			.key = memory_group_counters[count].name,
			.value = counter_in(reading,
					    &memory_group_counters[count]),
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
	if (!group->version)
		return -ENOENT;
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
