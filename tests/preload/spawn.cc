// SPDX-License-Identifier: MIT
// A C++ program that starts others: posix_spawnp, std::system, popen.

#include <spawn.h>
#include <sys/wait.h>

#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

static int run(std::vector<std::string> words)
{
	std::vector<char *> argv;
	pid_t pid;
	int status;

	for (auto &word : words)
		argv.push_back(word.data());
	argv.push_back(nullptr);
	if (posix_spawnp(&pid, argv[0], nullptr, nullptr, argv.data(), environ))
		throw std::runtime_error("no " + words[0]);
	waitpid(pid, &status, 0);
	return WEXITSTATUS(status);
}

int main()
{
	std::unique_ptr<FILE, int (*)(FILE *)> stream(popen("echo read", "r"),
						      pclose);
	char line[100];

	if (fgets(line, sizeof line, stream.get()))
		std::cout << line;
	std::cout << run({ "sh", "-c", "exit 4" }) << std::endl;
	std::cout << std::system("exit 5") << std::endl;
	try {
		run({ "no-such-program" });
	} catch (const std::runtime_error &error) {
		std::cout << error.what() << std::endl;
	}
}
