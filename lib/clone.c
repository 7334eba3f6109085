/* SPDX-License-Identifier: MIT */
/* A child on a stack of its own; see clone.h. */

#include "lib/clone.h"

#include <errno.h>
#include <stdatomic.h>

#include "lib/raw.h"

/* What the two system calls have in common: five arguments, and a child that
 * wakes up with another stack. */
struct call {
	long number;
	long a, b, c, d, e;
};

#if defined(__x86_64__)

static long call_clone(long number, long a, long b, long c, long d, long e,
		       void (*run)(void *), void *data)
{
	register void *fn __asm__("r12") = (void *)run;
	register void *arg __asm__("r13") = data;
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	long result;

	/* The child wakes up here, on an empty stack or, without one, on its
	 * copy of ours, which is aligned again. The frame pointer is zeroed:
	 * a debugger's back trace ends here. */
	__asm__ volatile("syscall\n\t"
			 "test %%rax, %%rax\n\t"
			 "jnz 1f\n\t"
			 "xor %%ebp, %%ebp\n\t"
			 "and $-16, %%rsp\n\t"
			 "mov %[arg], %%rdi\n\t"
			 "call *%[fn]\n\t"
			 "ud2\n"
			 "1:"
			 : "=a"(result)
			 : "0"(number), "D"(a), "S"(b), "d"(c), "r"(r10),
			   "r"(r8), [fn] "r"(fn), [arg] "r"(arg)
			 : "rcx", "r11", "memory", "cc");
	return result;
}

#elif defined(__aarch64__)

static long call_clone(long number, long a, long b, long c, long d, long e,
		       void (*run)(void *), void *data)
{
	register long x8 __asm__("x8") = number;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;
	register long x4 __asm__("x4") = e;
	register void *fn __asm__("x10") = (void *)run;
	register void *arg __asm__("x11") = data;

	__asm__ volatile("svc #0\n\t"
			 "cbnz x0, 1f\n\t"
			 "mov x29, #0\n\t"
			 "mov x30, #0\n\t"
			 "mov x0, %[arg]\n\t"
			 "blr %[fn]\n\t"
			 "brk #1\n"
			 "1:"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2), "r"(x3),
			   "r"(x4), [fn] "r"(fn), [arg] "r"(arg)
			 : "memory", "cc");
	return x0;
}

#endif

/* One argument serves a pidfd or the parent's copy of the pid, never both. The
 * two architectures disagree about the last two: clone(2), sections CLONE_PIDFD
 * and "C library/kernel differences". */
static struct call old_call(const struct clone_args *args)
{
	const unsigned long flags =
		(unsigned int)args->flags | args->exit_signal;
	const long stack = (long)(args->stack + args->stack_size);
	const long parent =
		(long)(args->flags & CLONE_PIDFD ? args->pidfd
						 : args->parent_tid);
	const long child_tid = (long)args->child_tid;

#if defined(__x86_64__)
	return (struct call){ SYS_clone, (long)flags, stack,
			      parent,	 child_tid,   0 };
#else
	return (struct call){ SYS_clone, (long)flags, stack,
			      parent,	 0,	      child_tid };
#endif
}

/* 0, or why clone3(2) is refused: a size below the first published one is
 * refused with EINVAL before anything is created (kernel/fork.c,
 * copy_clone_args_from_user). Asked once. */
static int clone3_refusal(void)
{
	static atomic_int known = 1;
	int result = atomic_load_explicit(&known, memory_order_relaxed);

	if (result > 0) {
		result = (int)raw2(SYS_clone3, 0, 0);
		result = result == -EINVAL ? 0 : result;
		atomic_store_explicit(&known, result, memory_order_relaxed);
	}
	return result;
}

void sw_clone_for(struct clone_args *args, struct sw_image *image,
		  struct sw_child *child)
{
	const struct sw_request *request = image->request;

	image->handlers_cleared = sw_clone_clears_handlers();
	image->unused_from = sw_unused_from(request);
	if (image->unused_from)
		args->flags |= CLONE_FILES;
	if (request->fields & SW_PIDFD) {
		args->flags |= CLONE_PIDFD;
		args->pidfd = (uintptr_t)&child->pidfd;
	}
	if (request->fields & SW_CGROUP) {
		args->flags |= CLONE_INTO_CGROUP;
		args->cgroup = (uint64_t)request->cgroup_fd;
	}
}

int sw_clone_failed(struct sw_child *child, long error)
{
	/* So does clone3(2) call a control group that takes nobody. */
	child->stage = error == -ENOTSUP ? SW_CGROUP : SW_BIRTH;
	child->pidfd = -1;
	return (int)error;
}

bool sw_clone_clears_handlers(void)
{
	return !clone3_refusal();
}

long sw_clone(const struct clone_args *args, void (*run)(void *), void *data)
{
	struct call call = { SYS_clone3, (long)args, sizeof *args, 0, 0, 0 };

	if (clone3_refusal()) {
		if (args->flags & CLONE_INTO_CGROUP)
			return -ENOTSUP;
		call = old_call(args);
	}
	return call_clone(call.number, call.a, call.b, call.c, call.d, call.e,
			  run, data);
}
