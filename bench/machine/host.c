/* SPDX-License-Identifier: MIT */
/*
 * The facts of host.json, a row of a table each.
 *
 * A number without its machine cannot be judged: hardware threads, governors,
 * hypervisors, mitigations, limits and the clock itself have each moved a
 * median somewhere. What cannot be read is written as null, so that "absent"
 * differs from "not asked". Longer than other files: one table, and a function
 * for each way in which a fact is read.
 */
#include "bench/machine/host.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "bench/machine/cgroup.h"
#include "bench/machine/cpu.h"
#include "bench/machine/memory.h"
#include "bench/machine/overcommit.h"
#include "bench/machine/text.h"

#define CPU_PATH "/sys/devices/system/cpu/"
#define DMI_PATH "/sys/class/dmi/id/"
#define THP_PATH "/sys/kernel/mm/transparent_hugepage/"

struct fact {
	const char *key; /* "within/key" in an object of its own */
	json_t *(*read)(const struct fact *fact); /* NULL: out of memory */
	const char *from; /* a file, or the value itself */
	size_t at;	  /* which of several values */
};

json_t *host_string(const char *text)
{
	OWNED_TEXT escaped = text_escaped(text, "\n");

	return json_string(escaped);
}

/* Or null where it is not told (FIELD_ABSENT), or is no limit: RLIM_INFINITY
 * does not fit into a JSON integer. */
static json_t *size(uint64_t size)
{
	return size > INT64_MAX ? json_null() : json_integer((json_int_t)size);
}

static json_t *constant(const struct fact *fact)
{
	return json_string(fact->from);
}

static json_t *text(const struct fact *fact)
{
	char value[4096];

	return text_read(fact->from, value, sizeof(value)) ? json_null()
							   : host_string(value);
}

static json_t *number(const struct fact *fact)
{
	uint64_t value;

	return text_read_number(fact->from, &value) ? json_null() : size(value);
}

/* The word in brackets is the setting, else all of it; a kernel or a machine
 * without such a thing has no file. */
static json_t *setting(const struct fact *fact)
{
	char value[128];

	if (text_read(fact->from, value, sizeof(value)))
		return json_string("n/a");
	text_pick_bracketed(value);
	return host_string(value);
}

static json_t *libc(const struct fact *fact)
{
#ifdef _CS_GNU_LIBC_VERSION
	char value[64];

	if (confstr(_CS_GNU_LIBC_VERSION, value, sizeof(value)))
		return host_string(value);
#endif
	return json_string(fact->from);
}

/* The file that a link leads to. */
static json_t *linked(const struct fact *fact)
{
	OWNED_TEXT path = realpath(fact->from, NULL);

	return path ? host_string(path) : json_null();
}

static json_t *date(const struct fact *fact)
{
	const time_t now = time(NULL);
	char value[32];
	struct tm utc;

	(void)fact;
	strftime(value, sizeof(value), "%Y-%m-%dT%H:%M:%SZ",
		 gmtime_r(&now, &utc));
	return json_string(value);
}

/* A member of struct utsname, uname(2). */
static json_t *kernel(const struct fact *fact)
{
	struct utsname name;

	uname(&name);
	return host_string((const char *)&name + fact->at);
}

/* In the first paragraph of /proc/cpuinfo that has it. */
static bool cpuinfo_value(const char *key, char *value, size_t size)
{
	TEXT_STREAM stream = text_open("/proc/cpuinfo");

	return !text_value(stream, key, value, size);
}

/* aarch64 names no model there; some of its machines name the board. */
static json_t *cpu_model(const struct fact *fact)
{
	char value[256];

	return cpuinfo_value("model name", value, sizeof(value))
		       ? host_string(value)
		       : text(fact);
}

static json_t *cpus(const struct fact *fact)
{
	return json_integer(sysconf((int)fact->at));
}

static json_t *cpus_allowed(const struct fact *fact)
{
	struct cpu_mask allowed;

	(void)fact;
	return cpu_allowed(&allowed) ? json_null()
				     : json_integer(cpu_mask_count(&allowed));
}

/*
 * The hypervisor flag exists on x86 only, DMI names tell more where they
 * exist, and /sys/hypervisor is Xen's. "none" is said only where the flag
 * could have been seen.
 */
