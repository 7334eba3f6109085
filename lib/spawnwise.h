/* SPDX-License-Identifier: MIT */
/*
 * The contract between programs that spawn and strategies that know how.
 *
 * Long for a header: whoever spawns or writes a strategy reads one file.
 *
 * Life cycle of a spawn. "Caller" is the process that holds the handle.
 *
 *  1. sw_open()     caller, once, before its memory grows: a strategy
 *                   prepares stacks or starts its helper. Not timed.
 *  2. sw_spawn()    caller, any thread: refuses what the strategy cannot
 *                   honour (-ENOTSUP), then calls the strategy's spawn hook.
 *                   Clock "return" runs from just before to just after.
 *  3. (child)       sw_child_run() in lib/child.c: descriptors, signals,
 *                   exec. Clock "start" ends at the program's first
 *                   instruction.
 *  4. sw_confirm()  caller, after each successful sw_spawn(): tells whether
 *                   the program runs, once. It is asked again as long as
 *                   child->in_flight stays true; until then the request's
 *                   memory is borrowed. Clock "confirm" ends when it
 *                   returns 0.
 *  5. waitpid()     caller: the child is its own. sw_reap() does it for
 *                   every strategy, baselines included. Clock "reap" ends.
 *                   sw_run() is steps 2 to 5 in one call.
 *  6. sw_close()    caller, once, when no spawn is in flight.
 *
 * What returns an int returns 0 (sw_poll_fd(): a descriptor) or a negative
 * errno. Every function leaves errno, the signal mask, the handlers and the
 * descriptors of the caller as they were. None is a cancellation point
 * (pthreads(7)): a thread that is cancelled leaves no spawn half done.
 */
#ifndef SPAWNWISE_H
#define SPAWNWISE_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/select.h> /* sigset_t; <signal.h> hides it under -std=c99 */
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * What follows is all that the libraries show. How it grows, so that programs
 * and strategies that are built need not be built again:
 *
 * - struct sw_request gets members at its end, each with a bit of enum sw_field
 *   without which it does not count. Its size tells which there are.
 * - struct sw_strategy gets members at its end; its abi tells which there are.
 * - struct sw_child takes from its reserved members, which are zero till then.
 * - Every other struct stays as it is.
 *
 * While the version begins with 0, something else may change with each 0.N. The
 * symbols then carry another version, and so does SW_ABI: the loader refuses a
 * program that was built for the old one, and sw_open() a strategy.
 */
#pragma GCC visibility push(default)

/*
 * What a request may ask for beyond path, argv, envp and stdio. The names
 * (sw_field_name()) are the lower case of these. A strategy says in `honours`
 * which it can do; any other is refused with -ENOTSUP before anything is
 * created.
 *
 * The child takes the steps in this order, which is also their order in
 * posix_spawn(3) for those that it knows: SIGDEFAULT, SCHED, NICE, AFFINITY,
 * OOMADJ, UMASK, SESSION, PGROUP, CTTY, RESETIDS, CWD, stdio, FDACTIONS,
 * CLOSEFDS, RLIMITS, IDS, SIGMASK, exec.
 */
enum sw_field {
	SW_SIGDEFAULT = 1 << 0,
	SW_SCHED = 1 << 1,
	SW_NICE = 1 << 2,
	SW_AFFINITY = 1 << 3,
	SW_OOMADJ = 1 << 4,
	SW_UMASK = 1 << 5,
	SW_SESSION = 1 << 6,
	SW_PGROUP = 1 << 7,
	SW_CTTY = 1 << 8,
	SW_RESETIDS = 1 << 9,
	SW_CWD = 1 << 10,
	SW_FDACTIONS = 1 << 11,
	SW_CLOSEFDS = 1 << 12,
	SW_RLIMITS = 1 << 13,
	SW_IDS = 1 << 14,
	SW_SIGMASK = 1 << 15,
	SW_PIDFD = 1 << 16,
	SW_CGROUP = 1 << 17,

	/* Stages of a child that no request asks for; see struct sw_child. */
	SW_STDIO = 1 << 28,
	SW_EXEC = 1 << 29,
	SW_BIRTH = 1 << 30, /* clone(2) or fork(2) made no child */
};
#define SW_FIELD_COUNT 18 /* SW_SIGDEFAULT to SW_CGROUP */

