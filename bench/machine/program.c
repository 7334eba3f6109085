/* SPDX-License-Identifier: MIT */
/* Programs; see program.h. */

#include "bench/machine/program.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "bench/machine/text.h"

#define HEAD_BYTES 256	   /* BINPRM_BUF_SIZE of the kernel */
#define SCRIPT_DEPTH_MAX 5 /* interpreters of interpreters, execve(2) */
#define LOADER_LENGTH 256  /* of the path in PT_INTERP */
#define DEFAULT_PATH "/bin:/usr/bin"

/* What of an ELF file decides. */
struct elf {
	unsigned char class;
	uint16_t machine;
	char loader[LOADER_LENGTH]; /* empty: statically linked */
};

static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static bool is_program(const char *path)
{
	struct stat status;

	return !stat(path, &status) && S_ISREG(status.st_mode) &&
	       !access(path, X_OK);
}

static void find(const char *name, char path[PATH_MAX])
{
	const char *folder = getenv("PATH");

	if (!folder)
		folder = DEFAULT_PATH;
	while (!strchr(name, '/')) {
		const int length = (int)strcspn(folder, ":");

		/* An empty entry is the working folder. */
		if (snprintf(path, PATH_MAX, "%.*s/%s", length ? length : 1,
			     length ? folder : ".", name) < PATH_MAX &&
		    is_program(path))
			return;
		if (!folder[length])
			break;
		folder += length + 1;
	}
	snprintf(path, PATH_MAX, "%s", name);
}

bool program_exists(const char *name)
{
	char path[PATH_MAX];

	find(name, path);
	return is_program(path);
}

/* Read the header and PT_INTERP of a 64-bit file; of others the class is
 * enough. *elf is zeroed before. 0 or a negative errno. */
static int elf_read(int fd, struct elf *elf)
{
	Elf64_Ehdr header;
	Elf64_Phdr part;

	if (pread(fd, &header, sizeof header, 0) != sizeof header)
		return -ENOEXEC;
	elf->class = header.e_ident[EI_CLASS];
	elf->machine = header.e_machine;
	if (elf->class != ELFCLASS64)
		return 0;
	for (int i = 0; i < header.e_phnum; i++) {
		const off_t where =
			(off_t)header.e_phoff + (off_t)i * header.e_phentsize;

		if (pread(fd, &part, sizeof part, where) != sizeof part)
			return -ENOEXEC;
		if (part.p_type == PT_INTERP &&
		    pread(fd, elf->loader, sizeof elf->loader - 1,
			  (off_t)part.p_offset) < 0)
			return -errno;
	}
	return 0;
}

/* Where the executable of this process lies. Without /proc the path by which
 * it was executed must do, getauxval(3). */
static int find_own(char file[PATH_MAX])
{
	const ssize_t length = readlink("/proc/self/exe", file, PATH_MAX - 1);
	const unsigned long name = getauxval(AT_EXECFN);

	if (length > 0) {
		file[length] = '\0';
		return 0;
	}
	// NOLINTNEXTLINE(performance-no-int-to-ptr)
	return name && realpath((const char *)name, file) ? 0 : -ENOENT;
}

/* Ourselves: the library was built like this command. */
static int elf_read_own(struct elf *elf)
{
	char path[PATH_MAX];
	/* Also where its name is gone, or is another file's by now. */
	OWNED_FD fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

	if (fd < 0 && !find_own(path))
		fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -errno : elf_read(fd, elf);
}

/* The loader of a program that runs with more rights than its caller leaves
 * LD_PRELOAD alone (AT_SECURE, getauxval(3)). */
static bool gains_rights(int fd)
{
	struct stat status;

	return (!fstat(fd, &status) && status.st_mode & (S_ISUID | S_ISGID)) ||
	       fgetxattr(fd, "security.capability", NULL, 0) > 0;
}

static const char *judge_elf(int fd)
{
	struct elf elf = { 0 }, own = { 0 };

	if (elf_read(fd, &elf) || elf_read_own(&own))
		return NULL;
	if (elf.class == ELFCLASS32)
		return "it is a 32-bit program, which cannot load a 64-bit "
		       "library";
	if (elf.class != own.class || elf.machine != own.machine)
		return "it was built for another processor";
	if (!*elf.loader)
		return "it is statically linked: no dynamic loader would load "
		       "our library";
	if (strcmp(last_part(elf.loader), last_part(own.loader)) != 0)
		return "it uses another C library than spawnwise";
	if (gains_rights(fd))
		return "it is set-user-ID, set-group-ID or has capabilities: "
		       "the dynamic loader ignores LD_PRELOAD there";
	return NULL;
}

/* The word that env(1) runs: `env NAME` or `env -S NAME ARGUMENTS`. NULL for
 * what is too clever. */
static char *env_program(char *argument)
{
	if (!strncmp(argument, "-S", 2))
		argument += 2;
	argument += strspn(argument, " \t");
	argument[strcspn(argument, " \t")] = '\0';
	return *argument && *argument != '-' && !strchr(argument, '=')
		       ? argument
		       : NULL;
}

static void inspect(struct program *program, const char *name, int depth);

/* line is what follows "#!": an interpreter and one argument. */
static void follow(struct program *program, char *line, int depth)
{
	char *argument, *next;

	line[strcspn(line, "\n")] = '\0';
	line += strspn(line, " \t");
	argument = line + strcspn(line, " \t");
	if (*argument)
		*argument++ = '\0';
	inspect(program, line, depth + 1);
	if (program->refusal || strcmp(last_part(line), "env") != 0)
		return;
	next = env_program(argument);
	program->env_count++;
	if (next)
		inspect(program, next, depth + 1);
}

/* A text without "#!" is run by /bin/sh: execvp(3). */
static void inspect(struct program *program, const char *name, int depth)
{
	char head[HEAD_BYTES + 1] = "";

	find(name, program->culprit);
	OWNED_FD fd = open(program->culprit, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return;
	if (read(fd, head, HEAD_BYTES) > 0 && depth < SCRIPT_DEPTH_MAX) {
		if (!strncmp(head, ELFMAG, SELFMAG))
			program->refusal = judge_elf(fd);
		else if (!strncmp(head, "#!", 2))
			follow(program, head + 2, depth);
	}
}

void program_inspect(struct program *program, const char *name)
{
	*program = (struct program){ 0 };
	find(name, program->path);
	inspect(program, name, 0);
}

int installed_path(char path[PATH_MAX], const char *const *places)
{
	char folder[PATH_MAX];
	int error = ENOENT;

	if (find_own(folder))
		return -ENOENT;
	*strrchr(folder, '/') = '\0';
	for (; *places && error == ENOENT; places++)
		if (snprintf(path, PATH_MAX, "%s/%s", folder, *places) <
		    PATH_MAX)
			error = access(path, F_OK) ? errno : 0;
	return -error;
}

int installed_program(char path[PATH_MAX], const char *name)
{
	char installed[64];
	const char *const places[] = { name, installed, NULL };

	snprintf(installed, sizeof installed, "../libexec/spawnwise/%s", name);
	return installed_path(path, places);
}

int installed_repository(char path[PATH_MAX])
{
	/* data/ is where runs go; it is not installed. */
	static const char *const places[] = { "../data/README.md",
					      "../../data/README.md", NULL };
	char found[PATH_MAX];

	if (installed_path(found, places) || !realpath(found, path))
		return -ENOENT;
	for (int parts = 2; parts; parts--)
		*strrchr(path, '/') = '\0';
	return 0;
}
