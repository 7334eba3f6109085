/* SPDX-License-Identifier: MIT */
/*
 * The limits of the control groups that this process lives in.
 *
 * Version 1 and 2, cgroups(7). A limit of any group between ours and the
 * mount point binds us: the tightest one counts.
 */
#ifndef MACHINE_CGROUP_H
#define MACHINE_CGROUP_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

/* Where one controller keeps us. */
struct cgroup {
	int version;
	char mount[PATH_MAX];	  /* the walk upwards ends here */
	char directory[PATH_MAX]; /* our own group */
	bool hidden; /* that is somewhere below directory, nothing tells where
		      */
};

struct cgroup_limit {
	uint64_t value;
	char directory[PATH_MAX]; /* of the group that sets it */
};

/* Find our group of a controller ("memory", "cpu") in the texts of
 * /proc/self/cgroup and /proc/self/mountinfo. -ENOENT: there is none; -EXDEV:
 * there is one, but no mount shows it. */
int cgroup_find(const char *controller, FILE *membership, FILE *mounts,
		struct cgroup *group);

/* Why a group's limits cannot be told, by such an error, as a phrase. */
const char *cgroup_error(int error);

/* Whether version 2 is mounted, by the text of /proc/self/mountinfo; beside a
 * controller of version 1 that makes a hybrid machine. */
bool cgroup_second_mounted(FILE *mounts);

/* The same of a process, as this one sees it; pid 0 is the calling one. A
 * process that has ended: -ENOENT too, or -ESRCH. Others: from these files. */
#define CGROUP_OWN_FILES "/proc/self/cgroup or /proc/self/mountinfo"
int cgroup_of(pid_t pid, const char *controller, struct cgroup *group);

/* Step from a group to the one around it. False: it was the mount point. */
bool cgroup_up(struct cgroup *group);

/* The text of a file with one number, or "max": FIELD_ABSENT, as for a number
 * beyond all memory. -EBADMSG. */
int cgroup_number_parse(const char *text, uint64_t *value);

/* The same of a group's file. */
int cgroup_number_read(const char *directory, const char *name,
		       uint64_t *value);

enum cgroup_kind {
	CGROUP_MEMORY, /* bytes */
	CGROUP_CPU,    /* bandwidth in thousandths of a CPU */
};

/* The tightest limit of a kind from this group upwards. -ENOENT: no limit. */
int cgroup_walk(const struct cgroup *group, enum cgroup_kind kind,
		struct cgroup_limit *limit);

/* The same for the calling process. */
int cgroup_limit(enum cgroup_kind kind, struct cgroup_limit *limit);

#endif
