/* SPDX-License-Identifier: MIT */
/*
 * fork: the libc's fork(2), then exec.
 *
 * fork() returns long before exec. The outcome comes through a page that
 * child and caller share, so that it takes no descriptor: the child registers
 * a robust futex there (set_robust_list(2)), which the kernel marks and wakes
 * when the child leaves its memory, by exec or by death. That is what makes
 * this file longer than a strategy should be.
 */

#include <errno.h>
#include <linux/futex.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/caller.h"
#include "lib/probe.h"
#include "lib/raw.h"
#include "lib/slots.h"
#include "lib/wait.h"

/* How long a child that was killed before it registered stays unnoticed. */
#define SLICE_MS 50

struct birth {
	atomic_uint owner; /* 0, then the child's pid, then FUTEX_OWNER_DIED */
	struct sw_failure failure;
	struct robust_list entry;
	struct robust_list_head list;
};

struct births {
	sw_slots slots;
	struct birth *shared; /* one for each slot */
};

/* The size of a list that is refused before it is taken (set_robust_list(2)).
 * Emulators and some filters answer ENOSYS. */
static int fork_supported(void)
{
	return sw_unless(raw2(SYS_set_robust_list, 0, 0), -EINVAL);
}

#define SHARED_BYTES (SW_SLOT_COUNT * sizeof(struct birth))

static int fork_open(void **state)
{
	struct births *births = calloc(1, sizeof *births);

	if (!births)
		return -ENOMEM;
	births->shared = mmap(NULL, SHARED_BYTES, PROT_READ | PROT_WRITE,
			      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (births->shared == MAP_FAILED) {
		free(births);
		return -ENOMEM;
	}
	*state = births;
	return 0;
}

static void fork_close(void *state)
{
	struct births *births = state;

	munmap(births->shared, SHARED_BYTES);
	free(births);
}

/* In the child: its end could not be told otherwise. */
static bool own(struct birth *birth)
{
	birth->entry.next = &birth->list.list;
	birth->list.list.next = &birth->entry;
	birth->list.futex_offset =
		(char *)&birth->owner - (char *)&birth->entry;
	birth->list.list_op_pending = NULL;
	atomic_store(&birth->owner, (unsigned)raw0(SYS_getpid) | FUTEX_WAITERS);
	birth->failure.error = (int)raw2(SYS_set_robust_list, &birth->list,
					 sizeof birth->list);
	birth->failure.stage = SW_BIRTH;
	return !birth->failure.error;
}

static int fork_spawn(void *state, const struct sw_request *request,
		      struct sw_child *child)
{
	const int saved_errno = errno;
	struct births *births = state;
	const int slot = sw_slot_take(&births->slots);
	struct birth *birth;
	struct sw_image image;
	sw_sigset mask;
	int error;

	if (slot < 0)
		return -EAGAIN;
	error = sw_pidfd_reserve(request, child);
	if (error)
		goto give;
	birth = &births->shared[slot];
	birth->failure = (struct sw_failure){ 0 };
	atomic_store(&birth->owner, 0);
	mask = sw_signals_block();
	sw_image_init(&image, request, mask);
	child->slot = (uintptr_t)slot;
	child->pid = fork();
	if (child->pid == 0) {
		sw_pidfd_release(child);
		if (own(birth))
			sw_child_run(&image, &birth->failure);
		sw_child_exit(127);
	}
	if (child->pid < 0) {
		error = -errno;
		child->stage = SW_BIRTH;
		sw_pidfd_release(child);
	} else {
		error = sw_pidfd_open(child);
	}
	sw_signals_restore(mask);
give:
	if (error)
		sw_slot_give(&births->slots, slot);
	errno = saved_errno;
	return error;
}

/* Whether the child is dead, or somebody else has reaped it. */
static bool is_gone(pid_t pid)
{
	siginfo_t info = { 0 };

	return raw6(SYS_waitid, P_PID, pid, (long)&info,
		    WEXITED | WNOHANG | WNOWAIT | __WALL, 0, 0) ||
	       info.si_pid == pid;
}

static int fork_confirm(void *state, struct sw_child *child, int timeout_ms)
{
	struct births *births = state;
	struct birth *birth = &births->shared[child->slot];
	const int64_t deadline = sw_deadline(timeout_ms);
	struct sw_failure failure;
	unsigned owner;

	while (!((owner = atomic_load(&birth->owner)) & FUTEX_OWNER_DIED)) {
		const bool in_time =
			sw_wait(&birth->owner, owner, deadline, SLICE_MS);

		if (atomic_load(&birth->owner) == owner && is_gone(child->pid))
			break;
		if (!in_time)
			return -EAGAIN;
	}
	failure = birth->failure;
	sw_slot_give(&births->slots, (int)child->slot);
	if (failure.error)
		return sw_child_failed(child, &failure);
	return sw_child_started(child);
}

extern const struct sw_strategy strategy_fork;

const struct sw_strategy strategy_fork = {
	.abi = SW_ABI,
	.name = "fork",
	.summary = "the libc's fork, then exec: copies page tables",
	.traits = SW_ASYNCHRONOUS | SW_COPIES_PAGE_TABLES | SW_CHARGES_COMMIT |
		  SW_RUNS_ATFORK | SW_THREAD_SAFE,
	.honours = SW_CHILD_FIELDS | SW_PIDFD,
	.supported = fork_supported,
	.open = fork_open,
	.spawn = fork_spawn,
	.confirm = fork_confirm,
	.close = fork_close,
};
