/* SPDX-License-Identifier: MIT */
/* Spawns written by hand; see loops.h. */

#include "tests/bare/loops.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/clone.h"

#define STACK_BYTES (32 * 1024)

static void block_signals(sigset_t *before)
{
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, before);
}

/* Ask for each action and replace it if it is a handler: fewer calls than
 * setting them all. */
static void reset_handlers(void)
{
	const struct sigaction reset = { .sa_handler = SIG_DFL };

	for (int number = 1; number < _NSIG; number++) {
		struct sigaction action;

		if (sigaction(number, NULL, &action) ||
		    action.sa_handler == SIG_DFL ||
		    action.sa_handler == SIG_IGN)
			continue;
		sigaction(number, &reset, NULL);
	}
}

/* Returns errno: exec has failed. The contract keeps stdin also where it is
 * close-on-exec. */
static int become(const struct work *work, const sigset_t *mask)
{
	fcntl(STDIN_FILENO, F_SETFD, 0);
	if (dup2(work->stdout_fd, STDOUT_FILENO) < 0)
		return errno;
	sigprocmask(SIG_SETMASK, mask, NULL);
	execve(work->program, work->argv, environ);
	return errno;
}

/* In memory that caller and child share: the kernel marks and wakes what a
 * child has on its robust list when the child leaves its memory
 * (set_robust_list(2)), which is when exec succeeds. A pipe would take 2 % of a
 * small fork. */
struct outcome {
	struct robust_list_head list;
	struct robust_list entry;
	atomic_uint owner;
	int error;
};

static struct outcome *outcome;

static void own(void)
{
	outcome->list.list.next = &outcome->entry;
	outcome->list.futex_offset =
		(char *)&outcome->owner - (char *)&outcome->entry;
	outcome->list.list_op_pending = NULL;
	outcome->entry.next = &outcome->list.list;
	atomic_store(&outcome->owner, (unsigned)getpid() | FUTEX_WAITERS);
	syscall(SYS_set_robust_list, &outcome->list, sizeof outcome->list);
}

static int fork_begin(const struct work *work, pid_t *pid)
{
	sigset_t mask;

	if (!outcome)
		outcome = mmap(NULL, sizeof *outcome, PROT_READ | PROT_WRITE,
			       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (outcome == MAP_FAILED)
		return -1;
	outcome->error = 0;
	atomic_store(&outcome->owner, 0);
	block_signals(&mask);
	*pid = fork();
	if (*pid == 0) {
		own();
		reset_handlers();
		outcome->error = become(work, &mask);
		_exit(127);
	}
	sigprocmask(SIG_SETMASK, &mask, NULL);
	return *pid < 0 ? -1 : 0;
}

static int fork_finish(void)
{
	unsigned owner;

	while (!((owner = atomic_load(&outcome->owner)) & FUTEX_OWNER_DIED))
		syscall(SYS_futex, &outcome->owner, FUTEX_WAIT, owner, NULL,
			NULL, 0);
	return outcome->error ? -1 : 0;
}

static int vfork_begin(const struct work *work, pid_t *born)
{
	volatile int error = 0;
	sigset_t mask;
	pid_t pid;

	block_signals(&mask);
	pid = vfork();
	if (pid == 0) {
		reset_handlers();
		error = become(work, &mask);
		_exit(127);
	}
	sigprocmask(SIG_SETMASK, &mask, NULL);
	*born = pid;
	return pid < 0 || error ? -1 : 0;
}

static int spawn_begin(const struct work *work, pid_t *pid)
{
	posix_spawn_file_actions_t actions;
	int error;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, STDIN_FILENO, STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&actions, work->stdout_fd,
					 STDOUT_FILENO);
	error = posix_spawn(pid, work->program, &actions, NULL, work->argv,
			    environ);
	posix_spawn_file_actions_destroy(&actions);
	return error ? -1 : 0;
}

/* A request with a process group, a folder and three descriptor actions, by
 * hand and as the contract says it. */
#define FOLDER "/usr"
#define DEVICE "/dev/null"
#define OPENED_FD 40
#define COPY_FD 41

