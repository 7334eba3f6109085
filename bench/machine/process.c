/* SPDX-License-Identifier: MIT */
/*
 * Another process, how many there may be, whom the OOM killer would choose, and
 * what is refused; see process.h. Longer than other files: each is a question
 * that the kernel answers of a process.
 *
 * A pidfd says for sure that a process has ended. Where it is refused (a
 * seccomp filter), the start time of whoever has that pid now must do.
 */

#include "bench/machine/process.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/capability.h>
#include <linux/sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bench/machine/coprocess.h"
#include "bench/machine/text.h"
#include "bench/machine/units.h"
#include "lib/probe.h"

#define PF_EXITING 0x00000004
#define PF_KTHREAD 0x00200000
#define FEW 16
#define EXEMPT (1ull << CAP_SYS_RESOURCE | 1ull << CAP_SYS_ADMIN)

static void take_name(const char *from, const char *to, char *name)
{
	size_t length = (size_t)(to - from);

	if (length >= PROCESS_NAME_BYTES)
		length = PROCESS_NAME_BYTES - 1;
	for (size_t i = 0; i < length; i++)
		name[i] = from[i] >= ' ' && from[i] <= '~' ? from[i] : '?';
	name[length] = '\0';
}

int process_stat_parse(const char *text, struct process_stat *stat)
{
	const char *open = strchr(text, '(');
	const char *close = strrchr(text, ')');
	unsigned flags;

	if (!open || !close || close < open)
		return -EBADMSG;
	take_name(open + 1, close, stat->name);
	/* Fields 3 (state), 4 (ppid), 9 (flags) and 22 (starttime). */
	if (sscanf(close,
		   ") %c %d %*d %*d %*d %*d %u %*u %*u %*u %*u %*u %*u "
		   "%*d %*d %*d %*d %*d %*d %llu",
		   &stat->state, &stat->parent_pid, &flags,
		   &stat->start_ticks) != 4)
		return -EBADMSG;
	stat->exiting = flags & PF_EXITING;
	stat->kernel_thread = flags & PF_KTHREAD;
	return 0;
}

static int read_stat(pid_t tid, struct process_stat *stat)
{
	char text[1024];
	int error = text_read_at(text, sizeof(text), "/proc/%d/stat", (int)tid);

	return error ? error : process_stat_parse(text, stat);
}

static bool has_ended(const struct process_stat *stat)
{
	return stat->exiting || strchr("ZX", stat->state);
}

pid_t process_next(DIR *folder)
{
	const struct dirent *entry;
	pid_t pid = 0;

	while (folder && pid <= 0 && (entry = readdir(folder)))
		pid = (pid_t)strtol(entry->d_name, NULL, 10);
	return pid;
}

pid_t process_thread(pid_t pid)
{
	struct process_stat stat;
	char path[64];
	pid_t tid;

	if (read_stat(pid, &stat) || !has_ended(&stat))
		return pid;
	snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	OWNED_DIR tasks = opendir(path);
	while ((tid = process_next(tasks)))
		if (!read_stat(tid, &stat) && !has_ended(&stat))
			return tid;
	return pid;
}

int process_stat_read(pid_t pid, struct process_stat *stat)
{
	struct process_stat other;
	int error = read_stat(pid, stat);
	pid_t tid;

	if (error || !has_ended(stat))
		return error;
	tid = process_thread(pid);
	if (tid != pid && !read_stat(tid, &other)) {
		stat->state = other.state;
		stat->exiting = other.exiting;
	}
	return 0;
}

int process_memory_parse(FILE *stream, struct process_memory *memory)
{
	const struct field fields[] = {
		{ "VmRSS", &memory->rss_bytes, 1024, true },
		{ "RssAnon", &memory->anon_bytes, 1024, false },
		{ "RssFile", &memory->file_bytes, 1024, false },
		{ "RssShmem", &memory->shmem_bytes, 1024, false },
		{ "HugetlbPages", &memory->hugetlb_bytes, 1024, false },
		{ "VmSwap", &memory->swap_bytes, 1024, false },
		{ "VmPTE", &memory->page_table_bytes, 1024, false },
		{ "VmSize", &memory->vm_bytes, 1024, true },
	};

	return fields_parse(stream, fields, sizeof(fields) / sizeof(*fields),
			    NULL);
}

