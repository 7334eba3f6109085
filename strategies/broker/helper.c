/* SPDX-License-Identifier: MIT */
/* The helper's life: it settles in, serves, and leaves when its caller does;
 * see helper.h. */

#include "strategies/broker/helper.h"

#include <assert.h>
#include <errno.h>
#include <linux/capability.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "lib/caller.h"
#include "lib/raw.h"
#include "lib/wait.h"
#include "strategies/broker/bell.h"
#include "strategies/broker/changes.h"
#include "strategies/broker/create.h"
#include "strategies/broker/follow.h"
#include "strategies/broker/trim.h"

#define LOOK_NS 500000000L /* at most this long between two looks around */
#define HINT SIGSTKFLT	   /* sent to us when our parent thread ends */
#define THREAD_BYTES ((uintptr_t)64 * 1024)

int sw_helper_prepare(struct sw_helper **out, struct sw_arena *arena,
		      const struct sw_held *status,
		      const struct sw_facts *facts)
{
	const uintptr_t thread = (uintptr_t)pthread_self();
	struct sw_helper *helper =
		mmap(NULL, sizeof *helper, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (helper == MAP_FAILED)
		return -ENOMEM;
	if (sw_stacks_map(&helper->stacks)) {
		munmap(helper, sizeof *helper);
		return -ENOMEM;
	}
	mprotect(helper->guard, sizeof helper->guard, PROT_NONE);
	helper->arena = arena;
	helper->status = *status;
	helper->facts = *facts;
	helper->umask = sw_umask_of(facts);
	helper->changes.umask = helper->umask;
	helper->caller = getpid();
	sw_link_read("/proc/thread-self/ns/mnt", helper->mounts,
		     sizeof helper->mounts);
	sw_proc_name(helper->caller_name, sizeof helper->caller_name);
	helper->group = getpgrp();
	/* The kernel writes there as long as it is registered (rseq(2)), the
	 * stack protector reads there. Both are near. */
	helper->thread_start = (thread & ~(THREAD_BYTES - 1)) - THREAD_BYTES;
	helper->thread_end = helper->thread_start + 3 * THREAD_BYTES;
	sw_helper_find_code(helper);
	*out = helper;
	return 0;
}

void sw_helper_discard(struct sw_helper *helper)
{
	sw_stacks_unmap(&helper->stacks);
	munmap(helper, sizeof *helper);
}

static void be_woken(int number)
{
	(void)number;
}

#if defined(__x86_64__)
#define RESTORER 0x04000000ul /* SA_RESTORER */
static_assert(SYS_rt_sigreturn == 15, "the number of rt_sigreturn(2)");

/* As the libc's, whose code may be memory that we have given back. */
__attribute__((naked)) static void return_from_handler(void)
{
	__asm__("mov $15, %eax\n\tsyscall");
}
#else
#define RESTORER 0ul /* the kernel's own, in the vdso */
static void return_from_handler(void)
{
}
#endif

/* A signal that does nothing but interrupt a system call. */
static void handle(int number)
{
	/* The kernel's struct sigaction. */
	const unsigned long action[] = { (unsigned long)be_woken, RESTORER,
					 (unsigned long)return_from_handler,
					 0 };

	raw4(SYS_rt_sigaction, number, action, 0, sizeof(sw_sigset));
}

/* Let the kernel tell the caller of our death, in each word that is ours. */
static int own_words(struct sw_helper *helper)
{
	struct sw_arena *arena = helper->arena;
	struct robust_list_head *owned = &arena->owned;
	struct robust_list *last = &arena->life.entry;

	owned->list.next = last;
	owned->futex_offset = (long)offsetof(struct sw_owned, word) -
			      (long)offsetof(struct sw_owned, entry);
	owned->list_op_pending = NULL;
	for (int slot = 0; slot < SW_SLOT_COUNT; slot++) {
		last->next = &arena->answers[slot].entry;
		last = last->next;
	}
	last->next = &owned->list;
	helper->in_flight = (unsigned)raw0(SYS_getpid) | FUTEX_WAITERS;
	atomic_store(&arena->life.word, helper->in_flight);
	return (int)raw2(SYS_set_robust_list, owned, sizeof *owned);
}

/* A helper that does not push its caller from the CPU when it is woken. Who
 * is scheduled in another way stays as it is, because it might not be allowed
 * to come back; so does who may not schedule its children, for a filter. */
SW_CHILD_HALF static void be_patient(struct sw_sched *sched)
{
	const struct sched_param parameter = { 0 };
	int nice;

	sw_sched_take(sched, &nice);
	if (sched->size && sched->policy == SCHED_OTHER &&
	    raw3(SYS_sched_setattr, 0, sched, 0) >= 0)
		raw3(SYS_sched_setscheduler, 0, SCHED_BATCH, &parameter);
	sw_sched_take(sched, &nice);
}

/* Without the dumpable flag our files in /proc are root's (proc(5)),
 * oom_score_adj among them. Who may write to any file does not care. */
static bool may_write_any(void)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct sets[2] = { { 0 } };

	raw2(SYS_capget, &header, sets);
	return sets[0].effective & 1u << CAP_DAC_OVERRIDE;
}

