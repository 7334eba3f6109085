/* SPDX-License-Identifier: MIT */
/* Watching the system calls of another process; see listener.h. */

#include "bench/attest/listener.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#if defined(__x86_64__)
#define OUR_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define OUR_ARCH AUDIT_ARCH_AARCH64
#endif

#define LOAD(field)                                                            \
	(struct sock_filter) BPF_STMT(BPF_LD | BPF_W | BPF_ABS,                \
				      offsetof(struct seccomp_data, field))
#define RETURN(action) (struct sock_filter) BPF_STMT(BPF_RET | BPF_K, (action))
#define IF_EQUAL(value, yes, no)                                               \
	(struct sock_filter) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,               \
				      (unsigned)(value), (yes), (no))

/* The calls that are watched: births, then execs. */
static const int calls[] = {
#ifdef SYS_fork
	SYS_fork,  SYS_vfork,
#endif
	SYS_clone, SYS_clone3, SYS_execve, SYS_execveat,
};

#define CALL_COUNT (sizeof calls / sizeof *calls)

/* Calls of another architecture's table are not ours to judge. */
int listener_install(void)
{
	struct sock_filter code[CALL_COUNT + 5];
	struct sock_fprog program = { .filter = code };
	size_t length = 0;
	long listener;

	code[length++] = LOAD(arch);
	code[length++] = IF_EQUAL(OUR_ARCH, 0, CALL_COUNT + 1);
	code[length++] = LOAD(nr);
	for (size_t i = 0; i < CALL_COUNT; i++)
		code[length++] =
			IF_EQUAL(calls[i], (uint8_t)(CALL_COUNT - i), 0);
	code[length++] = RETURN(SECCOMP_RET_ALLOW);
	code[length++] = RETURN(SECCOMP_RET_USER_NOTIF);
	program.len = (unsigned short)length;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return -errno;
	listener = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
			   SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);
	return listener < 0 ? -errno : (int)listener;
}

/* One descriptor beside the payload, cmsg(3). */
union rights {
	struct cmsghdr header;
	char bytes[CMSG_SPACE(sizeof(int))];
};

int listener_hand_over(int socket, int listener)
{
	int error = listener < 0 ? listener : 0;
	struct iovec payload = { &error, sizeof error };
	union rights rights = {
		.header = { .cmsg_level = SOL_SOCKET,
			    .cmsg_type = SCM_RIGHTS,
			    .cmsg_len = CMSG_LEN(sizeof listener) },
	};
	const struct msghdr message = {
		.msg_iov = &payload,
		.msg_iovlen = 1,
		.msg_control = error ? NULL : &rights,
		.msg_controllen = error ? 0 : sizeof rights,
	};

	memcpy(CMSG_DATA(&rights.header), &listener, sizeof listener);
	return sendmsg(socket, &message, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

int listener_take(int socket)
{
	int error = 0, listener;
	struct iovec payload = { &error, sizeof error };
	union rights rights = { 0 };
	struct msghdr message = {
		.msg_iov = &payload,
		.msg_iovlen = 1,
		.msg_control = &rights,
		.msg_controllen = sizeof rights,
	};

	if (recvmsg(socket, &message, MSG_CMSG_CLOEXEC) != sizeof error)
		return -EPIPE;
	if (error)
		return error;
	if (!CMSG_FIRSTHDR(&message)) /* no number was free for it */
		return -EMFILE;
	memcpy(&listener, CMSG_DATA(&rights.header), sizeof listener);
	return listener;
}

int listener_next(int listener, struct held_call *call)
{
	struct seccomp_notif notice = { 0 };

	if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &notice))
		return errno == ENOENT || errno == EINTR ? -EAGAIN : -errno;
	call->id = notice.id;
	call->pid = (pid_t)notice.pid;
	call->number = notice.data.nr;
	for (int i = 0; i < 6; i++)
		call->arguments[i] = notice.data.args[i];
	return 0;
}

int listener_release(int listener, const struct held_call *call)
{
	struct seccomp_notif_resp answer = {
		.id = call->id,
		.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE,
	};

	if (ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &answer) &&
	    errno != ENOENT)
		return -errno;
	return 0;
}

typedef ssize_t copier(pid_t, const struct iovec *, unsigned long,
		       const struct iovec *, unsigned long, unsigned long);

static int copy(copier *direction, pid_t pid, uintptr_t address, void *ours,
		size_t bytes)
{
	void *theirs = (void *)address; // NOLINT(performance-no-int-to-ptr)
	const struct iovec here = { ours, bytes };
	const struct iovec there = { theirs, bytes };
	const ssize_t copied = direction(pid, &here, 1, &there, 1, 0);

	if (copied < 0)
		return -errno;
	return (size_t)copied == bytes ? 0 : -EFAULT;
}

int listener_read(int listener, const struct held_call *call, uintptr_t address,
		  void *to, size_t bytes)
{
	const int error = copy(process_vm_readv, call->pid, address, to, bytes);

	/* Only now is it known that the pid was not somebody else's. */
	if (!error && ioctl(listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &call->id))
		return -EAGAIN;
	return error;
}

int listener_shares_memory(pid_t one, pid_t other, bool *shares)
{
	static uint64_t word;
	const uintptr_t address = (uintptr_t)&word;
	uint64_t before, after, mark;
	int error = copy(process_vm_readv, one, address, &before, sizeof word);

	if (error)
		return error;
	mark = ~before;
	error = copy(process_vm_writev, other, address, &mark, sizeof word);
	/* A helper may have given back what it does not need of ours: an
	 * address that only one of them has is proof enough. */
	if (error == -EFAULT) {
		*shares = false;
		return 0;
	}
	if (!error)
		error = copy(process_vm_readv, one, address, &after,
			     sizeof word);
	if (!error)
		*shares = after == mark;
	return error;
}