int process_memory_read(pid_t pid, struct process_memory *memory)
{
	TEXT_STREAM stream = text_open_of(process_thread(pid), "status");

	return stream ? process_memory_parse(stream, memory) : -errno;
}

bool process_numbers_are_ours(void)
{
	char self[16] = "";

	return readlink("/proc/self", self, sizeof self - 1) > 0 &&
	       strtol(self, NULL, 10) == getpid();
}

int process_open(pid_t pid, struct process *process)
{
	uint64_t leader = 0;
	int error;

	*process = (struct process){ .pid = pid, .pid_fd = -1 };
	if (!access("/proc/self", F_OK) && !process_numbers_are_ours())
		return -EXDEV;
	process->pid_fd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (process->pid_fd < 0 && errno == ESRCH)
		return -ESRCH;
	error = process_stat_read(pid, &process->stat);
	if (!error)
		error = status_number(pid, "Tgid", 10, &leader);
	process->leader_pid = (pid_t)leader;
	if (!error)
		return 0;
	/* It is there, but not to be seen; or it has ended meanwhile. */
	if (process->pid_fd >= 0 && error == -ENOENT && !process_ended(process))
		error = -EACCES;
	process_close(process);
	return error == -ENOENT ? -ESRCH : error;
}

void process_close(struct process *process)
{
	if (process->pid_fd >= 0)
		close(process->pid_fd);
	process->pid_fd = -1;
}

bool process_ended(const struct process *process)
{
	struct process_stat now;

	if (process->pid_fd >= 0)
		return !coprocess_await(process->pid_fd, 0);
	return process_stat_read(process->pid, &now) ||
	       now.start_ticks != process->stat.start_ticks ||
	       strchr("ZX", now.state);
}

static uint64_t left(const struct process_limit *limit)
{
	return minus(limit->limit, limit->used);
}

static void take(struct process_limit *nearest,
		 const struct process_limit *limit)
{
	if (!*nearest->name || left(limit) < left(nearest))
		*nearest = *limit;
}

/* The threads of all processes that this real user has and that we see: the
 * kernel counts those of other pid namespaces too. */
static uint64_t count_threads(uint64_t uid)
{
	OWNED_DIR processes = opendir("/proc");
	uint64_t count = 0, owner, threads;
	pid_t pid;

	while ((pid = process_next(processes)))
		if (!status_number(pid, "Uid", 10, &owner) && owner == uid &&
		    !status_number(pid, "Threads", 10, &threads))
			count += threads;
	return count;
}

/* As copy_process() of kernel/fork.c judges. */
static void take_user(pid_t pid, struct process_limit *nearest)
{
	struct process_limit limit = { .name = "RLIMIT_NPROC" };
	uint64_t uid, effective;

	if (status_limit(pid, "Max processes", &limit.limit) ||
	    limit.limit == UINT64_MAX || status_number(pid, "Uid", 10, &uid) ||
	    status_number(pid, "CapEff", 16, &effective) || !uid ||
	    effective & EXEMPT)
		return;
	limit.used = count_threads(uid);
	take(nearest, &limit);
}

/* pids.max is a number or "max"; the root group of version 2 has none. */
static void take_groups(pid_t pid, struct process_limit *nearest)
{
	struct process_limit limit;
	struct cgroup group;

	if (cgroup_of(pid, "pids", &group))
		return;
	do {
		snprintf(limit.name, sizeof limit.name, "pids.max of %s",
			 group.directory);
		if (!cgroup_number_read(group.directory, "pids.max",
					&limit.limit) &&
		    limit.limit != UINT64_MAX &&
		    !cgroup_number_read(group.directory, "pids.current",
					&limit.used))
			take(nearest, &limit);
	} while (cgroup_up(&group));
}

