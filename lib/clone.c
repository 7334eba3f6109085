/* SPDX-License-Identifier: MIT */
/* clone3(2) with a stack of its own; see clone.h. */

#include "lib/clone.h"

#include <errno.h>

#include "lib/raw.h"

#if defined(__x86_64__)

long sw_clone3(struct clone_args *args, void (*run)(void *), void *data)
{
	register void *fn __asm__("r12") = (void *)run;
	register void *arg __asm__("r13") = data;
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
			 : "0"(SYS_clone3), "D"(args),
			   "S"(sizeof *args), [fn] "r"(fn), [arg] "r"(arg)
			 : "rcx", "r11", "memory", "cc");
	return result;
}

#elif defined(__aarch64__)

long sw_clone3(struct clone_args *args, void (*run)(void *), void *data)
{
	register long x8 __asm__("x8") = SYS_clone3;
	register void *x0 __asm__("x0") = args;
	register long x1 __asm__("x1") = sizeof *args;
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
			 : "r"(x8), "r"(x1), [fn] "r"(fn), [arg] "r"(arg)
			 : "memory", "cc");
	return (long)x0;
}

#endif

int sw_clone3_supported(void)
{
	/* A size below the first published one is refused with EINVAL before
	 * anything is created (kernel/fork.c, copy_clone_args_from_user). */
	long result = raw2(SYS_clone3, 0, 0);

	return result == -EINVAL ? 0 : (int)result;
}
