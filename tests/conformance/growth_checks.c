/* SPDX-License-Identifier: MIT */
/* Requests of programs that were built for an older or a newer library.
 * Baselines pass these as well. */

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/conformance/checks.h"
#include "tests/conformance/scene.h"

#define LATER_BYTES 24
#define LATER_FIELD (1u << SW_FIELD_COUNT)

/* As a newer header has it. */
struct newer {
	struct sw_request request;
	char later[LATER_BYTES];
};

static const struct sw_request quick = { .path = "/bin/true",
					 .argv = ARGV("/bin/true") };

/* The first size bytes of a request, where nothing may be read beyond. */
static struct sw_request *at_edge(const struct sw_request *request, size_t size)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	char *pages = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	assert_true(pages != MAP_FAILED);
	assert_int_equal(mprotect(pages + page, page, PROT_NONE), 0);
	return memcpy(pages + page - size, request, size);
}

static void drop(struct sw_request *request)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);

	munmap((void *)((uintptr_t)request & ~(page - 1)), 2 * page);
}

static int run(struct scene *scene, const struct sw_request *request,
	       unsigned *stage)
{
	struct sw_child child;
	const int error = sw_run(scene->handle, request, &child);

	assert_true(error || !child.status);
	*stage = child.stage;
	return error;
}

/* What was there when only this much was, and the first version's 0. */
static void older_requests_work(void **state)
{
	static const size_t sizes[] = {
		offsetof(struct sw_request, cgroup_fd),
		offsetof(struct sw_request, sigdefault),
	};
	struct scene *scene = *state;
	unsigned stage;

	for (size_t i = 0; i < COUNT(sizes); i++) {
		struct sw_request *old = at_edge(&quick, sizes[i]);

		old->size = sizes[i];
		assert_int_equal(run(scene, old, &stage), 0);
		old->fields = SW_CGROUP;
		assert_int_equal(run(scene, old, &stage), -EINVAL);
		assert_int_equal(stage, SW_CGROUP);
		drop(old);
	}
}

static void the_first_size_needs_no_number(void **state)
{
	struct scene *scene = *state;
	struct sw_request *first = at_edge(&quick, sizeof quick);
	unsigned stage;

	assert_int_equal(run(scene, first, &stage), 0);
	first->size = sizeof *first;
	assert_int_equal(run(scene, first, &stage), 0);
	drop(first);
}

static void newer_requests_work_if_they_ask_nothing_new(void **state)
{
	struct scene *scene = *state;
	const int children = children_count();
	struct newer newer = { .request = quick };
	unsigned stage;

	newer.request.size = sizeof newer;
	assert_int_equal(run(scene, &newer.request, &stage), 0);
	newer.later[LATER_BYTES - 1] = 1;
	assert_int_equal(run(scene, &newer.request, &stage), -ENOTSUP);
	assert_int_equal(stage, 0);
	newer.later[LATER_BYTES - 1] = 0;
	newer.request.fields = LATER_FIELD | SW_PIDFD;
	assert_int_equal(run(scene, &newer.request, &stage), -ENOTSUP);
	assert_int_equal(stage, LATER_FIELD);
	assert_null(sw_field_name(stage));
	assert_no_new_child(children);
}

static void sizes_that_cannot_be_are_refused(void **state)
{
	static const size_t sizes[] = {
		1,
		offsetof(struct sw_request, fields) + sizeof quick.fields - 1,
		4097,
		SIZE_MAX,
	};
	struct scene *scene = *state;
	struct sw_request request = quick;
	unsigned stage;

	for (size_t i = 0; i < COUNT(sizes); i++) {
		request.size = sizes[i];
		assert_int_equal(run(scene, &request, &stage), -EINVAL);
		assert_int_equal(stage, 0);
	}
}

/* Overwrites what a call that has returned had on its stack. */
static __attribute__((noinline)) void tread(void)
{
	volatile char stack[16384];

	for (size_t i = 0; i < sizeof stack; i++)
		stack[i] = (char)0xa5;
}

/* The struct itself is lent for the call only. */
static void a_request_need_not_outlive_the_call(void **state)
{
	static const struct sw_action actions[] = { { SW_CLOSE, .fd = 9 } };
	struct scene *scene = *state;
	const bool has_actions = scene->strategy->honours & SW_FDACTIONS;

	for (int i = 0; i < REPEAT(50); i++) {
		struct sw_request request = quick;
		struct sw_child child;
		int status;

		request.size = offsetof(struct sw_request, cgroup_fd);
		request.fields = has_actions ? SW_FDACTIONS : 0;
		request.actions = actions;
		request.action_count = COUNT(actions);
		assert_int_equal(sw_spawn(scene->handle, &request, &child), 0);
		memset(&request, 0xa5, sizeof request);
		tread();
		assert_int_equal(sw_confirm(scene->handle, &child, -1), 0);
		assert_int_equal(sw_reap(scene->handle, &child, &status), 0);
		assert_int_equal(status, 0);
	}
}

const struct check growth_checks[] = {
	{ .name = "a request of an older header works",
	  .run = older_requests_work },
	{ .name = "a request of the first header needs no size",
	  .run = the_first_size_needs_no_number },
	{ .name = "a request of a newer header works if it asks nothing new",
	  .run = newer_requests_work_if_they_ask_nothing_new },
	{ .name = "a request of a size that cannot be is refused",
	  .run = sizes_that_cannot_be_are_refused },
	{ .name = "a request need not outlive the call, only what it points to",
	  .run = a_request_need_not_outlive_the_call },
	{ .name = NULL },
};
