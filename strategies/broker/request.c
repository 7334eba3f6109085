/* SPDX-License-Identifier: MIT */
/* A request on its way to the helper; see request.h. */

#include "strategies/broker/request.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/socket.h>

#include "lib/child.h"
#include "strategies/broker/wire.h"

/* Which of our descriptors become the child's: dup2 in the order 0, 1, 2. */
static void resolve_stdio(const struct sw_request *request, int fds[3])
{
	fds[0] = request->stdin_fd;
	fds[1] = request->stdout_fd ? request->stdout_fd : 1;
	fds[2] = request->stderr_fd ? request->stderr_fd : 2;
	if (fds[2] == 1)
		fds[2] = fds[1];
}

/* Send length bytes and the descriptors that are marked passed. */
static int send_packet(int socket, char *packet, size_t length,
		       const int fds[3], const uint8_t passed[3])
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(3 * sizeof(int))];
	} control = { 0 };
	struct iovec part = { packet, length };
	struct msghdr message = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = &control,
	};
	int *slots = (int *)CMSG_DATA(&control.header);
	size_t count = 0;
	ssize_t sent;

	for (int fd = 0; fd < 3; fd++)
		if (passed[fd])
			slots[count++] = fds[fd];
	control.header.cmsg_level = SOL_SOCKET;
	control.header.cmsg_type = SCM_RIGHTS;
	control.header.cmsg_len = CMSG_LEN(count * sizeof(int));
	message.msg_controllen = CMSG_SPACE(count * sizeof(int));
	if (!count)
		message.msg_control = NULL;
	do
		sent = sendmsg(socket, &message, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	if (sent >= 0)
		return 0;
	return errno == EMSGSIZE ? -E2BIG : -errno;
}

int request_send(int socket, char *packet, const struct sw_request *request,
		 uint32_t slot)
{
	uint8_t passed[3] = { 1, 1, 1 };
	const bool asked[3] = { request->stdin_fd, request->stdout_fd,
				request->stderr_fd };
	struct sw_image image;
	int fds[3];
	long length;
	int error;

	sw_image_init(&image, request, sw_signals_now());
	resolve_stdio(request, fds);
	length = wire_pack(packet, &image, slot, passed);
	if (length < 0)
		return (int)length;
	error = send_packet(socket, packet, (size_t)length, fds, passed);
	if (error != -EBADF)
		return error;
	/* A descriptor that is merely inherited may be closed. We look only now
	 * that the kernel has complained, for it hardly ever is. */
	for (int fd = 0; fd < 3; fd++)
		passed[fd] = asked[fd] || fcntl(fds[fd], F_GETFD) >= 0;
	length = wire_pack(packet, &image, slot, passed);
	return send_packet(socket, packet, (size_t)length, fds, passed);
}
