/* SPDX-License-Identifier: MIT */
/*
 * A helper gives back the memory that it was copied with: all that is
 * anonymous or shared. What is left is what comes from files, code and its
 * data, and the helper's own.
 *
 * Code may be anonymous memory, too: programs move their own there, into huge
 * pages, and make some as they run. The helper keeps its own and no other.
 */

#include "strategies/broker/trim.h"

#include <fcntl.h>
#include <link.h>
#include <stddef.h>
#include <sys/mman.h>

#include "lib/clone.h"
#include "lib/raw.h"

struct range {
	uintptr_t start, end;
};

/* Of a loaded program or library, if it is the one that we are a part of: all
 * that is not written. */
static int take_object(struct dl_phdr_info *object, size_t bytes, void *data)
{
	const uintptr_t ours = (uintptr_t)sw_helper_find_code;
	struct sw_helper *helper = data;
	struct range found = { UINTPTR_MAX, 0 };

	(void)bytes;
	for (int i = 0; i < object->dlpi_phnum; i++) {
		const ElfW(Phdr) *part = &object->dlpi_phdr[i];
		const uintptr_t start = object->dlpi_addr + part->p_vaddr;
		const uintptr_t end = start + part->p_memsz;

		if (part->p_type != PT_LOAD || part->p_flags & PF_W)
			continue;
		if (start < found.start)
			found.start = start;
		if (end > found.end)
			found.end = end;
	}
	if (ours < found.start || ours >= found.end)
		return 0;
	helper->code_start = found.start & ~(SW_PAGE_BYTES - 1);
	helper->code_end =
		(found.end + SW_PAGE_BYTES - 1) & ~(SW_PAGE_BYTES - 1);
	return 1;
}

void sw_helper_find_code(struct sw_helper *helper)
{
	dl_iterate_phdr(take_object, helper);
}

/* Unmap a range but for what lies in a range to be kept. */
SW_CHILD_HALF static void drop(const struct sw_helper *helper,
			       struct range range)
{
	const uintptr_t stacks = (uintptr_t)helper->stacks.memory;
	const struct range kept[] = {
		{ (uintptr_t)helper->arena, (uintptr_t)(helper->arena + 1) },
		{ (uintptr_t)helper, (uintptr_t)(helper + 1) },
		{ stacks, stacks + SW_STACKS_BYTES },
		{ helper->thread_start, helper->thread_end },
		{ helper->code_start, helper->code_end },
	};

	while (range.start < range.end) {
		struct range next = range; /* up to what is kept next */
		uintptr_t behind = range.end;

		for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
			if (kept[i].end <= range.start ||
			    kept[i].start >= next.end)
				continue;
			next.end = kept[i].start;
			behind = kept[i].end;
		}
		if (next.end > next.start)
			raw2(SYS_munmap, next.start, next.end - next.start);
		range.start = behind;
	}
}

SW_CHILD_HALF static const char *skip_word(const char *text)
{
	while (*text && *text != ' ')
		text++;
	while (*text == ' ')
		text++;
	return text;
}

/* "START-END rwxp OFFSET DEVICE INODE NAME", proc(5). */
SW_CHILD_HALF static bool look_at(void *data, const char *line)
{
	struct range range;
	const char *mode, *inode, *name;
	bool is_file, is_ours;

	range.start = sw_hex(&line);
	line++;
	range.end = sw_hex(&line);
	mode = skip_word(line);
	inode = skip_word(skip_word(skip_word(mode)));
	name = skip_word(inode);
	is_file = inode[0] != '0';
	/* Not what the kernel maps for us: [vdso], [vvar] and the like. */
	is_ours = name[0] != '[' || name[1] == 'h' || name[1] == 's' ||
		  name[1] == 'a';
	if (mode[3] == 's' || (!is_file && is_ours))
		drop(data, range);
	return false;
}

SW_CHILD_HALF static int trim(struct sw_helper *helper)
{
	const long fd = raw4(SYS_openat, AT_FDCWD, "/proc/self/maps",
			     O_RDONLY | O_CLOEXEC, 0);
	int error;

	if (fd < 0)
		return (int)fd;
	error = sw_lines(&helper->reader, (int)fd, look_at, helper);
	raw1(SYS_close, fd);
	return error;
}

SW_CHILD_HALF static void trim_apart(void *data)
{
	struct sw_helper *helper = data;

	helper->trimmed = trim(helper);
	for (;;)
		raw1(SYS_exit, 0);
}

/* In a thread, which has descriptors of its own: whoever kills us there leaves
 * none open in our caller. Where it may not be, without. */
SW_CHILD_HALF int sw_helper_trim(struct sw_helper *helper)
{
	struct clone_args args = {
		.flags = CLONE_VM | CLONE_SIGHAND | CLONE_THREAD | CLONE_VFORK,
		.stack = (uintptr_t)sw_stack(&helper->stacks, 0),
		.stack_size = SW_STACK_BYTES,
	};

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
	/* What sanitizers know of our memory is anonymous memory, too. */
	return 0;
#endif
	if (sw_clone(&args, trim_apart, helper) < 0)
		return trim(helper);
	return helper->trimmed;
}
