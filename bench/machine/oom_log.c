/* SPDX-License-Identifier: MIT */
/*
 * The lines of the OOM killer's report, decoded; see oom_log.h.
 *
 * No field but numbers can be trusted to be free of what stands between
 * fields. So the text is read from both ends: keys in their order from the
 * left, and from the right where a name comes before.
 */
#include "bench/machine/oom_log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define COMM_BYTES 15 /* TASK_COMM_LEN in include/linux/sched.h, less one */

static void copy(char *to, size_t size, const char *from, const char *end)
{
	size_t length = (size_t)(end - from);

	if (length >= size)
		length = size - 1;
	memcpy(to, from, length);
	to[length] = '\0';
}

static const char *find_last(const char *text, const char *word)
{
	const char *found = NULL;

	for (const char *at = text; (at = strstr(at, word)); at++)
		found = at;
	return found;
}

/* A decimal number after a key; false: it is not there. */
static bool number_after(const char *text, const char *key, uint64_t *number)
{
	const char *at = strstr(text, key);
	char *end;

	*number = OOM_LOG_ABSENT;
	if (!at)
		return false;
	at += strlen(key);
	if (*at < '0' || *at > '9')
		return false;
	errno = 0;
	*number = strtoull(at, &end, 10);
	if (errno)
		*number = OOM_LOG_ABSENT;
	return !errno;
}

static bool kbytes_after(const char *text, const char *key, uint64_t *bytes)
{
	bool there = number_after(text, key, bytes);

	if (there && __builtin_mul_overflow(*bytes, 1024, bytes)) {
		*bytes = OOM_LOG_ABSENT;
		there = false;
	}
	return there;
}

static enum oom_log_scope scope_of(const char *line, const char *killed)
{
	const char *machine = strstr(line, "Out of memory");
	const char *group = strstr(line, "Memory cgroup out of memory: ");

	if (group && group < killed)
		return OOM_LOG_GROUP;
	return machine && machine < killed ? OOM_LOG_MACHINE : OOM_LOG_UNTOLD;
}

static void read_adj(const char *sizes, struct oom_log_kill *kill)
{
	const char *key = " oom_score_adj:";
	const char *at = strstr(sizes, key);
	char *end;

	if (!at)
		return;
	long adj = strtol(at + strlen(key), &end, 10);
	kill->has_adj = end != at + strlen(key) && adj >= -1000 && adj <= 1000;
	kill->oom_score_adj = kill->has_adj ? (int)adj : 0;
}

/* "(name) total-vm:" or, on RHEL 7, "(name), UID 1000, total-vm:". A name may
 * hold parentheses, and what follows it may not. */
static bool read_name(const char *killed, const char *sizes,
		      struct oom_log_kill *kill)
{
	const char *name = strchr(killed, '(');
	const char *end = sizes;

	while (end > killed && *end != ')')
		end--;
	if (!name || end <= name)
		return false;
	copy(kill->name, sizeof(kill->name), name + 1, end);
	if (!number_after(sizes, ", UID:", &kill->uid))
		number_after(end, ", UID ", &kill->uid);
	return true;
}

int oom_log_kill_parse(const char *line, struct oom_log_kill *kill)
{
	const char *killed = strstr(line, "Killed process ");
	const char *sizes = killed ? find_last(killed, "total-vm:") : NULL;
	uint64_t pid;

	memset(kill, 0, sizeof(*kill));
	if (!killed)
		return -ENOENT;
	if (!sizes || !read_name(killed, sizes, kill) ||
	    !number_after(killed, "Killed process ", &pid) || pid > INT_MAX ||
	    !kbytes_after(sizes, "total-vm:", &kill->vm_bytes) ||
	    !kbytes_after(sizes, ", anon-rss:", &kill->anon_bytes) ||
	    !kbytes_after(sizes, ", file-rss:", &kill->file_bytes))
		return -EBADMSG;
	kill->pid = (pid_t)pid;
	kill->scope = scope_of(line, killed);
	kbytes_after(sizes, ", shmem-rss:", &kill->shmem_bytes);
	kbytes_after(sizes, " pgtables:", &kill->page_table_bytes);
	read_adj(sizes, kill);
	return 0;
}

/* Copy what stands between two keys; *at moves on to the second. */
static bool take(const char **at, const char *key, const char *next, char *to,
		 size_t size)
{
	const char *from = strstr(*at, key);
	const char *end = from ? strstr(from + strlen(key), next) : NULL;

	if (!end)
		return false;
	copy(to, size, from + strlen(key), end);
	*at = end;
	return true;
}

/* The bytes of a name, of which the log writes odd ones as "\x1b". */
static size_t name_bytes(const char *from, const char *end)
{
	size_t bytes = 0;

	for (; from < end; bytes++)
		from += from[0] == '\\' && from[1] == 'x' ? 4 : 1;
	return bytes;
}

/* The name stands before the last ",pid=", and may be "x,task=y" or the group
 * before it: it begins at the first place from where it is not too long. */
static const char *find_task(const char *at, const char *pid)
{
	const char *task = NULL;

	while ((at = strstr(at, ",task=")) && at < pid) {
		task = at;
		at += strlen(",task=");
		if (name_bytes(at, pid) <= COMM_BYTES)
			break;
	}
	return task;
}

static bool take_task(const char *at, struct oom_log_cause *cause)
{
	const char *pid = find_last(at, ",pid=");
	const char *task = pid ? find_task(at, pid) : NULL;
	uint64_t number;

	if (!task || !number_after(pid, ",pid=", &number) || number > INT_MAX)
		return false;
	number_after(pid, ",uid=", &cause->uid);
	copy(cause->task_group, sizeof(cause->task_group), at, task);
	copy(cause->name, sizeof(cause->name), task + strlen(",task="), pid);
	cause->pid = (pid_t)number;
	return true;
}

/* ",global_oom,task_memcg=" or ",oom_memcg=/a,task_memcg=". */
static bool take_groups(const char *at, struct oom_log_cause *cause)
{
	const char *key = ",task_memcg=";

	if (strncmp(at, ",global_oom", strlen(",global_oom")) == 0)
		at = strstr(at, key);
	else if (!take(&at, ",oom_memcg=", key, cause->oom_group,
		       sizeof(cause->oom_group)))
		return false;
	return at && take_task(at + strlen(key), cause);
}

static bool take_mems(const char **at, struct oom_log_cause *cause)
{
	const char *machine = strstr(*at, ",global_oom");
	const char *group = strstr(*at, ",oom_memcg=");
	const char *next = group && (!machine || group < machine)
				   ? ",oom_memcg="
				   : ",global_oom";

	return take(at, ",mems_allowed=", next, cause->mems_allowed,
		    sizeof(cause->mems_allowed));
}

int oom_log_cause_parse(const char *line, struct oom_log_cause *cause)
{
	const char *at = strstr(line, "oom-kill:constraint=");

	memset(cause, 0, sizeof(*cause));
	if (!at)
		return -ENOENT;
	if (!take(&at, "oom-kill:constraint=", ",nodemask=", cause->constraint,
		  sizeof(cause->constraint)) ||
	    !take(&at, ",nodemask=", ",cpuset=", cause->nodemask,
		  sizeof(cause->nodemask)) ||
	    !take(&at, ",cpuset=", ",mems_allowed=", cause->cpuset,
		  sizeof(cause->cpuset)) ||
	    !take_mems(&at, cause) || !take_groups(at, cause))
		return -EBADMSG;
	return 0;
}
