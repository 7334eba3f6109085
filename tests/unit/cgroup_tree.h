/* SPDX-License-Identifier: MIT */
/* A tree of folders that stands in for control groups. */
#ifndef TESTS_CGROUP_TREE_H
#define TESTS_CGROUP_TREE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "bench/machine/cgroup.h"

static inline void put(const char *directory, const char *name,
		       const char *content)
{
	char path[PATH_MAX + 64];

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	FILE *stream = fopen(path, "we");
	assert_non_null(stream);
	fputs(content, stream);
	fclose(stream);
}

/* A tree top/middle/leaf; removed by tree_remove(). */
static inline void tree_make(struct cgroup *group, char middle[PATH_MAX])
{
	char top[] = "/tmp/spawnwise-cgroup-XXXXXX";

	assert_non_null(mkdtemp(top));
	snprintf(group->mount, PATH_MAX, "%s", top);
	snprintf(middle, PATH_MAX, "%s/middle", top);
	snprintf(group->directory, PATH_MAX, "%s/middle/leaf", top);
	assert_int_equal(mkdir(middle, 0755), 0);
	assert_int_equal(mkdir(group->directory, 0755), 0);
}

static inline void tree_remove(const struct cgroup *group)
{
	char command[PATH_MAX + 16];

	snprintf(command, sizeof(command), "rm -r '%s'", group->mount);
	assert_int_equal(system(command), 0);
}

#endif
