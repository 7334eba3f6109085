/* SPDX-License-Identifier: MIT */
/* Packing and unpacking of requests; see wire.h. */

#include "strategies/broker/wire.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

struct cursor {
	char *at;
	char *end;
};

static bool put_bytes(struct cursor *cursor, const void *bytes, size_t length)
{
	if ((size_t)(cursor->end - cursor->at) < length)
		return false;
	memcpy(cursor->at, bytes, length);
	cursor->at += length;
	return true;
}

static bool put_string(struct cursor *cursor, const char *text)
{
	return put_bytes(cursor, text, strlen(text) + 1);
}

static bool put_list(struct cursor *cursor, char *const *list, uint32_t *count)
{
	for (*count = 0; list[*count]; ++*count)
		if (!put_string(cursor, list[*count]))
			return false;
	return true;
}

long wire_pack(char *buffer, const struct sw_image *image, uint32_t slot,
	       const uint8_t passed[3])
{
	const struct sw_request *request = image->request;
	struct wire_request *header = (struct wire_request *)buffer;
	struct cursor cursor = { buffer + sizeof *header, buffer + WIRE_BYTES };

	*header = (struct wire_request){
		.slot = slot,
		.search = image->search_path != NULL,
		.mask = image->mask,
	};
	memcpy(header->passed, passed, sizeof header->passed);
	if (request->fields & SW_AFFINITY) {
		header->cpu_mask_bytes = (uint32_t)request->cpu_mask_bytes;
		if (!put_bytes(&cursor, request->cpu_mask,
			       request->cpu_mask_bytes))
			return -E2BIG;
	}
	if (!put_string(&cursor, request->path) ||
	    (image->search_path && !put_string(&cursor, image->search_path)) ||
	    !put_list(&cursor, request->argv, &header->argc) ||
	    !put_list(&cursor, image->envp, &header->envc))
		return -E2BIG;
	return cursor.at - buffer;
}

/* The next string of the packet, or NULL when it is not terminated. */
static char *take_string(struct cursor *cursor)
{
	char *text = cursor->at;
	char *nul = memchr(text, '\0', (size_t)(cursor->end - text));

	if (nul)
		cursor->at = nul + 1;
	return nul ? text : NULL;
}

static bool take_list(struct cursor *cursor, uint32_t count, char **list)
{
	for (uint32_t i = 0; i < count; i++) {
		list[i] = take_string(cursor);
		if (!list[i])
			return false;
	}
	list[count] = NULL;
	return true;
}

int wire_unpack(char *packet, size_t length, char **pointers,
		size_t pointer_count, struct sw_request *request,
		struct sw_image *image)
{
	const struct wire_request *header = (void *)packet;
	struct cursor cursor = { packet + sizeof *header, packet + length };

	if (length < sizeof *header ||
	    header->cpu_mask_bytes > length - sizeof *header)
		return -EBADMSG;
	if ((uint64_t)header->argc + header->envc + 2 > pointer_count)
		return -E2BIG;
	*request = (struct sw_request){ .argv = pointers };
	*image = (struct sw_image){
		.request = request,
		.envp = pointers + header->argc + 1,
		.mask = header->mask,
		.handlers_cleared = true,
	};
	if (header->cpu_mask_bytes) {
		request->fields = SW_AFFINITY;
		request->cpu_mask = (unsigned long *)cursor.at;
		request->cpu_mask_bytes = header->cpu_mask_bytes;
		cursor.at += header->cpu_mask_bytes;
	}
	request->path = take_string(&cursor);
	if (request->path && header->search)
		image->search_path = take_string(&cursor);
	if (!request->path || (header->search && !image->search_path) ||
	    !take_list(&cursor, header->argc, pointers) ||
	    !take_list(&cursor, header->envc, pointers + header->argc + 1))
		return -EBADMSG;
	return 0;
}
