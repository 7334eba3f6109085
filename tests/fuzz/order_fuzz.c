/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a request in shared memory: the broker's helper refuses it, or
 * its child finds all that it reads itself inside that memory.
 *
 * For libFuzzer: make fuzz. The first bytes are the order, whose pointers
 * count from the start of the memory, the others the memory.
 */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "strategies/broker/order.h"

#define MEMORY_BYTES 512

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

/* Some way before the memory, in it, or behind; a multiple of its alignment
 * as a rule. NULL stays. */
#define MOVE(pointer)                                                          \
	((pointer) = (uintptr_t)(pointer)                                      \
			     ? (void *)(start - 64 +                           \
					(uintptr_t)(pointer) %                 \
						(MEMORY_BYTES + 128))          \
			     : NULL)

static void move_pointers(struct sw_order *order, char *start)
{
	struct sw_request *request = &order->request;

	MOVE(request->path);
	MOVE(order->image.search_path);
	MOVE(request->sigdefault);
	MOVE(request->actions);
	MOVE(request->rlimits);
	MOVE(request->ids);
}

static size_t sum(const void *from, size_t bytes)
{
	const unsigned char *byte = from;
	size_t result = 0;

	for (size_t i = 0; i < bytes; i++)
		result += byte[i];
	return result;
}

/* Read what the child half reads, and no more. */
static size_t follow(const struct sw_order *order)
{
	const struct sw_request *request = &order->request;
	const unsigned fields = request->fields;
	size_t result = strlen(request->path);

	if (order->image.search_path)
		result += strlen(order->image.search_path);
	if (fields & SW_SIGDEFAULT)
		result += sum(request->sigdefault, sizeof(sigset_t));
	if (fields & SW_FDACTIONS)
		result += sum(request->actions,
			      request->action_count * sizeof(struct sw_action));
	if (fields & SW_RLIMITS)
		result += sum(request->rlimits,
			      request->rlimit_count * sizeof(struct sw_rlimit));
	if (fields & SW_IDS)
		result += sum(request->ids, sizeof(struct sw_ids));
	return result + sum(order->cpus, order->cpu_bytes);
}

/* What a caller writes, its helper accepts; where it does not fit, it says
 * how much it takes. */
static void write_and_check(const char *text)
{
	char *const texts[] = { (char *)text, NULL };
	const struct sw_action action = { .kind = SW_CHDIR, .path = text };
	const struct sw_request request = {
		.path = text,
		.argv = texts,
		.envp = texts,
		.fields = SW_CWD | SW_FDACTIONS,
		.cwd = text,
		.actions = &action,
		.action_count = 1,
	};
	struct sw_order order;
	const size_t wanted = sw_order_write(&order, NULL, 0, &request);
	char *block = calloc(1, wanted + 1);

	if (!block)
		return;
	if (sw_order_write(&order, block, wanted, &request) != wanted ||
	    sw_order_check(&order, block, block + wanted) ||
	    strcmp(order.request.path, text))
		abort();
	free(block);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	struct sw_order order;
	size_t rest;
	char *memory;

	if (bytes < sizeof order)
		return 0;
	rest = bytes - sizeof order;
	if (rest > MEMORY_BYTES)
		rest = MEMORY_BYTES;
	memory = calloc(1, MEMORY_BYTES + 1); /* a zero byte follows */
	if (!memory)
		return 0;
	memcpy(&order, data, sizeof order);
	memcpy(memory, data + sizeof order, rest);
	write_and_check(memory);
	move_pointers(&order, memory);
	/* Else nearly every order falls at the first question. */
	order.request.fields &= (1u << SW_FIELD_COUNT) - 1;
	if (!sw_order_check(&order, memory, memory + MEMORY_BYTES) &&
	    follow(&order) == SIZE_MAX)
		abort();
	free(memory);
	return 0;
}