/* One step of SW_FDACTIONS. Errors are those of the system call named. */
enum sw_action_kind {
	/* fd is closed, then open(2) path, flags, mode as fd. It is open in the
	 * program, O_CLOEXEC or not: posix_spawn(3) makes a copy of what it has
	 * opened where that is another number, which drops the flag. */
	SW_OPEN,
	SW_CLOSE,      /* close(2) fd; one that is not open is no error */
	SW_DUP2,       /* dup2(2) from, fd; from == fd: clear close-on-exec */
	SW_CLOSEFROM,  /* close fd and all above */
	SW_CHDIR,      /* chdir(2) path */
	SW_FCHDIR,     /* fchdir(2) fd */
	SW_FOREGROUND, /* tcsetpgrp(3): own process group, terminal fd */
};

struct sw_action {
	enum sw_action_kind kind;
	int fd;
	int from;
	const char *path;
	int flags; /* O_RDONLY and so on */
	mode_t mode;
};

struct sw_rlimit {
	int resource; /* RLIMIT_NOFILE and so on, setrlimit(2) */
	struct rlimit limit;
};

/* Real, effective and saved ids, and the supplementary groups: what a program
 * needs to drop root for good. In the order groups, gid, uid. */
struct sw_ids {
	uid_t uid;	     /* not -1 */
	gid_t gid;	     /* likewise */
	const gid_t *groups; /* setgroups(2), which needs CAP_SETGID */
	size_t group_count;  /* 0: no supplementary group is left */
	bool keep_groups;    /* leave the supplementary groups alone */
};

#define SW_AS_IS (-2)

/*
 * What to run. A zeroed request asks for nothing; path and argv are required.
 * The caller owns every string, array and descriptor; they must stay valid,
 * and the descriptors, working folder and umask unchanged, until sw_confirm()
 * has answered.
 */
struct sw_request {
	/* In bytes, sizeof(struct sw_request): what lies beyond is not read.
	 * 0 stands for the members up to cgroup_fd, so that only a program
	 * that uses a later one must set it: its field is refused with -EINVAL
	 * otherwise. What an older library does not know is refused with
	 * -ENOTSUP: a field, or a byte beyond its own size that is not 0. */
	size_t size;

	/* The program: a path, or with search a name to look for in the
	 * caller's PATH (a name with a slash is taken as it is). There is no
	 * fallback to /bin/sh for ENOEXEC: posix_spawnp(3) has none either. */
	const char *path;
	bool search;

	char *const *argv; /* NULL-terminated, as execve(2) takes it */
	char *const *envp; /* NULL: the caller's environ at the time of call */

	/* Descriptors to become 0, 1 and 2, assigned in that order by dup2(2):
	 * stderr_fd = 1 sends errors wherever stdout now goes.
	 * 0 inherits: 1 and 2 as exec leaves them, 0 also where it is
	 * close-on-exec, for a descriptor made for the child may be 0.
	 * To give 0 to 1 or 2 takes an action, SW_DUP2. */
	int stdin_fd; /* SW_AS_IS: 0 as exec leaves it */
	int stdout_fd;
	int stderr_fd;

	unsigned fields; /* enum sw_field, or-ed: which of these count */

	const sigset_t *sigdefault; /* to SIG_DFL, ignored ones too */
	int sched_policy;	    /* sched(7); -1 keeps it */
	int sched_priority;	    /* struct sched_param */
	int nice;		    /* -20 to 19, as setpriority(2) takes it */

	/* A mask as sched_setaffinity(2) takes it. */
	const unsigned long *cpu_mask;
	size_t cpu_mask_bytes;

	int oom_score_adj; /* -1000 to 1000, proc(5) */
	mode_t umask;
	pid_t pgroup; /* setpgid(2): 0 makes the child a leader */

	/* With SW_SESSION: becomes the controlling terminal (TIOCSCTTY). Else:
	 * the child's process group comes to its foreground (tcsetpgrp(3)). */
	int ctty_fd;

	const char *cwd; /* chdir(2); NULL: fchdir(2) to cwd_fd */
	int cwd_fd;

	const struct sw_action *actions; /* in this order */
	size_t action_count;

	/* SW_CLOSEFDS: every descriptor above 2 that no action made is closed.
	 * SW_SESSION: setsid(2). SW_RESETIDS: effective ids become the real
	 * ones. SW_PIDFD: child->pidfd. They have no value. */

	const struct sw_rlimit *rlimits;
	size_t rlimit_count;
	const struct sw_ids *ids;
	const sigset_t *sigmask; /* of the new program; else the caller's */

	int cgroup_fd; /* a cgroup v2 folder to be born in (clone(2)) */
};

/* A child, from sw_spawn() on. */
struct sw_child {
	pid_t pid;  /* valid from a successful sw_confirm() on */
	int pidfd;  /* likewise, with SW_PIDFD; the caller's to close, or -1,
		     * also where another thread has reaped it already */
	int status; /* as waitpid(2) tells it: after sw_run(), -ECANCELED */

