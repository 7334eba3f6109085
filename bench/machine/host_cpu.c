/* SPDX-License-Identifier: MIT */
/*
 * The facts of host.json about processors and what they run on.
 *
 * Each of these has moved a median somewhere: hardware threads, governors,
 * hypervisors, mitigations and the clock itself.
 */
#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/machine/cpu.h"
#include "bench/machine/host.h"
#include "bench/machine/text.h"

#define CPU_PATH "/sys/devices/system/cpu/"
#define DMI_PATH "/sys/class/dmi/id/"

/* The value of a line "key : value" of /proc/cpuinfo, in the first of its
 * paragraphs that has it. The line of flags alone is some 2 KiB. */
static bool cpuinfo_value(const char *key, char *value, size_t size)
{
	TEXT_STREAM stream = text_open("/proc/cpuinfo");
	char line[8192];
	bool found = false;

	while (stream && !found && fgets(line, sizeof(line), stream)) {
		char *colon = strchr(line, ':');
		size_t length = strlen(key);

		if (!colon || strncmp(line, key, length) != 0 ||
		    !isspace((unsigned char)line[length]))
			continue;
		colon += 1 + strspn(colon + 1, " ");
		colon[strcspn(colon, "\n")] = '\0';
		snprintf(value, size, "%s", colon);
		found = true;
	}
	return found;
}

/* aarch64 names no model there; some of its machines name the board. */
static int add_model(json_t *facts)
{
	char text[256];

	if (cpuinfo_value("model name", text, sizeof(text)))
		return json_object_set_new(facts, "cpu_model",
					   host_string(text));
	return host_add_text(facts, "cpu_model",
			     "/sys/firmware/devicetree/base/model");
}

static int add_counts(json_t *facts)
{
	struct cpu_mask allowed;
	json_t *count = json_null();

	if (cpu_allowed(&allowed) == 0)
		count = json_integer(cpu_mask_count(&allowed));
	if (json_object_set_new(facts, "cpus",
				json_integer(sysconf(_SC_NPROCESSORS_ONLN))) ||
	    json_object_set_new(facts, "cpus_allowed", count) ||
	    host_add_text(facts, "cpus_online", CPU_PATH "online") ||
	    host_add_text(facts, "cpus_isolated", CPU_PATH "isolated"))
		return -1;
	return host_add_text(facts, "smt", CPU_PATH "smt/control");
}

static int add_governor(json_t *facts)
{
	char text[64];

	if (text_read(CPU_PATH "cpu0/cpufreq/scaling_governor", text,
		      sizeof(text)))
		snprintf(text, sizeof(text), "n/a");
	return json_object_set_new(facts, "governor", host_string(text));
}

/*
 * The hypervisor flag exists on x86 only, DMI names tell more where they
 * exist, and /sys/hypervisor is Xen's. "none" is said only where the flag
 * could have been seen.
 */
static int add_virtualisation(json_t *facts)
{
	char flags[8192];
	char vendor[64];
	char product[64];
	char text[160] = "unknown";
	bool known = cpuinfo_value("flags", flags, sizeof(flags));
	bool guest = known && strstr(flags, " hypervisor");

	text_read(DMI_PATH "sys_vendor", vendor, sizeof(vendor));
	text_read(DMI_PATH "product_name", product, sizeof(product));
	if (known && !guest)
		snprintf(text, sizeof(text), "none");
	else if (*vendor || *product)
		snprintf(text, sizeof(text), "%s %s", vendor, product);
	else if (text_read("/sys/hypervisor/type", text, sizeof(text)))
		snprintf(text, sizeof(text), "%s",
			 guest ? "hypervisor, unnamed" : "unknown");
	return json_object_set_new(facts, "virtualisation", host_string(text));
}

static int add_mitigations(json_t *facts)
{
	DIR *directory = opendir(CPU_PATH "vulnerabilities");
	json_t *part = json_object();
	struct dirent *entry;
	int error = json_object_set_new(facts, "mitigations", part);

	while (directory && !error && (entry = readdir(directory))) {
		char path[512];

		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), CPU_PATH "vulnerabilities/%s",
			 entry->d_name);
		error = host_add_text(part, entry->d_name, path);
	}
	if (directory)
		closedir(directory);
	return error;
}

int host_add_cpu(json_t *facts)
{
	double load[3];

	if (add_model(facts) || add_counts(facts) || add_governor(facts) ||
	    add_virtualisation(facts) || add_mitigations(facts) ||
	    host_add_text(facts, "clocksource",
			  "/sys/devices/system/clocksource/clocksource0/"
			  "current_clocksource"))
		return -1;
	if (getloadavg(load, 3) != 3)
		return json_object_set_new(facts, "load_1m", json_null());
	return json_object_update_new(
		facts, json_pack("{sf sf sf}", "load_1m", load[0], "load_5m",
				 load[1], "load_15m", load[2]));
}
