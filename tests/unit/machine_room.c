/* SPDX-License-Identifier: MIT */
/*
 * How much memory control groups leave, and who bounds them.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "bench/doctor/diagnosis.h"
#include "bench/machine/text.h"
#include "tests/unit/cgroup_tree.h"
#include "tests/unit/source.h"

#define MIB (UINT64_C(1) << 20)

static uint64_t cache_of(const char *stat, int version)
{
	struct cgroup group = { .version = version };
	struct cgroup_room room;
	char middle[PATH_MAX];

	tree_make(&group, middle);
	put(group.directory,
	    version == 1 ? "memory.usage_in_bytes" : "memory.current", "1\n");
	put(group.directory,
	    version == 1 ? "memory.limit_in_bytes" : "memory.max", "1048576\n");
	put(group.directory, "memory.stat", stat);
	assert_int_equal(cgroup_room_read(&group, &room), 0);
	tree_remove(&group);
	return room.cache_bytes;
}

static uint64_t recorded_cache(const char *path, int version)
{
	char stat[8192];

	assert_int_equal(text_read(path, stat, sizeof stat), 0);
	return cache_of(stat, version);
}

static void cache_is_that_of_the_whole_group(void **state)
{
	(void)state;
	assert_int_equal(recorded_cache("tests/data/proc/memory.stat.v1", 1),
			 420143104);
	assert_int_equal(recorded_cache("tests/data/proc/memory.stat.v2", 2),
			 7340032);
	assert_int_equal(recorded_cache("tests/data/proc/memory.stat.v2", 1),
			 0);
	assert_int_equal(cache_of("inactive_file much\n", 2), 0);
}

static void room_is_what_cannot_be_dropped(void **state)
{
	struct cgroup_room room = { .usage_bytes = 100,
				    .cache_bytes = 30,
				    .limit_bytes = 120,
				    .limited = true };

	(void)state;
	assert_int_equal(cgroup_room_bytes(&room), 50);
	room.cache_bytes = 130; /* counted at another moment */
	assert_int_equal(cgroup_room_bytes(&room), 120);
	room.cache_bytes = 0;
	room.usage_bytes = 121;
	assert_int_equal(cgroup_room_bytes(&room), 0);
	room.limited = false;
	assert_true(cgroup_room_bytes(&room) == UINT64_MAX);
}

static void fill(const char *directory, const char *limit, const char *usage,
		 const char *stat)
{
	put(directory, "memory.max", limit);
	put(directory, "memory.current", usage);
	put(directory, "memory.stat", stat);
}

/* The leaf has the tighter limit, the middle less room. */
static void fullest_group_is_met_first(void **state)
{
	struct cgroup group = { .version = 2 };
	struct cgroup_room room;
	char middle[PATH_MAX];

	(void)state;
	tree_make(&group, middle);
	assert_int_equal(cgroup_room_read(&group, &room), -ENOENT);
	fill(group.directory, "max\n", "1048576\n", "inactive_file 4096\n");
	assert_int_equal(cgroup_room_read(&group, &room), 0);
	assert_false(room.limited);
	assert_int_equal(room.usage_bytes, MIB);
	assert_int_equal(room.cache_bytes, 4096);
	assert_string_equal(room.directory, group.directory);

	put(group.directory, "memory.max", "104857600\n");
	fill(middle, "209715200\n", "207618048\n", "inactive_file 0\n");
	assert_int_equal(cgroup_room_read(&group, &room), 0);
	assert_true(room.limited);
	assert_string_equal(room.directory, middle);
	assert_int_equal(cgroup_room_bytes(&room), 2 * MIB);

	put(middle, "memory.stat", "inactive_file 207618048\n");
	assert_int_equal(cgroup_room_read(&group, &room), 0);
	assert_string_equal(room.directory, group.directory);
	assert_int_equal(cgroup_room_bytes(&room), 99 * MIB + 4096);
	tree_remove(&group);
}

/* What exceeds memory.high is stalled, so its room counts too. */
static void high_is_a_limit(void **state)
{
	struct cgroup group = { .version = 2 };
	struct cgroup_room room;
	char middle[PATH_MAX];

	(void)state;
	tree_make(&group, middle);
	fill(group.directory, "10485760\n", "1048576\n", "");
	put(group.directory, "memory.high", "max\n");
	assert_int_equal(cgroup_room_read(&group, &room), 0);
	assert_string_equal(room.limit_name, "memory.max");
	put(group.directory, "memory.high", "3145728\n");
	assert_int_equal(cgroup_room_read(&group, &room), 0);
	assert_string_equal(room.limit_name, "memory.high");
	assert_int_equal(cgroup_room_bytes(&room), 2 * MIB);
	tree_remove(&group);
}

/* What is swapped out counts for memory and swap together. */
static void swap_is_counted_where_it_is_limited(void **state)
{
	struct cgroup group = { .version = 1 };
	struct cgroup_room room;
	char middle[PATH_MAX];

	(void)state;
	tree_make(&group, middle);
	put(group.directory, "memory.limit_in_bytes", "8388608\n");
	put(group.directory, "memory.usage_in_bytes", "1048576\n");
	put(group.directory, "memory.memsw.limit_in_bytes", "8388608\n");
	put(group.directory, "memory.memsw.usage_in_bytes", "6291456\n");
	assert_int_equal(cgroup_room_read(&group, &room), 0);
	assert_string_equal(room.limit_name, "memory.memsw.limit_in_bytes");
	assert_int_equal(cgroup_room_bytes(&room), 2 * MIB);
	tree_remove(&group);
}

