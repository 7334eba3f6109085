/* SPDX-License-Identifier: MIT */
/* A program that has moved its code to other memory, as some do to have it in
 * huge pages: all of it, the libraries' too. */

#include <link.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/conformance/checks.h"
#include "tests/conformance/scene.h"

#define TWO_LOOKS_MS 1100 /* of a helper around itself */

static const struct sw_request good = {
	.path = "/bin/true",
	.argv = ARGV("true"),
};

/* It is never gone: mremap(2) puts the copy in its place at once. */
static int move(uintptr_t start, size_t bytes)
{
	void *place = (void *)start;
	void *copy = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (copy == MAP_FAILED)
		return 1;
	memcpy(copy, place, bytes);
	return mprotect(copy, bytes, PROT_READ | PROT_EXEC) ||
	       mremap(copy, bytes, bytes, MREMAP_MAYMOVE | MREMAP_FIXED,
		      place) == MAP_FAILED;
}

static int move_code(struct dl_phdr_info *object, size_t size, void *data)
{
	const uintptr_t page = (uintptr_t)getpagesize();
	int failed = 0;

	(void)size;
	(void)data;
	if (object->dlpi_addr == getauxval(AT_SYSINFO_EHDR))
		return 0; /* the kernel's */
	for (int i = 0; i < object->dlpi_phnum; i++) {
		const ElfW(Phdr) *part = &object->dlpi_phdr[i];
		const uintptr_t start = object->dlpi_addr + part->p_vaddr;
		const uintptr_t first = start & ~(page - 1);

		if (part->p_type == PT_LOAD && part->p_flags & PF_X)
			failed |= move(first,
				       (start + part->p_memsz - first + page -
					1) & ~(page - 1));
	}
	return failed;
}

static const char *spawn_once(struct scene *scene)
{
	struct sw_child child;
	int status = 1;

	COMPLAIN_UNLESS(!scene_try(scene, &good, &child));
	COMPLAIN_UNLESS(!sw_reap(scene->handle, &child, &status) && !status);
	return NULL;
}

static void *open_and_end(void *data)
{
	struct scene *scene = data;

	return sw_open(scene->strategy, &scene->handle) ? NULL : data;
}

/* The end of the thread that opened it is a signal to a helper. */
static const char *move_all_code(struct scene *scene)
{
	pthread_t thread;
	void *opened;

	sw_close(scene->handle);
	scene->handle = NULL;
	COMPLAIN_UNLESS(!dl_iterate_phdr(move_code, NULL));
	COMPLAIN_UNLESS(!pthread_create(&thread, NULL, open_and_end, scene));
	pthread_join(thread, &opened);
	COMPLAIN_UNLESS(opened);
	COMPLAIN_UNLESS(!spawn_once(scene));
	if (scene->strategy->traits & SW_NEEDS_EARLY_OPEN)
		poll(NULL, 0, TWO_LOOKS_MS);
	return spawn_once(scene);
}

static void code_may_be_moved(void **state)
{
	scene_in_copy(*state, move_all_code);
}

static const char *memory_is_no_code(void)
{
	void *page = mmap(NULL, 1, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	const int refused = mprotect(page, 1, PROT_READ | PROT_EXEC);

	munmap(page, 1);
	return refused ? "memory may not become code" : NULL;
}

const struct check code_checks[] = {
	{ .name = "the program's code is moved to other memory",
	  .run = code_may_be_moved,
	  .obstacle = memory_is_no_code },
	{ .name = NULL },
};
