/* SPDX-License-Identifier: MIT */
/*
 * The process that spawns once, and the listener that sees it do so; see
 * trial.h. Longer than other files: both ends of the listener are here.
 */

#include "bench/attest/trial.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "lib/probe.h"
#include "lib/spawnwise.h"

#define PATIENCE_MS 5000

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

/*
 * In the process to be watched: from now on and for ever such calls of the
 * process and its descendants wait for a listener, and exec gains no privileges
 * any more (no_new_privs, prctl(2)). Calls of another architecture's table are
 * not ours to judge. Returns the listener. When every copy of it is closed the
 * calls fail with ENOSYS. -EINVAL or -ENOSYS from a kernel before 5.0, -EBUSY
 * below another listener, -EPERM or -EACCES where a filter refuses this; other
 * -errno as in seccomp(2).
 */
static int listener_install(void)
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

/* Send a listener, or the -errno that stands for none, through a unix socket
 * (unix(7)). 0, or -errno. */
static int listener_hand_over(int socket, int listener)
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

int listener_next(int listener, struct seccomp_notif *call)
{
	*call = (struct seccomp_notif){ 0 };
	if (!ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, call))
		return 0;
	return errno == ENOENT || errno == EINTR ? -EAGAIN : -errno;
}

int listener_release(int listener, const struct seccomp_notif *call)
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

int listener_read(int listener, const struct seccomp_notif *call,
		  uintptr_t address, void *to, size_t bytes)
{
	const int error =
		copy(process_vm_readv, (pid_t)call->pid, address, to, bytes);

	/* Only now is it known that the pid was not somebody else's. */
	if (!error && ioctl(listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &call->id))
		return -EAGAIN;
	return error;
}

int listener_shares_memory(pid_t one, pid_t other)
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
	if (error == -EFAULT)
		return false;
	if (!error)
		error = copy(process_vm_readv, one, address, &after,
			     sizeof word);
	return error ? error : after == mark;
}

static int try_once(const struct sw_strategy *strategy,
		    struct trial_report *report)
{
	static char nowhere[] = "/nonexistent/spawnwise";
	char *argv[] = { nowhere, NULL };
	const struct sw_request request = {
		.path = nowhere,
		.argv = argv,
		.stderr_fd = coprocess_sink(),
	};
	struct sw_handle *handle;
	struct sw_child child;
	int error, status;

	if (request.stderr_fd < 0)
		return -errno;
	report->step = "sw_open";
	error = sw_open(strategy, &handle);
	if (error)
		return error;
	atomic_store(&report->phase, TRIAL_SPAWNS);
	report->step = "sw_spawn";
	error = sw_spawn(handle, &request, &child);
	atomic_store(&report->phase, TRIAL_RETURNED);
	if (!error) {
		report->step = "sw_confirm";
		error = sw_confirm(handle, &child, -1);
	}
	if (!error) {
		report->step = "sw_reap";
		report->ran = true;
		error = sw_reap(handle, &child, &status);
	}
	sw_close(handle);
	return error == -ENOENT ? 0 : error;
}

static void install_listener(int socket)
{
	const int listener = listener_install();
	char go;

	if (listener_hand_over(socket, listener) || read(socket, &go, 1) != 1)
		_exit(1);
	close(listener);
}

static _Noreturn void be_tried(const struct sw_strategy *strategy,
			       struct trial_report *report, int socket,
			       bool watched)
{
	setpgid(0, 0);
	if (watched)
		install_listener(socket);
	report->refused = -try_once(strategy, report);
	atomic_store(&report->phase, TRIAL_DONE);
	_exit(0);
}

int trial_start(struct trial_spawn *trial, const struct sw_strategy *strategy,
		bool watched)
{
	int error;

	if (sw_births_elsewhere())
		return -ENOTSUP;
	trial->report = coprocess_share(sizeof *trial->report);
	if (!trial->report)
		return -ENOMEM;
	error = coprocess_fork(&trial->process, "spawnwise-try");
	if (error)
		munmap(trial->report, sizeof *trial->report);
	else if (!trial->process.pid)
		be_tried(strategy, trial->report, trial->process.socket,
			 watched);
	return error;
}

/* A held child dies with its group; the trial process itself may not have
 * entered that group yet. */
bool trial_end(struct trial_spawn *trial, struct trial_report *last)
{
	kill(-trial->process.pid, SIGKILL);
	coprocess_end(&trial->process, NULL);
	*last = *trial->report;
	munmap(trial->report, sizeof *trial->report);
	return last->phase == TRIAL_DONE;
}

static int run_once(const struct sw_strategy *strategy, const char **step)
{
	struct trial_spawn trial;
	struct trial_report last;
	int late, error;

	*step = "sw_open";
	if (sw_births_elsewhere())
		return sw_supported(strategy);
	*step = "a trial";
	error = trial_start(&trial, strategy, false);
	if (error)
		return error;
	/* The process closes its end of the socket when it ends, but a child
	 * that it left behind may hold a copy. */
	late = coprocess_await(trial.process.socket, PATIENCE_MS);
	if (!trial_end(&trial, &last))
		error = late ? -ETIMEDOUT : -EOWNERDEAD;
	*step = last.step ?: *step;
	if (error)
		return error;
	/* A baseline runs a shell, which says itself what cannot be run. */
	if (!last.refused && last.ran &&
	    !(strategy->traits & (SW_BASELINE | SW_CREATES_NOTHING)))
		return -EPROTO;
	return -last.refused;
}

int trial_run(const struct sw_strategy *strategy, const char **step)
{
	static struct {
		bool asked;
		int error;
		const char *step;
	} known[STRATEGIES_KNOWN];
	size_t i = 0;

	while (sw_strategies[i] && sw_strategies[i] != strategy)
		i++;
	if (!sw_strategies[i] || i >= STRATEGIES_KNOWN)
		return run_once(strategy, step);
	if (!known[i].asked)
		known[i].error = run_once(strategy, &known[i].step);
	known[i].asked = true;
	*step = known[i].step;
	return known[i].error;
}