	/* After another error of sw_spawn() or sw_confirm(), where it is known:
	 * the field that is refused or whose step failed, SW_STDIO, SW_EXEC or
	 * SW_BIRTH; else 0. */
	unsigned stage;
	int action; /* with SW_FDACTIONS: the index, SW_STDIO: 0, 1 or 2 */

	/* True from a successful sw_spawn() on, until sw_confirm() has told
	 * how it went. */
	bool in_flight;

	uintptr_t slot; /* the strategy's own */
	uintptr_t reserved[4];
};

/*
 * Facts about a strategy that a chooser needs; tests prove them. The names
 * (sw_trait_name()) are the lower case of these.
 */
enum sw_trait {
	SW_SUSPENDS_CALLER = 1 << 0, /* spawn returns after exec */
	SW_ASYNCHRONOUS = 1 << 1,    /* spawn returns before exec */
	SW_SHARES_MEMORY = 1 << 2,   /* the child runs in our memory */
	SW_COPIES_PAGE_TABLES = 1 << 3,
	SW_CHARGES_COMMIT = 1 << 4,   /* asks for our memory once more */
	SW_RUNS_ATFORK = 1 << 5,      /* pthread_atfork(3) handlers run */
	SW_SILENT_FAILURE = 1 << 6,   /* failed exec: no SIGCHLD, no wait */
	SW_THREAD_SAFE = 1 << 7,      /* a handle serves many threads */
	SW_NEEDS_EARLY_OPEN = 1 << 8, /* open before memory grows */
	SW_IDENTITY_OF_OPEN = 1 << 9, /* cwd, ids, limits: as at sw_open() */
	SW_BASELINE = 1 << 10,	      /* measured, never chosen */
	SW_CREATES_NOTHING = 1 << 11,
	SW_EXPERIMENTAL = 1 << 12,
	SW_MAPS_MEMORY = 1 << 13, /* at each spawn: it can be refused */
};
#define SW_TRAIT_COUNT 14

/* What a strategy was built for: the version of the contract, changed by what
 * is more than a new member, and the size of its struct in bytes. */
#define SW_ABI ((unsigned)(1u << 16 | sizeof(struct sw_strategy)))

/*
 * One way to create a child. Const and shared; what changes lives behind the
 * pointer that open() gives. What a hook answers and is no error number, such
 * as a positive one, the library tells as -ERANGE.
 */
struct sw_strategy {
	unsigned abi;	     /* SW_ABI */
	const char *name;    /* its file's name: [a-z][a-z0-9_]* */
	const char *summary; /* one line, no full stop */
	unsigned traits;     /* enum sw_trait, or-ed */
	unsigned honours;    /* enum sw_field, or-ed */

	/* 0, or -errno when this machine cannot do it.
	 * Optional: default is that it can. */
	int (*supported)(void);

	/* Prepare; *state is handed to the other hooks and owned by the
	 * strategy until close(). Optional: default is nothing to prepare. */
	int (*open)(void **state);

	/* Create a child for a request that was checked, and that is as long as
	 * the library's own struct, whatever its size says. The struct itself
	 * is lent for the call only, what it points to until confirm has
	 * answered. Required. */
	int (*spawn)(void *state, const struct sw_request *request,
		     struct sw_child *child);

	/* 0: the program runs. -EAGAIN without a stage: not known within
	 * timeout_ms (0 polls, -1 waits for ever). -ECANCELED: died before
	 * exec, reaped, child->status tells how. Other -errno, or -EAGAIN with
	 * child->stage: birth, exec or a step between them failed, child
	 * reaped. Not called again after an answer. Required. */
	int (*confirm)(void *state, struct sw_child *child, int timeout_ms);

	/* See sw_reap(). Optional: default is waitpid(2). A baseline whose API
	 * keeps the child to itself has one: child->pid is 0 then. */
	int (*reap)(void *state, struct sw_child *child, int *status);

	/* See sw_poll_fd(). Optional. */
	int (*poll_fd)(void *state);

	/* See sw_refresh(). Optional: default is nothing to renew. */
	int (*refresh)(void *state);

	/* Release what open() took; never fails. Optional, goes with open. */
	void (*close)(void *state);
};

/* An opened strategy. In a process forked from the one that opened it every
 * call answers -ECHILD (the page is MADV_WIPEONFORK, madvise(2)). */
struct sw_handle;

/* Prepare strategy for this process; *handle is the caller's to sw_close().
 * Errors: -EINVAL for NULL, as sw_find() gives it, or without an abi; -ENOTSUP
 * for one that was built for another library; what supported() said,
 * -ENOSYS or -EPERM where a system call is refused, -ENOSYS where an emulator
 * shares no memory; -ENOTSUP where it cannot serve this caller, as without
 * /proc; -EPIPE where somebody kills each helper; -ENOMEM; those of open(). */