static json_t *virtualisation(const struct fact *fact)
{
	char flags[8192];
	char vendor[64];
	char product[64];
	char value[160] = "unknown";
	bool known = cpuinfo_value("flags", flags, sizeof(flags));
	bool guest = known && strstr(flags, " hypervisor");

	text_read(DMI_PATH "sys_vendor", vendor, sizeof(vendor));
	text_read(DMI_PATH "product_name", product, sizeof(product));
	if (known && !guest)
		snprintf(value, sizeof(value), "none");
	else if (*vendor || *product)
		snprintf(value, sizeof(value), "%s %s", vendor, product);
	else if (text_read(fact->from, value, sizeof(value)))
		snprintf(value, sizeof(value), "%s",
			 guest ? "hypervisor, unnamed" : "unknown");
	return host_string(value);
}

/* An object of all files of a folder. */
static json_t *folder(const struct fact *fact)
{
	OWNED_DIR directory = opendir(fact->from);
	json_t *files = json_object();
	struct dirent *entry;
	int error = files ? 0 : -1;

	while (directory && !error && (entry = readdir(directory))) {
		char path[512];
		const struct fact file = { .from = path };

		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", fact->from,
			 entry->d_name);
		error = json_object_set_new(files, entry->d_name, text(&file));
	}
	if (!error)
		return files;
	json_decref(files);
	return NULL;
}

static json_t *load(const struct fact *fact)
{
	double loads[3];

	return getloadavg(loads, 3) == 3 ? json_real(loads[fact->at])
					 : json_null();
}

/* A member of struct meminfo. */
static json_t *memory(const struct fact *fact)
{
	struct meminfo info;

	if (meminfo_read(&info))
		return json_null();
	return size(*(const uint64_t *)(const void *)((const char *)&info +
						      fact->at));
}

static json_t *overcommit(const struct fact *fact)
{
	int mode;

	(void)fact;
	return overcommit_get(&mode) ? json_null() : json_integer(mode);
}

/*
 * There is no sure sign of a container; these are the marks that the common
 * engines leave: files in the root, systemd's note, names of cgroups.
 */
char *host_container(char *text, size_t size)
{
	static const char *const words[] = { "docker", "kubepods", "lxc",
					     "libpod", "containerd" };
	TEXT_STREAM groups = text_open("/proc/self/cgroup");
	const char *found = NULL;
	OWNED_TEXT line = NULL;
	size_t capacity = 0;

	if (text_read("/run/systemd/container", text, size) == 0 && *text)
		return text;
	if (access("/.dockerenv", F_OK) == 0)
		found = "docker";
	else if (access("/run/.containerenv", F_OK) == 0)
		found = "podman";
	while (!found && groups && getline(&line, &capacity, groups) > 0)
		for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
			if (!found && strstr(line, words[i]))
				found = words[i];
	snprintf(text, size, "%s", found ?: "no");
	return text;
}

static json_t *container(const struct fact *fact)
{
	char value[64];

	(void)fact;
	return host_string(host_container(value, sizeof(value)));
}

/* The tightest limit of a control group upwards, or where it is set. */
static json_t *group_limit(const struct fact *fact)
{
	struct cgroup_limit limit;

	if (cgroup_limit((enum cgroup_kind)fact->at, &limit))
		return json_null();
	if (fact->from)
		return host_string(limit.directory);
	return fact->at == CGROUP_CPU ? json_real((double)limit.value / 1000)
				      : json_integer((json_int_t)limit.value);
}

static json_t *rlimit(const struct fact *fact)
{
	struct rlimit limit;

	if (getrlimit((int)fact->at, &limit))
		return json_null();
	return json_pack("{so so}", "soft", size(limit.rlim_cur), "hard",
			 size(limit.rlim_max));
}

#define KERNEL(member) kernel, NULL, offsetof(struct utsname, member)
#define MEMORY(member) memory, NULL, offsetof(struct meminfo, member)

