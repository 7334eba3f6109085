/* SPDX-License-Identifier: MIT */
/* The search in PATH, as posix_spawnp(3) does it. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "tests/conformance/checks.h"
#include "tests/conformance/scene.h"

/* Two folders below the scene's, each with a "tool" that tells which it is,
 * and one whose tool may not be executed. */
static void make_tools(const struct scene *scene)
{
	assert_int_equal(mkdir("a", 0755), 0);
	assert_int_equal(mkdir("b", 0755), 0);
	assert_int_equal(mkdir("denied", 0755), 0);
	scene_write(scene, "a/tool", "#!/bin/sh\nexit 1\n", 0755);
	scene_write(scene, "b/tool", "#!/bin/sh\nexit 2\n", 0755);
	scene_write(scene, "b/only", "#!/bin/sh\nexit 3\n", 0755);
	scene_write(scene, "denied/tool", "#!/bin/sh\nexit 4\n", 0644);
	scene_write(scene, "denied/mute", "#!/bin/sh\nexit 5\n", 0644);
	scene_write(scene, "here", "#!/bin/sh\nexit 6\n", 0755);
}

/* Search name in that PATH: the exit status of what was found, or a negative
 * errno. @ in the PATH stands for the scene's folder. */
static int found(struct scene *scene, const char *path, const char *name)
{
	const struct sw_request request = {
		.path = name,
		.search = true,
		.argv = ARGV("tool"),
	};
	struct sw_child child;
	char directories[512] = "";
	int error, status;

	for (; *path; path++)
		snprintf(directories + strlen(directories),
			 sizeof directories - strlen(directories), "%.*s",
			 *path == '@' ? 64 : 1,
			 *path == '@' ? scene->folder : path);
	setenv("PATH", directories, 1);
	error = scene_try(scene, &request, &child);
	if (error)
		return error;
	assert_int_equal(waitpid(child.pid, &status, 0), child.pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void search_finds(void **state)
{
	struct scene *scene = *state;

	make_tools(scene);
	assert_int_equal(found(scene, "@/a:@/b", "tool"), 1);
	assert_int_equal(found(scene, "@/b:@/a", "tool"), 2);
	assert_int_equal(found(scene, "@/a:@/b", "only"), 3);
	assert_int_equal(found(scene, "/nonexistent:@/a/tool:@/b", "only"), 3);
	assert_int_equal(found(scene, "@/a:@/b", "missing"), -ENOENT);
	assert_int_equal(found(scene, "@/a", ""), -ENOENT);
}

static void search_remembers_denial(void **state)
{
	struct scene *scene = *state;

	make_tools(scene);
	assert_int_equal(found(scene, "@/denied:@/b", "tool"), 2);
	assert_int_equal(found(scene, "@/denied:@/b", "mute"), -EACCES);
	assert_int_equal(found(scene, "@/b:@/denied", "mute"), -EACCES);
	assert_int_equal(found(scene, "@:@/b", "a"), -EACCES);
}

static void slash_is_not_searched(void **state)
{
	struct scene *scene = *state;

	make_tools(scene);
	assert_int_equal(found(scene, "@/a", "./tool"), -ENOENT);
	assert_int_equal(found(scene, "@/a", "b/tool"), 2);
	assert_int_equal(found(scene, "@", "a/tool"), 1);
	assert_int_equal(found(scene, "@/a", scene_path(scene, "b/tool")), 2);
}

/* In all three places where an entry can be empty. */
static void empty_entry_is_working_folder(void **state)
{
	struct scene *scene = *state;

	make_tools(scene);
	assert_int_equal(found(scene, "@/a", "here"), -ENOENT);
	assert_int_equal(found(scene, ":@/a", "here"), 6);
	assert_int_equal(found(scene, "@/a:", "here"), 6);
	assert_int_equal(found(scene, "@/a::@/b", "here"), 6);
	assert_int_equal(found(scene, "", "here"), 6);
	assert_int_equal(found(scene, "b", "only"), 3);
}

static void no_path_is_the_default(void **state)
{
	struct scene *scene = *state;
	const struct sw_request request = {
		.path = "sh",
		.search = true,
		.argv = ARGV("sh", "-c", "exit 0"),
	};

	unsetenv("PATH");
	assert_int_equal(scene_run(scene, &request), 0);
}

static void without_search_a_name_is_a_path(void **state)
{
	struct scene *scene = *state;
	struct sw_request request = { .path = "only", .argv = ARGV("only") };
	struct sw_child child;

	make_tools(scene);
	setenv("PATH", scene_path(scene, "b"), 1);
	assert_int_equal(scene_try(scene, &request, &child), -ENOENT);
	request.path = "here";
	assert_int_equal(WEXITSTATUS(scene_run(scene, &request)), 6);
}

/* A PATH in envp is the child's, not the search's. */
static void search_uses_the_callers_path(void **state)
{
	struct scene *scene = *state;
	char path[128];
	struct sw_request request = {
		.path = "only",
		.search = true,
		.argv = ARGV("only"),
		.envp = ARGV(path),
	};
	struct sw_child child;

	make_tools(scene);
	setenv("PATH", "/nonexistent", 1);
	snprintf(path, sizeof path, "PATH=%s", scene_path(scene, "b"));
	assert_int_equal(scene_try(scene, &request, &child), -ENOENT);
	setenv("PATH", path + strlen("PATH="), 1);
	request.envp = ARGV("PATH=/nonexistent");
	assert_int_equal(WEXITSTATUS(scene_run(scene, &request)), 3);
}

/* A script without #! is not given to a shell: posix_spawnp(3) neither. */
static void search_does_not_fall_back(void **state)
{
	struct scene *scene = *state;

	make_tools(scene);
	scene_write(scene, "a/only", "exit 0\n", 0755);
	assert_int_equal(found(scene, "@/a:@/b", "only"), -ENOEXEC);
}

const struct check search_checks[] = {
	{ .name = "PATH is searched in order", .run = search_finds },
	{ .name = "a denial is told if nothing better is found",
	  .run = search_remembers_denial },
	{ .name = "a name with a slash is not searched",
	  .run = slash_is_not_searched },
	{ .name = "an empty PATH entry is the working folder",
	  .run = empty_entry_is_working_folder },
	{ .name = "without PATH the default is searched",
	  .run = no_path_is_the_default },
	{ .name = "without search a name is a path",
	  .run = without_search_a_name_is_a_path },
	{ .name = "the caller's PATH is searched, not the child's",
	  .run = search_uses_the_callers_path },
	{ .name = "a script without #! is not given to a shell",
	  .run = search_does_not_fall_back },
	{ .name = NULL },
};
