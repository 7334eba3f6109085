/* SPDX-License-Identifier: MIT */
/*
 * What a program finds when it starts, one line each, written to
 * FOLDER/seen/PID where FOLDER holds this program. tests/differential compares.
 *
 * Without a libc: nothing changes before it is looked at.
 */

#include <fcntl.h>
#include <linux/sched.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "lib/raw.h"

#define FDS_MAX 1024

_Noreturn void _start(void);

static char text[256 * 1024];
static size_t length;
static char file[64 * 1024];

static void put(const char *word)
{
	while (*word && length < sizeof text)
		text[length++] = *word++;
}

static void put_number(uint64_t number, unsigned base)
{
	char digits[24];
	char *start = digits + sizeof digits - 1;

	*start = '\0';
	do
		*--start = "0123456789abcdef"[number % base];
	while (number /= base);
	put(start);
}

static void put_line(const char *name, uint64_t number, unsigned base)
{
	put(name);
	put(" ");
	put_number(number, base);
	put("\n");
}

static void put_id(const char *name, long id, long own)
{
	if (id == own) {
		put(name);
		put(" own\n");
	} else {
		put_line(name, (uint64_t)id, 10);
	}
}

static long read_file(const char *path)
{
	const long fd = raw4(SYS_openat, AT_FDCWD, path, O_RDONLY, 0);
	long part, got = 0;

	while (fd >= 0 && (part = raw3(SYS_read, fd, file + got,
				       sizeof file - 1 - (size_t)got)) > 0)
		got += part;
	file[got] = '\0';
	raw1(SYS_close, fd);
	return fd < 0 ? fd : got;
}

static void put_file(const char *path)
{
	const long got = read_file(path);

	put(path);
	put(got < 0 ? " unreadable\n" : " ");
	put(file);
}

/* FNV-1a, over all of the file. */
static void put_hash(const char *path)
{
	const long fd = raw4(SYS_openat, AT_FDCWD, path, O_RDONLY, 0);
	uint64_t hash = 0xcbf29ce484222325u, bytes = 0;
	long part;

	while ((part = raw3(SYS_read, fd, file, sizeof file)) > 0)
		for (long i = 0; i < part; i++, bytes++)
			hash = (hash ^ (unsigned char)file[i]) * 0x100000001b3u;
	raw1(SYS_close, fd);
	put(path);
	put_line(" bytes", bytes, 10);
	put(path);
	put_line(" hash", hash, 16);
}

static void put_link(const char *path)
{
	const long got =
		raw4(SYS_readlinkat, AT_FDCWD, path, file, sizeof file - 1);

	file[got < 0 ? 0 : got] = '\0';
	put(path);
	put(" ");
	put(got < 0 ? "none" : file);
	put("\n");
}

static void put_descriptors(void)
{
	for (unsigned fd = 0; fd < FDS_MAX; fd++) {
		const long flags = raw3(SYS_fcntl, fd, F_GETFD, 0);
		char path[32] = "/proc/self/fd/";
		char *end = path + sizeof "/proc/self/fd/" - 1;

		if (flags < 0)
			continue;
		for (unsigned place = 1000; place; place /= 10)
			if (fd >= place || place == 1)
				*end++ = (char)('0' + fd / place % 10);
		put_line("flags", (uint64_t)flags, 16);
		put_line("status", (uint64_t)raw3(SYS_fcntl, fd, F_GETFL, 0),
			 16);
		put_link(path);
	}
}

static void put_ids(void)
{
	static uint32_t groups[1024];
	uint32_t ids[6] = { 0 };
	const long count = raw2(SYS_getgroups, 1024, groups);

	raw3(SYS_getresuid, ids, ids + 1, ids + 2);
	raw3(SYS_getresgid, ids + 3, ids + 4, ids + 5);
	for (int i = 0; i < 6; i++)
		put_line(i < 3 ? "uid" : "gid", ids[i], 10);
	for (long i = 0; i < count; i++)
		put_line("group", groups[i], 10);
}

/* Of signals 32 and 33, the libc's own, see docs/hazards.md. */
static void put_signals(void)
{
	uint64_t mask = 0, ignored = 0;

	raw4(SYS_rt_sigprocmask, 0, 0, &mask, sizeof mask);
	put_line("mask", mask, 16);
	for (int number = 1; number <= 64; number++) {
		uint64_t action[4] = { 0 };

		if (number == 32 || number == 33)
			continue;
		raw4(SYS_rt_sigaction, number, 0, action, sizeof mask);
		ignored |= action[0] << (number - 1);
	}
	put_line("ignored", ignored, 16);
}

static void put_attributes(void)
{
	static uint64_t cpus[128];
	const long pid = raw0(SYS_getpid);
	int priority = 0;

	put_line("parent", (uint64_t)raw0(SYS_getppid), 10);
	put_id("group", raw1(SYS_getpgid, 0), pid);
	put_id("session", raw1(SYS_getsid, 0), pid);
	put_line("nice", (uint64_t)raw2(SYS_getpriority, PRIO_PROCESS, 0), 10);
	put_line("policy", (uint64_t)raw1(SYS_sched_getscheduler, 0), 10);
	raw2(SYS_sched_getparam, 0, &priority);
	put_line("priority", (uint64_t)priority, 10);
	raw3(SYS_sched_getaffinity, 0, sizeof cpus, cpus);
	put_line("cpus", cpus[0], 16);
	put_line("umask", (uint64_t)raw1(SYS_umask, 0), 8);
	put_line("no_new_privs",
		 (uint64_t)raw6(SYS_prctl, PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0, 0),
		 10);
	put_line("dumpable", (uint64_t)raw1(SYS_prctl, PR_GET_DUMPABLE), 10);
	for (int limit = 0; limit < 16; limit++) {
		uint64_t values[2] = { 0 };

		raw4(SYS_prlimit64, 0, limit, 0, values);
		put_line("soft limit", values[0], 10);
		put_line("hard limit", values[1], 10);
	}
}

static char output[4200];

/* The folder of this program, then seen/, then our pid. Also ends the text. */
static long open_output(void)
{
	const size_t end = length;
	size_t at;
	const long got =
		raw4(SYS_readlinkat, AT_FDCWD, "/proc/self/exe", output, 4096);

	for (at = got < 0 ? 0 : (size_t)got; at && output[at - 1] != '/'; at--)
		;
	put("seen/");
	put_number((uint64_t)raw0(SYS_getpid), 10);
	for (size_t i = end; i < length; i++)
		output[at++] = text[i];
	output[at] = '\0';
	length = end;
	return raw4(SYS_openat, AT_FDCWD, output, O_WRONLY | O_CREAT | O_TRUNC,
		    0666);
}

_Noreturn void _start(void)
{
	long fd;

	put_descriptors();
	put_signals();
	put_ids();
	put_attributes();
	put_link("/proc/self/cwd");
	put_link("/proc/self/root");
	put_file("/proc/self/oom_score_adj");
	put_file("/proc/self/cgroup");
	put_hash("/proc/self/cmdline");
	put_hash("/proc/self/environ");
	fd = open_output();
	raw3(SYS_write, fd, text, length);
	for (;;)
		raw1(SYS_exit_group, fd < 0 ? 1 : 0);
}
