/* SPDX-License-Identifier: MIT */
/*
 * The broker's helper: a small process that creates children for its parent.
 *
 * It is a copy of the caller made before the heap grew, with all signals
 * blocked. CLONE_PARENT makes its children the caller's own. Because it was
 * born with exit_signal 0 so are they, until exec makes it SIGCHLD.
 */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/clone.h"
#include "lib/raw.h"
#include "strategies/broker/wire.h"

#define STACK_BYTES (32 * 1024)
#define POINTER_COUNT (WIRE_BYTES / 2)
#define SOCKET_FD 3
#define CALLER_FD 4
#define FREE_FD 5

/* Private to the helper: written after its birth only, so the caller pays
 * for none of these pages. */
static struct {
	_Alignas(16) char stack[STACK_BYTES];
	_Alignas(16) char packet[WIRE_BYTES];
	char *pointers[POINTER_COUNT];
} room;

struct birth {
	const struct sw_image *image;
	uint8_t passed[3];
	struct sw_failure failure;
};

SW_CHILD_HALF static void run_child(void *data)
{
	struct birth *birth = data;

	/* A descriptor that the caller has closed stays closed. */
	for (int fd = 0; fd < 3; fd++)
		if (!birth->passed[fd])
			raw1(SYS_close, fd);
	sw_child_run(birth->image, &birth->failure);
	sw_child_exit(127);
}

static void create(const struct sw_image *image, const uint8_t passed[3],
		   struct wire_reply *reply)
{
	struct birth birth = { .image = image };
	struct clone_args args = {
		.flags = CLONE_VM | CLONE_VFORK | CLONE_PARENT,
		.stack = (uintptr_t)room.stack,
		.stack_size = STACK_BYTES,
	};
	long pid;

	memcpy(birth.passed, passed, sizeof birth.passed);
	pid = sw_clone(&args, run_child, &birth);
	reply->pid = pid < 0 ? 0 : (int32_t)pid;
	reply->error = pid < 0 ? (int32_t)pid : birth.failure.error;
	reply->stage = birth.failure.stage;
	reply->action = birth.failure.action;
}

/* Receive one packet and its descriptors; *fd_count of them are now ours.
 * Returns its length, 0 at the end, or a negative errno. */
static ssize_t receive(int *fds, size_t *fd_count)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(3 * sizeof(int))];
	} control;
	struct iovec part = { room.packet, sizeof room.packet };
	struct msghdr message = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof control,
	};
	ssize_t length = recvmsg(SOCKET_FD, &message, MSG_CMSG_CLOEXEC);
	struct cmsghdr *header;

	*fd_count = 0;
	if (length <= 0)
		return length < 0 ? -errno : 0;
	header = CMSG_FIRSTHDR(&message);
	if (header && header->cmsg_type == SCM_RIGHTS) {
		*fd_count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		memcpy(fds, CMSG_DATA(header), *fd_count * sizeof(int));
	}
	return length;
}

static int answer(size_t length, const int *fds, size_t fd_count,
		  struct wire_reply *reply)
{
	const struct wire_request *header = (void *)room.packet;
	struct sw_request request;
	struct sw_image image;
	int *const stdio[] = { &request.stdin_fd, &request.stdout_fd,
			       &request.stderr_fd };
	size_t used = 0;
	int error;

	if (length < sizeof *header)
		return -EBADMSG;
	reply->slot = header->slot;
	error = wire_unpack(room.packet, length, room.pointers, POINTER_COUNT,
			    &request, &image);
	if (error)
		return error;
	/* A receiver short of descriptors gets fewer and no error (unix(7),
	 * MSG_CTRUNC): count them. */
	for (int fd = 0; fd < 3; fd++) {
		if (!header->passed[fd])
			continue;
		if (used == fd_count)
			return -EMFILE;
		*stdio[fd] = fds[used++];
	}
	create(&image, header->passed, reply);
	return reply->error;
}

/* Keep the socket and the caller's pidfd, drop every other descriptor: a pipe
 * held open here would never end for its reader. 0 to 2 are the socket too,
 * so that passed descriptors always come in above them. */
static void keep_own_descriptors(int socket, int caller_pidfd)
{
	int high_socket = fcntl(socket, F_DUPFD_CLOEXEC, FREE_FD);
	int high_pidfd = fcntl(caller_pidfd, F_DUPFD_CLOEXEC, FREE_FD);

	dup3(high_socket, SOCKET_FD, O_CLOEXEC);
	dup3(high_pidfd, CALLER_FD, O_CLOEXEC);
	for (int fd = 0; fd < 3; fd++)
		dup2(SOCKET_FD, fd);
	raw3(SYS_close_range, FREE_FD, ~0u, 0);
}

_Noreturn void helper_run(int socket, int caller_pidfd)
{
	struct pollfd events[] = {
		{ .fd = SOCKET_FD, .events = POLLIN },
		{ .fd = CALLER_FD, .events = POLLIN },
	};

	keep_own_descriptors(socket, caller_pidfd);
	prctl(PR_SET_NAME, "spawnwise-brokr");
	for (;;) {
		struct wire_reply reply = { 0 };
		int fds[3];
		size_t fd_count;
		ssize_t length;

		if (poll(events, 2, -1) < 0)
			continue;
		if (events[1].revents)
			break;
		length = receive(fds, &fd_count);
		if (length <= 0)
			break;
		reply.error = answer((size_t)length, fds, fd_count, &reply);
		while (fd_count)
			close(fds[--fd_count]);
		if (send(SOCKET_FD, &reply, sizeof reply, MSG_NOSIGNAL) < 0)
			break;
	}
	sw_child_exit(0);
}
