/* SPDX-License-Identifier: MIT */
/*
 * Every reader of /proc and of control groups over the files of many systems:
 * tests/data/proc/SYSTEM and tests/data/cgroup/GROUP. What is right is stated
 * here by hand.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "bench/machine/memory.h"
#include "bench/machine/process.h"
#include "bench/machine/text.h"
#include "tests/unit/source.h"

#define ABSENT (FIELD_ABSENT / 1024)
#define POD                                                                    \
	"/kubepods/burstable/pod2b8d0a5e-7c0f-4a68-9d3a-0c2f6c3a4b1d/"         \
	"6f1e2d3c4b5a"
#define USER "/user.slice/user-1000.slice/"
#define CGROUPS "/sys/fs/cgroup"

/* Sizes in KiB. */
static const struct system {
	const char *name;
	uint64_t total, available, swap_total, swap_free;
	bool commit; /* is told */
	uint64_t rss, swap, hugetlb;
	int error;	       /* of finding the group, or 0: */
	int version;	       /* of the memory controller */
	const char *directory; /* of the group */
	bool second;	       /* version 2 is mounted */
} systems[] = {
	{ "debian-11", 2030876, 1700000, 0, 0, true, 20000, 512, 2048, 0, 2,
	  CGROUPS "/system.slice/ssh.service", true },
	{ "debian-12", 4005420, 3300000, 999420, 999420, true, 21000, 512, 2048,
	  0, 2, CGROUPS USER "session-3.scope", true },
	{ "debian-13", 8130876, 7300000, 0, 0, true, 22000, 512, 2048, 0, 2,
	  CGROUPS "/system.slice/my\\x2dapp.service", true },
	{ "ubuntu-22.04", 16305972, 9000000, 2097148, 1048576, true, 23000, 512,
	  2048, 0, 2,
	  CGROUPS USER "user@1000.service/app.slice/"
		       "app-org.gnome.Terminal.slice/vte-spawn-"
		       "1b4e28ba-2fa1-11d2-883f-0016d3cca427.scope",
	  true },
	{ "ubuntu-24.04", 16290000, 12000000, 4194300, 4194300, true, 24000,
	  512, 2048, 0, 2, CGROUPS USER "session-1.scope", true },
	{ "rhel-8", 7884776, 6500000, 8257532, 8257532, true, 25000, 512, 2048,
	  0, 1, CGROUPS "/memory/user.slice", false },
	{ "rhel-9", 7700000, 6400000, 4194300, 4194300, true, 26000, 512, 2048,
	  0, 2, CGROUPS USER "user@1000.service/app.slice/dbus-broker.service",
	  true },
	{ "alpine-3.20", 1011000, 800000, 0, 0, true, 5200, 512, 2048, 0, 2,
	  CGROUPS, true },
	{ "kubernetes-v1", 16000000, 9000000, 0, 0, true, 30000, 512, 2048, 0,
	  1, CGROUPS "/memory", false },
	{ "kubernetes-v2", 16000000, 9000000, 0, 0, true, 31000, 512, 2048, 0,
	  2, CGROUPS, true },
	{ "kubernetes-v2-host-namespace", 16000000, 9000000, 0, 0, true, 31000,
	  512, 2048, 0, 2, CGROUPS, true },
	{ "kubernetes-hybrid", 16000000, 9000000, 0, 0, true, 32000, 512, 2048,
	  0, 1, CGROUPS "/memory", true },
	{ "systemd-user", 16000000, 9000000, 0, 0, true, 33000, 512, 2048, 0, 2,
	  CGROUPS USER "user@1000.service/app.slice/app-my\\x2dshell@1.service",
	  true },
	{ "lxcfs", 2097152, 1980000, 0, 0, true, 34000, 512, 2048, 0, 2,
	  CGROUPS, true },
	{ "gvisor", 2097152, 2060000, 0, 0, false, 35000, ABSENT, ABSENT,
	  -ENOENT, 0, NULL, false },
	{ "wsl-1", 8247200, 1851232, 25165824, 24944596, true, 3424, ABSENT,
	  ABSENT, -ENOENT, 0, NULL, false },
	{ "wsl-2", 8000000, 7200000, 2097152, 2097152, true, 36000, 512, 2048,
	  0, 1, CGROUPS "/memory", true },
};
#define SYSTEM_COUNT (sizeof(systems) / sizeof(*systems))

static FILE *open_of(const struct system *system, const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), "tests/data/proc/%s/%s", system->name,
		 name);
	FILE *stream = fopen(path, "re");
	if (!stream)
		fail_msg("%s: %s", path, strerror(errno));
	return stream;
}

