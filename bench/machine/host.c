/* SPDX-License-Identifier: MIT */
/*
 * The facts of host.json: this build, the kernel and its memory settings.
 *
 * A number without its machine cannot be judged. What cannot be read is
 * written as null, so that "absent" differs from "not asked".
 */
#include "bench/machine/host.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/utsname.h>
#include <time.h>
#ifdef __GLIBC__
#include <gnu/libc-version.h>
#endif

#include "bench/machine/memory.h"
#include "bench/machine/overcommit.h"
#include "bench/machine/text.h"

#define THP_PATH "/sys/kernel/mm/transparent_hugepage/"

json_t *host_string(const char *text)
{
	char *escaped = text_escaped(text, "\n");
	json_t *value = json_string(escaped);

	free(escaped);
	return value;
}

json_t *host_bytes(uint64_t bytes)
{
	return bytes > INT64_MAX ? json_null()
				 : json_integer((json_int_t)bytes);
}

int host_add_text(json_t *facts, const char *key, const char *path)
{
	char text[4096];

	if (text_read(path, text, sizeof(text)))
		return json_object_set_new(facts, key, json_null());
	return json_object_set_new(facts, key, host_string(text));
}

/* Under key: the file's number, or null. */
static int add_number(json_t *facts, const char *key, const char *path)
{
	int64_t number;

	if (text_read_number(path, &number))
		return json_object_set_new(facts, key, json_null());
	return json_object_set_new(facts, key, json_integer(number));
}

static int add_build(json_t *facts)
{
	const char *libc = "not glibc";

#ifdef __GLIBC__
	char glibc[64];
	snprintf(glibc, sizeof(glibc), "glibc %s", gnu_get_libc_version());
	libc = glibc;
#endif
	json_t *build = json_pack(
		"{ss ss ss ss ss}", "version", VERSION, "commit", BUILD_COMMIT,
		"compiler", BUILD_COMPILER, "flags", BUILD_FLAGS, "libc", libc);
	return json_object_update_new(facts, build);
}

/* What system(3) and popen(3) go through. */
static int add_shell(json_t *facts)
{
	char *path = realpath("/bin/sh", NULL);
	const int error = json_object_set_new(
		facts, "shell", path ? host_string(path) : json_null());

	free(path);
	return error;
}

static int add_kernel(json_t *facts)
{
	struct utsname name;
	char date[32];
	time_t now = time(NULL);
	struct tm utc;

	strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%SZ",
		 gmtime_r(&now, &utc));
	uname(&name);
	json_t *kernel = json_pack("{ss ss ss ss}", "date_utc", date, "kernel",
				   name.release, "kernel_version", name.version,
				   "architecture", name.machine);
	if (json_object_update_new(facts, kernel))
		return -1;
	if (host_add_text(facts, "kernel_cmdline", "/proc/cmdline"))
		return -1;
	return add_number(facts, "aslr", "/proc/sys/kernel/randomize_va_space");
}

static int add_memory(json_t *facts)
{
	struct meminfo info;

	if (meminfo_read(&info))
		return json_object_update_new(
			facts, json_pack("{sn sn}", "ram_bytes", "swap_bytes"));
	return json_object_update_new(
		facts,
		json_pack("{sI sI sI sI}", "ram_bytes",
			  (json_int_t)info.total_bytes, "swap_bytes",
			  (json_int_t)info.swap_total_bytes, "available_bytes",
			  (json_int_t)info.available_bytes, "hugetlb_bytes",
			  (json_int_t)info.hugetlb_bytes));
}

static int add_overcommit(json_t *facts)
{
	json_t *part = json_object();
	struct meminfo info;
	int mode;
	json_t *limit = NULL;

	if (json_object_set_new(facts, "overcommit", part))
		return -1;
	if (meminfo_read_commit(&info) == 0)
		limit = json_integer((json_int_t)info.commit_limit_bytes);
	if (json_object_set_new(part, "memory",
				overcommit_get(&mode) ? json_null()
						      : json_integer(mode)) ||
	    json_object_set_new(part, "commit_limit_bytes",
				limit ? limit : json_null()) ||
	    add_number(part, "ratio", "/proc/sys/vm/overcommit_ratio") ||
	    add_number(part, "kbytes", "/proc/sys/vm/overcommit_kbytes"))
		return -1;
	return 0;
}

/* The word in brackets is the setting; a kernel without THP has no file. */
static int add_setting(json_t *facts, const char *key, const char *path)
{
	char text[128];

	if (text_read(path, text, sizeof(text)))
		return json_object_set_new(facts, key, json_string("n/a"));
	text_pick_bracketed(text);
	return json_object_set_new(facts, key, host_string(text));
}

static int add_thp(json_t *facts)
{
	json_t *part = json_object();

	if (json_object_set_new(facts, "transparent_hugepage", part) ||
	    add_setting(part, "enabled", THP_PATH "enabled") ||
	    add_setting(part, "defrag", THP_PATH "defrag") ||
	    add_number(part, "huge_page_bytes", THP_PATH "hpage_pmd_size"))
		return -1;
	return add_setting(facts, "thp", THP_PATH "enabled");
}

json_t *host_facts(void)
{
	json_t *facts = json_object();

	if (add_build(facts) || add_shell(facts) || add_kernel(facts) ||
	    host_add_cpu(facts) || add_memory(facts) || add_overcommit(facts) ||
	    add_thp(facts) || host_add_limits(facts)) {
		json_decref(facts);
		return NULL;
	}
	return facts;
}
