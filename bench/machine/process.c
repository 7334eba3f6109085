/* SPDX-License-Identifier: MIT */
/*
 * Another process; see process.h.
 *
 * A pidfd says for sure that a process has ended. Where it is refused (a
 * seccomp filter), the start time of whoever has that pid now must do.
 */
#include "bench/machine/process.h"

#include <dirent.h>
#include <errno.h>
#include <linux/capability.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bench/machine/text.h"

#define PF_EXITING 0x00000004
#define PF_KTHREAD 0x00200000

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

pid_t process_thread(pid_t pid)
{
	struct process_stat stat;
	const struct dirent *entry;
	pid_t found = pid;
	char path[64];
	DIR *tasks;

	if (read_stat(pid, &stat) || !has_ended(&stat))
		return pid;
	snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	tasks = opendir(path);
	while (tasks && found == pid && (entry = readdir(tasks))) {
		const pid_t tid = (pid_t)strtol(entry->d_name, NULL, 10);

		if (tid > 0 && !read_stat(tid, &stat) && !has_ended(&stat))
			found = tid;
	}
	if (tasks)
		closedir(tasks);
	return found;
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

/* The process that a thread belongs to; a process belongs to itself. */
static int read_leader(pid_t tid, pid_t *pid)
{
	uint64_t group = 0;
	int error = status_number(tid, "Tgid", 10, &group);

	*pid = (pid_t)group;
	return error;
}

int process_open(pid_t pid, struct process *process)
{
	int error;

	*process = (struct process){ .pid = pid };
	process->pid_fd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (process->pid_fd < 0 && errno == ESRCH)
		return -ESRCH;
	error = process_stat_read(pid, &process->stat);
	if (!error)
		error = read_leader(pid, &process->leader_pid);
	if (!error)
		return 0;
	/* It is there, but not to be seen; or it has ended meanwhile. */
	if (process->pid_fd >= 0 && error == -ENOENT && !process_ended(process))
		error = -EACCES;
	process_close(process);
	return error == -ENOENT ? -ESRCH : error;
}

void process_close(const struct process *process)
{
	if (process->pid_fd >= 0)
		close(process->pid_fd);
}

bool process_ended(const struct process *process)
{
	struct pollfd end = { .fd = process->pid_fd, .events = POLLIN };
	struct process_stat now;

	if (process->pid_fd >= 0)
		return poll(&end, 1, 0) > 0;
	return process_stat_read(process->pid, &now) ||
	       now.start_ticks != process->stat.start_ticks ||
	       strchr("ZX", now.state);
}

bool process_may_trace(void)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = { 0 };

	return !syscall(SYS_capget, &header, data) &&
	       data[0].effective & 1u << CAP_SYS_PTRACE;
}
