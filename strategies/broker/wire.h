/* SPDX-License-Identifier: MIT */
/*
 * What caller and helper say to each other over SOCK_SEQPACKET.
 *
 * A request is one packet: the header, the CPU mask, then NUL-terminated
 * strings (path, search path if any, argv, envp), with the descriptors that
 * become 0, 1 and 2 in SCM_RIGHTS. A reply is one struct wire_reply.
 */
#ifndef STRATEGIES_BROKER_WIRE_H
#define STRATEGIES_BROKER_WIRE_H

#include <stddef.h>
#include <stdint.h>

#include "lib/child.h"

/* The kernel's default limit for one packet is a little more (net.core.
 * wmem_max, 208 KiB with overhead; unix(7)). */
#define WIRE_BYTES (192 * 1024)

struct wire_request {
	uint32_t slot;
	uint32_t argc;
	uint32_t envc;
	uint32_t cpu_mask_bytes; /* 0: inherit */
	uint8_t search;		 /* a search path follows the path */
	uint8_t passed[3];	 /* whether descriptor 0, 1, 2 is passed */
	uint32_t reserved;	 /* keeps the CPU mask aligned */
	sw_sigset mask;
};

struct wire_reply {
	uint32_t slot;
	int32_t pid;   /* 0: no child was created */
	int32_t error; /* 0 or a negative errno */
	uint32_t stage;
	int32_t action;
};

/* Write the packet's bytes (header->slot, passed: the caller's business) into
 * buffer of WIRE_BYTES. Returns their number, or -E2BIG. */
long wire_pack(char *buffer, const struct sw_image *image, uint32_t slot,
	       const uint8_t passed[3]);

/* Resolve a packet of length bytes into request and image, which borrow from
 * it; pointers holds room for pointer_count strings. 0, -EBADMSG or -E2BIG. */
int wire_unpack(char *packet, size_t length, char **pointers,
		size_t pointer_count, struct sw_request *request,
		struct sw_image *image);

/* The helper's life: serves requests from socket until it ends or the caller
 * (caller_pidfd) dies. Calls nothing that takes a lock or allocates. */
_Noreturn void helper_run(int socket, int caller_pidfd);

#endif