static const struct fact facts[] = {
	{ "version", constant, VERSION, 0 },
	{ "commit", constant, BUILD_COMMIT, 0 },
	{ "compiler", constant, BUILD_COMPILER, 0 },
	{ "flags", constant, BUILD_FLAGS, 0 },
	{ "libc", libc, "not glibc", 0 },
	/* What system(3) and popen(3) go through. */
	{ "shell", linked, "/bin/sh", 0 },
	{ "date_utc", date, NULL, 0 },
	{ "kernel", KERNEL(release) },
	{ "kernel_version", KERNEL(version) },
	{ "architecture", KERNEL(machine) },
	{ "kernel_cmdline", text, "/proc/cmdline", 0 },
	{ "aslr", number, "/proc/sys/kernel/randomize_va_space", 0 },
	{ "cpu_model", cpu_model, "/sys/firmware/devicetree/base/model", 0 },
	{ "cpus", cpus, NULL, _SC_NPROCESSORS_ONLN },
	{ "cpus_allowed", cpus_allowed, NULL, 0 },
	{ "cpus_online", text, CPU_PATH "online", 0 },
	{ "cpus_isolated", text, CPU_PATH "isolated", 0 },
	{ "smt", text, CPU_PATH "smt/control", 0 },
	{ "governor", setting, CPU_PATH "cpu0/cpufreq/scaling_governor", 0 },
	{ "virtualisation", virtualisation, "/sys/hypervisor/type", 0 },
	{ "mitigations", folder, CPU_PATH "vulnerabilities", 0 },
	{ "clocksource", text,
	  "/sys/devices/system/clocksource/clocksource0/current_clocksource",
	  0 },
	{ "load_1m", load, NULL, 0 },
	{ "load_5m", load, NULL, 1 },
	{ "load_15m", load, NULL, 2 },
	{ "ram_bytes", MEMORY(total_bytes) },
	{ "swap_bytes", MEMORY(swap_total_bytes) },
	{ "available_bytes", MEMORY(available_bytes) },
	{ "hugetlb_bytes", MEMORY(hugetlb_bytes) },
	{ "overcommit/memory", overcommit, NULL, 0 },
	{ "overcommit/commit_limit_bytes", MEMORY(commit_limit_bytes) },
	{ "overcommit/ratio", number, "/proc/sys/vm/overcommit_ratio", 0 },
	{ "overcommit/kbytes", number, "/proc/sys/vm/overcommit_kbytes", 0 },
	{ "transparent_hugepage/enabled", setting, THP_PATH "enabled", 0 },
	{ "transparent_hugepage/defrag", setting, THP_PATH "defrag", 0 },
	{ "transparent_hugepage/huge_page_bytes", number,
	  THP_PATH "hpage_pmd_size", 0 },
	{ "thp", setting, THP_PATH "enabled", 0 },
	{ "container", container, NULL, 0 },
	{ "cgroup/memory_limit_bytes", group_limit, NULL, CGROUP_MEMORY },
	{ "cgroup/memory_limit_path", group_limit, "path", CGROUP_MEMORY },
	{ "cgroup/cpu_limit_cpus", group_limit, NULL, CGROUP_CPU },
	{ "rlimits/as_bytes", rlimit, NULL, RLIMIT_AS },
	{ "rlimits/data_bytes", rlimit, NULL, RLIMIT_DATA },
	{ "rlimits/memlock_bytes", rlimit, NULL, RLIMIT_MEMLOCK },
	{ "rlimits/nofile", rlimit, NULL, RLIMIT_NOFILE },
	{ "rlimits/nproc", rlimit, NULL, RLIMIT_NPROC },
	{ "rlimits/stack_bytes", rlimit, NULL, RLIMIT_STACK },
};

/* Under its key, in the object within that it belongs to. */
static int add(json_t *all, const struct fact *fact)
{
	const char *slash = strchr(fact->key, '/');
	char name[32];

	if (!slash)
		return json_object_set_new(all, fact->key, fact->read(fact));
	snprintf(name, sizeof(name), "%.*s", (int)(slash - fact->key),
		 fact->key);
	if (!json_object_get(all, name))
		json_object_set_new(all, name, json_object());
	return json_object_set_new(json_object_get(all, name), slash + 1,
				   fact->read(fact));
}

json_t *host_facts(void)
{
	json_t *all = json_object();
	int error = 0;

	for (size_t i = 0; i < sizeof(facts) / sizeof(*facts) && !error; i++)
		error = add(all, &facts[i]);
	if (!error)
		return all;
	json_decref(all);
	return NULL;
}
