/* SPDX-License-Identifier: MIT */
/* The caller's side of a request: packed, and sent with its descriptors. */
#ifndef BROKER_REQUEST_H
#define BROKER_REQUEST_H

#include <stdint.h>

#include "lib/spawnwise.h"

/* Send the request for a slot through socket. packet is WIRE_BYTES of scratch
 * memory. 0, -E2BIG when it does not fit a packet, or another -errno of
 * sendmsg(2); -EPIPE: the helper is gone. */
int request_send(int socket, char *packet, const struct sw_request *request,
		 uint32_t slot);

#endif