static void expect(const struct system *system, const char *what,
		   uint64_t bytes, uint64_t kbytes)
{
	const uint64_t seen = bytes == FIELD_ABSENT ? ABSENT : bytes / 1024;

	if (seen != kbytes)
		fail_msg("%s: %s is %llu KiB, not %llu", system->name, what,
			 (unsigned long long)seen, (unsigned long long)kbytes);
}

static void memory_of_each_machine(void **state)
{
	(void)state;
	for (const struct system *s = systems; s < systems + SYSTEM_COUNT;
	     s++) {
		struct meminfo info;
		FILE *stream = open_of(s, "meminfo");

		int error = meminfo_parse(stream, &info);

		fclose(stream);
		if (error)
			fail_msg("%s: %s", s->name, strerror(-error));
		expect(s, "MemTotal", info.total_bytes, s->total);
		expect(s, "MemAvailable", info.available_bytes, s->available);
		expect(s, "SwapTotal", info.swap_total_bytes, s->swap_total);
		expect(s, "SwapFree", info.swap_free_bytes, s->swap_free);
		expect(s, "Hugetlb", info.hugetlb_bytes, 0);
		assert_int_equal(s->commit,
				 info.commit_limit_bytes != FIELD_ABSENT);
		assert_int_equal(s->commit,
				 info.committed_bytes != FIELD_ABSENT);
	}
}

static void memory_of_each_process(void **state)
{
	(void)state;
	for (const struct system *s = systems; s < systems + SYSTEM_COUNT;
	     s++) {
		struct process_memory memory;
		FILE *stream = open_of(s, "status");

		int error = process_memory_parse(stream, &memory);

		fclose(stream);
		if (error)
			fail_msg("%s: %s", s->name, strerror(-error));
		expect(s, "VmRSS", memory.rss_bytes, s->rss);
		expect(s, "VmSwap", memory.swap_bytes, s->swap);
		expect(s, "HugetlbPages", memory.hugetlb_bytes, s->hugetlb);
	}
}

static void group_of_each_process(void **state)
{
	(void)state;
	for (const struct system *s = systems; s < systems + SYSTEM_COUNT;
	     s++) {
		struct cgroup group;
		FILE *membership = open_of(s, "cgroup");
		FILE *mounts = open_of(s, "mountinfo");
		int error = cgroup_find("memory", membership, mounts, &group);

		if (error != s->error)
			fail_msg("%s: %s", s->name, strerror(-error));
		if (!error) {
			assert_int_equal(group.version, s->version);
			assert_string_equal(group.directory, s->directory);
		}
		rewind(mounts);
		assert_int_equal(cgroup_second_mounted(mounts), s->second);
		fclose(membership);
		fclose(mounts);
	}
}

static void room_of_each_group(void **state)
{
	static const struct {
		const char *name;
		int version;
		uint64_t room_bytes; /* UINT64_MAX: no limit */
		const char *limit;
	} groups[] = {
		{ "kubernetes-v1", 1, 268435456 - (214958080 - 41943040),
		  "memory.memsw.limit_in_bytes" },
		{ "kubernetes-v2", 2, 536870912 - (419430400 - 94371840),
		  "memory.max" },
		{ "systemd-high", 2, 209715200 - (188743680 - 1048576),
		  "memory.high" },
		{ "gvisor", 1, UINT64_MAX, "memory.limit_in_bytes" },
		{ "wsl-2", 1, UINT64_MAX, "memory.limit_in_bytes" },
		{ "old-v2", 2, UINT64_MAX, "memory.max" },
		{ "linux-6.12-v2", 2, 16777216 - 16384, "memory.max" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(groups) / sizeof(*groups); i++) {
		struct cgroup group = { .version = groups[i].version };
		struct cgroup_room room;

		snprintf(group.directory, PATH_MAX, "tests/data/cgroup/%s",
			 groups[i].name);
		memcpy(group.mount, group.directory, PATH_MAX);
		assert_int_equal(cgroup_room_read(&group, &room), 0);
		if (cgroup_room_bytes(&room) != groups[i].room_bytes)
			fail_msg("%s: room %llu", groups[i].name,
				 (unsigned long long)cgroup_room_bytes(&room));
		assert_string_equal(room.limit_name, groups[i].limit);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_of_each_machine),
		cmocka_unit_test(memory_of_each_process),
		cmocka_unit_test(group_of_each_process),
		cmocka_unit_test(room_of_each_group),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