/* A file that is missing or garbled is not "no limit". */
static void what_cannot_be_is_an_error(void **state)
{
	static const struct {
		const char *limit, *usage;
		int error;
		const char *file;
	} cases[] = {
		{ "4096\n", "much\n", -EBADMSG, "memory.current" },
		{ "4096\n", "18446744073709551488\n", -EBADMSG,
		  "memory.current" },
		{ "-1\n", "1\n", -EBADMSG, "memory.max" },
		{ "", "1\n", -EBADMSG, "memory.max" },
		{ NULL, "1\n", -ENODATA, "memory.max" },
		{ "4096\n", NULL, -ENODATA, "memory.current" },
	};
	struct cgroup_room room;
	char middle[PATH_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct cgroup group = { .version = 2 };

		tree_make(&group, middle);
		fill(group.directory, "4096\n", "1\n", "");
		if (cases[i].limit)
			put(middle, "memory.max", cases[i].limit);
		if (cases[i].usage)
			put(middle, "memory.current", cases[i].usage);
		assert_int_equal(cgroup_room_read(&group, &room),
				 cases[i].error);
		assert_string_equal(room.directory, middle);
		assert_string_equal(room.limit_name, cases[i].file);
		tree_remove(&group);
	}
}

static void version_one_has_other_names(void **state)
{
	struct cgroup group = { .version = 1 };
	struct cgroup_room room;
	char middle[PATH_MAX];

	(void)state;
	tree_make(&group, middle);
	put(middle, "memory.limit_in_bytes", "8388608\n");
	put(middle, "memory.usage_in_bytes", "6291456\n");
	put(middle, "memory.stat",
	    "inactive_file 1\ntotal_inactive_file 1048576\n");
	/* The leaf tells nothing: the walk goes on above it. */
	assert_int_equal(cgroup_room_read(&group, &room), 0);
	assert_string_equal(room.directory, middle);
	assert_int_equal(cgroup_room_bytes(&room), 3 * MIB);
	tree_remove(&group);
}

static void groups_have_owners(void **state)
{
	static const struct {
		const char *directory, *container, *owner;
	} cases[] = {
		{ "/cg/system.slice/docker-0f.scope", "no", "Docker: " },
		{ "/cg/kubepods.slice/kubepods-pod1.slice/cri-2.scope", "no",
		  "Kubernetes: " },
		{ "/cg/machine.slice/libpod-0f.scope", "no", "Podman: " },
		{ "/cg/lxc.payload.web", "no", "LXC: " },
		{ "/cg/system.slice/sshd.service", "no",
		  "systemd, unit sshd.service: `systemctl set-property "
		  "sshd.service MemoryMax=SIZE`" },
		{ "/cg/user.slice/user-1000.slice/mine", "no",
		  "systemd, unit user-1000.slice: " },
		{ "/cg", "docker", "who started this container (docker)" },
		{ "/cg", "no", "who made that group: its file memory.max" },
		{ "/cg/mine", "docker", "who made that group: " },
		{ "/cg/.service", "no", "who made that group: " },
	};
	const struct cgroup group = { .version = 2, .mount = "/cg" };
	struct cgroup_room room = { .limit_name = "memory.max" };
	char text[512];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		snprintf(room.directory, PATH_MAX, "%s", cases[i].directory);
		cgroup_owner(&group, &room, cases[i].container, text,
			     sizeof(text));
		if (strncmp(text, cases[i].owner, strlen(cases[i].owner)) != 0)
			fail_msg("%s: %s", cases[i].directory, text);
	}
	room.limit_name = "memory.high";
	snprintf(room.directory, PATH_MAX, "/cg/system.slice/a.service");
	cgroup_owner(&group, &room, "no", text, sizeof(text));
	assert_non_null(strstr(text, "set-property a.service MemoryHigh=SIZE"));
}

static bool second_is_in(const char *mounts)
{
	FILE *stream = fmemopen((void *)(uintptr_t)mounts, strlen(mounts), "r");

	assert_non_null(stream);
	bool mounted = cgroup_second_mounted(stream);
	fclose(stream);
	return mounted;
}

static void second_version_is_found(void **state)
{
	(void)state;
	assert_true(second_is_in("41 31 0:38 / /cg rw - cgroup2 cgroup2 rw\n"));
	assert_false(
		second_is_in("35 31 0:32 / /cg rw - cgroup cgroup rw,memory\n"
			     "36 31 0:32 / /cgroup2 rw - tmpfs cgroup2 rw\n"));
}

/* We are in some group or in none, and another process is found in its own. */
static void own_groups_are_found(void **state)
{
	struct cgroup group, again;
	int error = cgroup_of(0, "memory", &group);

	(void)state;
	assert_true(error == 0 || error == -ENOENT || error == -EXDEV);
	assert_int_equal(cgroup_of(getpid(), "memory", &again), error);
	if (!error)
		assert_string_equal(group.directory, again.directory);
	assert_int_equal(cgroup_of(0x7ffffffe, "memory", &group), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cache_is_that_of_the_whole_group),
		cmocka_unit_test(room_is_what_cannot_be_dropped),
		cmocka_unit_test(fullest_group_is_met_first),
		cmocka_unit_test(version_one_has_other_names),
		cmocka_unit_test(high_is_a_limit),
		cmocka_unit_test(swap_is_counted_where_it_is_limited),
		cmocka_unit_test(what_cannot_be_is_an_error),
		cmocka_unit_test(groups_have_owners),
		cmocka_unit_test(second_version_is_found),
		cmocka_unit_test(own_groups_are_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
