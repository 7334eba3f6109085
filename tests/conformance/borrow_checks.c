/* SPDX-License-Identifier: MIT */
/*
 * The borrow rule: from confirm on the request's memory, descriptors and
 * folder are the caller's again, and what it does to them no child sees. With
 * a strategy that suspends the caller that holds from the return on.
 */

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/conformance/checks.h"
#include "tests/conformance/scene.h"

#define ROUNDS 50
#define FD 70

/* Everything that is lent for one spawn, in memory that is given back. */
struct loan {
	struct sw_request request;
	char path[32];
	char script[128];
	char variable[32];
	char folder[32];
	char file[32];
	char *argv[4];
	char *envp[2];
	struct sw_action actions[1];
	sigset_t mask;
};

/* The script ends well if it finds all that was lent. */
static struct loan *make_loan(const struct scene *scene)
{
	struct loan *loan = calloc(1, sizeof *loan);

	assert_non_null(loan);
	strcpy(loan->path, "/bin/sh");
	strcpy(loan->script, "test \"$A\" = lent && read a && test $a = input "
			     "&& read b <&9 && test $b = action");
	strcpy(loan->variable, "A=lent");
	strcpy(loan->folder, "deeper");
	strcpy(loan->file, "action");
	loan->argv[0] = loan->path;
	loan->argv[1] = strcpy(loan->path + 16, "-c");
	loan->argv[2] = loan->script;
	loan->envp[0] = loan->variable;
	loan->actions[0] = (struct sw_action){ SW_OPEN, 9, .path = loan->file };
	sigfillset(&loan->mask);
	loan->request = (struct sw_request){
		.path = loan->path,
		.argv = loan->argv,
		.envp = loan->envp,
		.stdin_fd = FD,
		.fields = SW_CWD | SW_FDACTIONS | SW_SIGMASK,
		.cwd = loan->folder,
		.actions = loan->actions,
		.action_count = 1,
		.sigmask = &loan->mask,
	};
	loan->request.fields &= scene->strategy->honours;
	if (!(loan->request.fields & SW_FDACTIONS))
		*strstr(loan->script, "&& read b") = '\0';
	return loan;
}

/* Garbage first: freed memory keeps what it held for a while. */
static void end_loan(struct scene *scene, struct loan *loan)
{
	assert_int_equal(dup3(scene->null_fd, FD, O_CLOEXEC), FD);
	assert_int_equal(rename("deeper", "away"), 0);
	assert_int_equal(chdir("/"), 0);
	memset(loan, 0xa5, sizeof *loan);
	free(loan);
}

static void make_input(const struct scene *scene)
{
	const int fd = open(scene_path(scene, "input"), O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(dup3(fd, FD, O_CLOEXEC), FD);
	close(fd);
}

static void borrow_ends(struct scene *scene, bool at_return)
{
	scene_write(scene, "input", "input\n", 0644);
	assert_int_equal(mkdir("deeper", 0755), 0);
	scene_write(scene, "deeper/action", "action\n", 0644);
	scene_write(scene, "action", "wrong\n", 0644);
	for (int i = 0; i < ROUNDS; i++) {
		struct loan *loan = make_loan(scene);
		struct sw_child child;
		int status;

		if (!(loan->request.fields & SW_CWD))
			strcpy(loan->file, "deeper/action");
		make_input(scene);
		assert_int_equal(
			sw_spawn(scene->handle, &loan->request, &child), 0);
		if (at_return)
			end_loan(scene, loan);
		assert_int_equal(sw_confirm(scene->handle, &child, -1), 0);
		if (!at_return)
			end_loan(scene, loan);
		assert_int_equal(sw_reap(scene->handle, &child, &status), 0);
		assert_int_equal(status, 0);
		assert_int_equal(chdir(scene->folder), 0);
		assert_int_equal(rename("away", "deeper"), 0);
	}
	close(FD);
}

static void borrow_ends_with_confirm(void **state)
{
	borrow_ends(*state, false);
}

static void borrow_ends_with_return(void **state)
{
	borrow_ends(*state, true);
}

const struct check borrow_checks[] = {
	{ .name = "what was lent is free after confirm",
	  .run = borrow_ends_with_confirm },
	{ .name = "what was lent is free after the return",
	  .run = borrow_ends_with_return,
	  .needs = SW_SUSPENDS_CALLER },
	{ .name = NULL },
};