SW_CHILD_HALF static void settle_in(struct sw_helper *helper)
{
	const sw_sigset hint = (sw_sigset)1 << (HINT - 1);
	int error;

	if (own_words(helper))
		sw_child_exit(1);
	handle(HINT);
	sw_signals_restore(~hint);
	raw2(SYS_prctl, PR_SET_PDEATHSIG, HINT);
	raw2(SYS_prctl, PR_SET_NAME, "spawnwise-brokr");
	be_patient(&helper->sched);
	sw_place_take(&helper->place);
	sw_helper_learn(helper);
	/* Of this one we have a handler. */
	helper->facts.ignored &= ~hint;
	sw_namespaces_read(&helper->namespaces, helper->caller_name);
	for (int limit = 0; limit < SW_LIMIT_COUNT; limit++)
		raw4(SYS_prlimit64, 0, limit, 0, &helper->limits[limit]);
	helper->can_ask_limits = raw4(SYS_prlimit64, helper->caller, 0, 0,
				      &helper->changes.limit[0]) >= 0;
	helper->may_write_any = may_write_any();
	helper->is_dumpable = raw1(SYS_prctl, PR_GET_DUMPABLE) == 1;
	error = sw_helper_trim(helper);
	atomic_store(&helper->arena->ready, error ? (unsigned)error : 1);
	sw_wake(&helper->arena->ready);
}

/* What is too slow to be looked at for each request. */
SW_CHILD_HALF static void look_around(struct sw_helper *helper)
{
	const struct sw_namespaces *before = &helper->namespaces;
	struct sw_namespaces now;
	bool has_same_proc; /* it is another's, or none, after chroot(2) */

	sw_namespaces_read(&now, helper->caller_name);
	has_same_proc = sw_names_equal(now.self, before->self);
	if (sw_helper_is_left(helper, has_same_proc))
		sw_child_exit(0);
	sw_helper_let_folder_go(helper);
	if (!has_same_proc || sw_helper_lost_leader(helper))
		return;
	for (int i = 0; i < SW_NAMESPACE_COUNT; i++)
		if (!sw_names_equal(now.names[i], before->names[i]))
			atomic_store(&helper->arena->stale, 1);
}

static bool is_orphan(const struct sw_helper *helper)
{
	return raw0(SYS_getppid) != helper->caller;
}

SW_CHILD_HALF static void await_request(struct sw_helper *helper)
{
	const struct timespec limit = { .tv_nsec = LOOK_NS };
	struct sw_arena *arena = helper->arena;
	long result = 0;

	atomic_store(&arena->asleep, 1);
	if (!atomic_load(&arena->submitted) && !atomic_load(&arena->leave)) {
		/* A hint that comes between these two is found at the next
		 * look. */
		if (is_orphan(helper))
			sw_child_exit(0);
		result = raw4(SYS_futex, &arena->asleep, FUTEX_WAIT, 1, &limit);
	}
	atomic_store(&arena->asleep, 0);
	if (result == -ETIMEDOUT)
		look_around(helper);
}

/*
 * As a rule the kernel answers: it zeroes the word when the child leaves our
 * memory. That there is no child is ours to say.
 */
static void serve(struct sw_helper *helper, int number)
{
	struct sw_arena *arena = helper->arena;
	struct sw_slot *slot = &arena->slots[number].slot;
	atomic_uint *word = &arena->answers[number].word;
	const uint64_t note = atomic_load(&slot->note);
	int error;

	if (atomic_load(word) != helper->in_flight)
		return; /* a bit that nobody set for a request */
	error = sw_helper_create(helper, number);
	if (error) {
		slot->failure.error = error;
		atomic_store(word, 0);
		sw_wake(word);
	}
	if (atomic_load(&arena->telling))
		sw_bell_tell(arena, number, note);
}

SW_CHILD_HALF void sw_helper_run(void *data)
{
	struct sw_helper *helper = data;

	settle_in(helper);
	while (!atomic_load(&helper->arena->leave)) {
		uint64_t left = atomic_exchange(&helper->arena->submitted, 0);

		if (left)
			sw_helper_look(helper);
		else
			await_request(helper);
		for (; left; left &= left - 1)
			serve(helper, __builtin_ctzll(left));
	}
	sw_child_exit(0);
}