/* /proc/loadavg counts all threads of the machine: "0.1 0.2 0.3 2/345 6789". */
static void take_machine(struct process_limit *nearest)
{
	static const char *const names[] = { "pid_max", "threads-max" };
	uint64_t used;
	char text[128];

	if (text_read("/proc/loadavg", text, sizeof text) ||
	    sscanf(text, "%*s %*s %*s %*u/%" SCNu64, &used) != 1)
		return;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		struct process_limit limit = { .used = used };

		snprintf(limit.name, sizeof limit.name, "kernel.%s", names[i]);
		if (!text_read_at(text, sizeof text, "/proc/sys/kernel/%s",
				  names[i]) &&
		    !text_number(text, 10, &limit.limit))
			take(nearest, &limit);
	}
}

bool process_limit_nearest(pid_t pid, struct process_limit *nearest)
{
	*nearest = (struct process_limit){ 0 };
	take_user(pid, nearest);
	take_groups(pid, nearest);
	take_machine(nearest);
	return *nearest->name;
}

bool process_limit_is_near(const struct process_limit *limit)
{
	return left(limit) < FEW || left(limit) < limit->limit / 10;
}

/* Calls with arguments that are EINVAL at once. */
static const struct {
	const char *name;
	long number, first, second;
} calls[] = {
	{ "clone3", SYS_clone3, 0, 0 }, /* a size below the first one */
	/* CLONE_THREAD without CLONE_SIGHAND */
	{ "clone(CLONE_VM)", SYS_clone, CLONE_VM | CLONE_VFORK | CLONE_THREAD,
	  0 },
	{ "pidfd_open", SYS_pidfd_open, -1, 0 },
	{ "close_range", SYS_close_range, 1, 0 }, /* from above its end */
	{ "set_robust_list", SYS_set_robust_list, 0, 0 },
};

/* The answer comes by the socket: where SIGCHLD is ignored there is no status.
 */
static bool is_refused(size_t i)
{
	struct coprocess process;
	int answer;

	if (coprocess_fork(&process, NULL))
		return false;
	if (!process.pid) {
		errno = 0;
		syscall(calls[i].number, calls[i].first, calls[i].second, 0, 0,
			0);
		answer = errno;
		_exit(write(process.socket, &answer, sizeof answer) < 0);
	}
	/* Without an answer it was killed for the question. */
	if (coprocess_hear(process.socket, -1, &answer))
		answer = EPERM;
	coprocess_end(&process, NULL);
	return answer != EINVAL;
}

char *refused_calls(char *text, size_t size)
{
	*text = '\0';
	if (sw_births_elsewhere())
		return text;
	for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
		if (is_refused(i))
			text_join(text, size, " ", "%s", calls[i].name);
	return text;
}

static int read_number(pid_t pid, const char *name, int *number)
{
	char text[32];
	const int error =
		text_read_at(text, sizeof text, "/proc/%d/%s", (int)pid, name);

	if (error)
		return error;
	return sscanf(text, "%d", number) == 1 ? 0 : -EBADMSG;
}

int oom_score_read(pid_t pid, int *score, int *adj)
{
	int error = read_number(pid, "oom_score", score);

	return error ? error : read_number(pid, "oom_score_adj", adj);
}

static bool is_below(pid_t pid, const char *directory)
{
	const size_t length = strlen(directory);
	struct cgroup group;

	return cgroup_of(pid, "memory", &group) == 0 &&
	       strncmp(group.directory, directory, length) == 0 &&
	       strchr("/", group.directory[length]);
}

int oom_rival_find(pid_t except, const char *directory, struct oom_rival *rival)
{
	OWNED_DIR processes = opendir("/proc");
	struct process_stat stat;
	int score;
	pid_t pid;

	rival->pid = 0;
	if (!processes)
		return -errno;
	while ((pid = process_next(processes))) {
		if (pid == except || read_number(pid, "oom_score", &score) ||
		    (rival->pid && score <= rival->score) ||
		    process_stat_read(pid, &stat) || stat.kernel_thread ||
		    strchr("ZX", stat.state) ||
		    (directory && !is_below(pid, directory)))
			continue;
		*rival = (struct oom_rival){ .pid = pid, .score = score };
		memcpy(rival->name, stat.name, sizeof rival->name);
	}
	return rival->pid ? 0 : -ESRCH;
}

int oom_kills_read(uint64_t *count)
{
	const struct field field = { "oom_kill", count, 1, true };
	TEXT_STREAM stream = text_open("/proc/vmstat");

	return stream ? fields_parse(stream, &field, 1, NULL) : -errno;
}