int sw_open(const struct sw_strategy *strategy, struct sw_handle **handle);

/* Create a child. -EINVAL without path or argv or for a value that cannot be;
 * -ENOTSUP for one that the strategy does not honour, or the library does not
 * know, before anything is created; -ECHILD in a fork's copy; -EAGAIN without a
 * stage when too many spawns are in flight; else the strategy's. */
int sw_spawn(struct sw_handle *handle, const struct sw_request *request,
	     struct sw_child *child);

/*
 * Learn how the spawn went; see struct sw_strategy. -EAGAIN while
 * child->in_flight stays true: not known yet. A step of the child may fail
 * with EAGAIN as well (RLIMIT_NPROC, execve(2)); then in_flight is false, as
 * after any other answer, and the stage is known. -EINVAL for a child that is
 * not in flight: there is one answer. -ECHILD in a fork's copy.
 */
int sw_confirm(struct sw_handle *handle, struct sw_child *child,
	       int timeout_ms);

/* Wait for a confirmed child's end; *status, which may be NULL, as waitpid(2)
 * tells it. 0, or -ECHILD when SIGCHLD is ignored or somebody else took it, or
 * -EINVAL for a child that is not confirmed, or whose spawn failed. Where
 * nothing is created the status is 0. */
int sw_reap(struct sw_handle *handle, struct sw_child *child, int *status);

/*
 * Run a program to its end, as system(3) does: sw_spawn(), sw_confirm() and
 * sw_reap(). 0, with child->status as waitpid(2) tells it; else the error of
 * the first that failed, with child->stage and child->action where they are
 * known and child->pid 0. Only -ECHILD of sw_reap() leaves child->pid set: the
 * program ran, and its status is lost. Waits without limit. child->pidfd is the
 * caller's to close, with SW_PIDFD.
 */
int sw_run(struct sw_handle *handle, const struct sw_request *request,
	   struct sw_child *child);

/*
 * 0 when this strategy works for this process now: it was opened, and made a
 * trial, a spawn whose exec must fail with ENOENT. Else the error of sw_open(),
 * sw_spawn() or sw_confirm(), or -EPROTO for one that says that a program runs
 * which is not there. Nothing is kept.
 *
 * It costs an open, a spawn and a close: tens of microseconds to milliseconds;
 * with SW_COPIES_PAGE_TABLES and SW_CHARGES_COMMIT as much time and commit as
 * for any other child. Without SW_SILENT_FAILURE the trial's end is a SIGCHLD
 * of the caller's, and wait(-1) of another thread may see it. A baseline's
 * trial runs its shell. Where children are born in another pid namespace
 * (unshare(2)) the trial would be its init and end it: there it is opened only.
 */
int sw_supported(const struct sw_strategy *strategy);

/*
 * A descriptor of the handle's own that poll(2) finds readable while a spawn of
 * this handle has an answer that sw_confirm() has not fetched, and while one is
 * in flight that was older than the descriptor. Not for EPOLLET (epoll(7)): it
 * tells that there are answers, not each. Readable is a hint: confirm what is
 * in flight, with timeout 0. Where nothing is, a helper has died: the
 * descriptor stays readable until sw_refresh(), or until a spawn is refused
 * with -EPIPE. -ENOTSUP where the strategy has none; -EBADF when somebody
 * closed it, or what is behind it: after sw_refresh() there is another.
 */
int sw_poll_fd(struct sw_handle *handle);

/* Renew what the strategy took from the caller at sw_open(): the identity of
 * a helper (after -ESTALE), or a dead helper (after -EPIPE). Any thread may do
 * so at any time; what is in flight is still the old helper's. After an error,
 * one of those of sw_open(), everything is as before. */
int sw_refresh(struct sw_handle *handle);

/* Release the handle; in a fork's copy nothing. NULL is allowed. */
void sw_close(struct sw_handle *handle);

/* Every strategy built in, ordered by name, ended by NULL. No array: its size
 * would become a part of each program that links to it. */
extern const struct sw_strategy *const *const sw_strategies;

/* The strategy of that name, or NULL; so for a NULL name. */
const struct sw_strategy *sw_find(const char *name);

/* NULL when the strategy keeps the contract's form, else a sentence that says
 * what is wrong with it (static storage). */
const char *sw_check(const struct sw_strategy *strategy);

/* The word for one bit, as `list` and `choose --need` write it; NULL for none.
 * The stages that are no fields have names too: "stdio", "exec", "birth". */
const char *sw_trait_name(enum sw_trait trait);
const char *sw_field_name(enum sw_field field);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif
#endif