static int prepare_rich(void)
{
	int fd;

	if (setpgid(0, 0) || chdir(FOLDER))
		return errno;
	fd = open(DEVICE, O_RDONLY);
	if (fd < 0 || dup2(fd, OPENED_FD) < 0 || close(fd) ||
	    dup2(OPENED_FD, COPY_FD) < 0 || close(OPENED_FD))
		return errno;
	return 0;
}

static void ask_rich(struct sw_request *request)
{
	static const struct sw_action actions[] = {
		{ .kind = SW_OPEN, .fd = OPENED_FD, .path = DEVICE },
		{ .kind = SW_DUP2, .from = OPENED_FD, .fd = COPY_FD },
		{ .kind = SW_CLOSE, .fd = OPENED_FD },
	};

	request->fields = SW_PGROUP | SW_CWD | SW_FDACTIONS;
	request->cwd = FOLDER;
	request->actions = actions;
	request->action_count = sizeof actions / sizeof *actions;
}

struct clone_job {
	const struct work *work;
	bool rich;
	sigset_t mask;
	volatile int error;
};

static void run_clone(void *data)
{
	struct clone_job *job = data;

	if (!job->rich || !(job->error = prepare_rich()))
		job->error = become(job->work, &job->mask);
	_exit(127);
}

/* The one loop that borrows: no libc has a function for clone3(2). */
static int clone_one(const struct work *work, bool rich, pid_t *pid)
{
	static _Alignas(64) char stack[STACK_BYTES];
	struct clone_job job = { .work = work, .rich = rich };
	struct clone_args args = {
		.flags = CLONE_VM | CLONE_VFORK | CLONE_CLEAR_SIGHAND,
		.stack = (uintptr_t)stack,
		.stack_size = sizeof stack,
	};

	block_signals(&job.mask);
	*pid = (pid_t)sw_clone(&args, run_clone, &job);
	sigprocmask(SIG_SETMASK, &job.mask, NULL);
	return *pid < 0 || job.error ? -1 : 0;
}

static int clone_begin(const struct work *work, pid_t *pid)
{
	return clone_one(work, false, pid);
}

/* The kernel zeroes the word when the child has left our memory. The thread
 * goes on meanwhile: what the child needs is not on its stack. */
static atomic_uint present;

static int async_begin(const struct work *work, pid_t *pid)
{
	static _Alignas(64) char stack[STACK_BYTES];
	static struct clone_job job;
	struct clone_args args = {
		.flags = CLONE_VM | CLONE_CHILD_CLEARTID | CLONE_CLEAR_SIGHAND,
		.child_tid = (uintptr_t)&present,
		.stack = (uintptr_t)stack,
		.stack_size = sizeof stack,
	};

	job = (struct clone_job){ .work = work };
	atomic_store(&present, 1);
	block_signals(&job.mask);
	*pid = (pid_t)sw_clone(&args, run_clone, &job);
	sigprocmask(SIG_SETMASK, &job.mask, NULL);
	return *pid < 0 ? -1 : 0;
}

static int async_finish(void)
{
	while (atomic_load(&present))
		syscall(SYS_futex, &present, FUTEX_WAIT, 1, NULL, NULL, 0);
	return 0;
}

static int rich_begin(const struct work *work, pid_t *pid)
{
	return clone_one(work, true, pid);
}

static int naive_begin(const struct work *work, pid_t *pid)
{
	*pid = vfork();
	if (*pid == 0) {
		dup2(work->stdout_fd, STDOUT_FILENO);
		execve(work->program, work->argv, environ);
		_exit(127);
	}
	return *pid < 0 ? -1 : 0;
}

const struct loop loops[] = {
	{ .name = "vfork", .begin = vfork_begin, .limit = 1.05 },
	{ .name = "posix_spawn", .begin = spawn_begin, .limit = 1.05 },
	{ .name = "clone_vm", .begin = clone_begin, .limit = 1.05 },
	{ .name = "clone_async",
	  .begin = async_begin,
	  .finish = async_finish,
	  .limit = 1.05 },
	{ .name = "clone_vm",
	  .row = "with 5 steps",
	  .begin = rich_begin,
	  .ask = ask_rich,
	  .limit = 1.05 },
	{ .name = "fork",
	  .begin = fork_begin,
	  .finish = fork_finish,
	  .limit = 1.05 },
	{ .name = NULL },
};

const struct loop naive_loop = { .name = "vfork", .begin = naive_begin };
