/* SPDX-License-Identifier: MIT */
/* A request as it lies in shared memory; see order.h. */

#include "strategies/broker/order.h"

#include <errno.h>
#include <stdalign.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "lib/caller.h"
#include "lib/raw.h"

#define ALIGNMENT 8
#define RESET_ON_FORK 1 /* SCHED_FLAG_RESET_ON_FORK */
#define FIRST_SCHED_ATTR_BYTES 48

/* Counts on when it is full, as snprintf(3) does. */
struct packer {
	char *start;
	size_t room;
	size_t used;
};

/* Room for bytes, or NULL. */
static void *take(struct packer *packer, size_t bytes)
{
	const size_t at = packer->used;

	packer->used += (bytes + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
	return packer->used <= packer->room ? packer->start + at : NULL;
}

static void *put(struct packer *packer, const void *from, size_t bytes)
{
	void *to = take(packer, bytes);

	return to && bytes ? memcpy(to, from, bytes) : to;
}

static char *put_text(struct packer *packer, const char *text)
{
	return text ? put(packer, text, strlen(text) + 1) : NULL;
}

static char *const *put_texts(struct packer *packer, char *const *texts)
{
	size_t count = 0;
	char **copy;

	while (texts[count])
		count++;
	copy = take(packer, (count + 1) * sizeof *copy);
	for (size_t i = 0; i < count; i++) {
		char *text = put_text(packer, texts[i]);

		if (copy)
			copy[i] = text;
	}
	if (copy)
		copy[count] = NULL;
	return copy;
}

static const struct sw_action *put_actions(struct packer *packer,
					   const struct sw_request *request)
{
	struct sw_action *copy =
		put(packer, request->actions,
		    request->action_count * sizeof *request->actions);

	for (size_t i = 0; i < request->action_count; i++) {
		const char *path = request->actions[i].path;
		const enum sw_action_kind kind = request->actions[i].kind;

		if (kind != SW_OPEN && kind != SW_CHDIR)
			continue;
		path = put_text(packer, path);
		if (copy)
			copy[i].path = path;
	}
	return copy;
}

static const struct sw_ids *put_ids(struct packer *packer,
				    const struct sw_ids *ids)
{
	struct sw_ids *copy = put(packer, ids, sizeof *ids);
	const gid_t *groups = put(packer, ids->groups,
				  ids->group_count * sizeof *ids->groups);

	if (copy)
		copy->groups = groups;
	return copy;
}

/* Replace every pointer of a field that is asked for by one to a copy. */
static void put_fields(struct packer *packer, struct sw_request *request)
{
	const unsigned fields = request->fields;

	request->sigmask = NULL;
	if (fields & SW_SIGDEFAULT)
		request->sigdefault = put(packer, request->sigdefault,
					  sizeof *request->sigdefault);
	if (fields & SW_AFFINITY)
		request->cpu_mask =
			put(packer, request->cpu_mask, request->cpu_mask_bytes);
	if (fields & SW_CWD)
		request->cwd = put_text(packer, request->cwd);
	if (fields & SW_FDACTIONS)
		request->actions = put_actions(packer, request);
	if (fields & SW_RLIMITS)
		request->rlimits =
			put(packer, request->rlimits,
			    request->rlimit_count * sizeof *request->rlimits);
	if (fields & SW_IDS)
		request->ids = put_ids(packer, request->ids);
}

/* getpriority(2), "C library/kernel differences". */
SW_CHILD_HALF static int own_nice(void)
{
	return 20 - (int)raw2(SYS_getpriority, PRIO_PROCESS, 0);
}

/* The flag SCHED_RESET_ON_FORK, sched(7). Beside a real-time policy the kernel
 * does not tell the nice value. */
SW_CHILD_HALF void sw_sched_take(struct sw_sched *sched, int *nice)
{
	*sched = (struct sw_sched){ 0 };
	raw4(SYS_sched_getattr, 0, sched, FIRST_SCHED_ATTR_BYTES, 0);
	*nice = sw_sched_has_nice(sched) ? sched->nice : own_nice();
	if (sched->flags & RESET_ON_FORK) {
		if (sched->priority || sched->deadline) {
			*sched = (struct sw_sched){ .size = sched->size };
			*nice = 0;
		}
		if (*nice < 0)
			*nice = sched->nice = 0;
	}
	sched->flags = 0;
	if (!sched->deadline)
		sched->runtime = 0;
}

size_t sw_order_write(struct sw_order *order, char *block, size_t room,
		      const struct sw_request *request)
{
	struct packer packer = { .start = block, .room = room };
	struct sw_image *image = &order->image;
	long cpu_bytes;

	order->request = *request;
	sw_image_init(image, request, sw_signals_now());
	image->handlers_cleared = false;
	sw_sched_take(&order->sched, &order->nice);
	sw_place_take(&order->place);
	order->thread = (pid_t)raw0(SYS_gettid);
	order->umask = -1;
	order->dumpable = (int)raw1(SYS_prctl, PR_GET_DUMPABLE);
	order->group = (pid_t)raw1(SYS_getpgid, 0);
	cpu_bytes =
		raw3(SYS_sched_getaffinity, 0, sizeof order->cpus, order->cpus);
	order->cpu_bytes = cpu_bytes > 0 ? (uint32_t)cpu_bytes : 0;
	put_fields(&packer, &order->request);
	order->request.path = put_text(&packer, request->path);
	order->request.argv = put_texts(&packer, request->argv);
	order->request.envp = NULL;
	image->search_path = put_text(&packer, image->search_path);
	image->envp = put_texts(&packer, image->envp);
	return packer.used;
}

/* Whether count things of size bytes lie where they may. */
static bool lies(const void *at, size_t count, size_t size, size_t alignment,
		 const char *start, const char *end)
{
	const uintptr_t first = (uintptr_t)at;

	return first >= (uintptr_t)start && first <= (uintptr_t)end &&
	       first % alignment == 0 &&
	       count <= ((uintptr_t)end - first) / size;
}

#define LIES(at, count)                                                        \
	lies((at), (count), sizeof *(at), alignof(__typeof__(*(at))), start,   \
	     end)

int sw_order_check(const struct sw_order *order, const char *start,
		   const char *end)
{
	const struct sw_request *request = &order->request;
	const unsigned fields = request->fields;

	if (fields >> SW_FIELD_COUNT || !LIES(request->path, 1) ||
	    (order->image.search_path && !LIES(order->image.search_path, 1)) ||
	    ((fields & SW_SIGDEFAULT) && !LIES(request->sigdefault, 1)) ||
	    ((fields & SW_FDACTIONS) &&
	     !LIES(request->actions, request->action_count)) ||
	    ((fields & SW_RLIMITS) &&
	     !LIES(request->rlimits, request->rlimit_count)) ||
	    ((fields & SW_IDS) && !LIES(request->ids, 1)))
		return -EBADMSG;
	return order->cpu_bytes <= sizeof order->cpus ? 0 : -EBADMSG;
}
