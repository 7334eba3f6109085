// SPDX-License-Identifier: MIT
// C++: run a command and read what it prints. Build it with
//
//     c++ minimal.cc $(pkg-config --cflags --libs spawnwise) -o minimal

#include <spawnwise.h>

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <iostream>
#include <memory>
#include <string>
#include <sys/wait.h>
#include <unistd.h>

static int complain(const char *what, int error)
{
	std::cerr << "minimal: cannot " << what << ": " << std::strerror(error)
		  << '\n';
	return 1;
}

static std::string read_all(int fd)
{
	std::string text;
	char part[4096];
	ssize_t length;

	while ((length = read(fd, part, sizeof part)) > 0)
		text.append(part, static_cast<size_t>(length));
	return text;
}

int main()
{
	sw_handle *opened;
	int error = sw_open(sw_find("clone_vm"), &opened);
	if (error)
		return complain("open clone_vm", -error);
	std::unique_ptr<sw_handle, void (*)(sw_handle *)> handle(opened,
								 sw_close);
	int ends[2];
	if (pipe2(ends, O_CLOEXEC))
		return complain("make a pipe", errno);

	std::string name = "uname", option = "-s";
	char *argv[] = { &name[0], &option[0], nullptr };
	sw_request request = {};
	request.path = argv[0];
	request.search = true;
	request.argv = argv;
	request.stdout_fd = ends[1];

	sw_child child;
	error = sw_spawn(handle.get(), &request, &child);
	if (!error)
		error = sw_confirm(handle.get(), &child, -1);
	close(ends[1]); // not before it was confirmed: it is lent until then
	if (error)
		return complain("run uname", -error);

	std::cout << "it says: " << read_all(ends[0]);
	close(ends[0]);
	int status;
	error = sw_reap(handle.get(), &child, &status);
	if (error)
		return complain("wait for uname", -error);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
