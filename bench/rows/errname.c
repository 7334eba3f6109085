/* SPDX-License-Identifier: MIT */
/*
 * Error numbers and their names, from a table of Linux's own.
 *
 * All of them are here, not only those a spawn is known to give: the point of
 * a measurement is to record what nobody expected.
 */

#include "bench/rows/errname.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Aliases (EWOULDBLOCK, EDEADLOCK, EOPNOTSUPP) go by their other name. */
/* clang-format off */
#define N(name) [name] = #name
static const char *const names[] = {
	N(EPERM), N(ENOENT), N(ESRCH), N(EINTR), N(EIO), N(ENXIO), N(E2BIG),
	N(ENOEXEC), N(EBADF), N(ECHILD), N(EAGAIN), N(ENOMEM), N(EACCES),
	N(EFAULT), N(ENOTBLK), N(EBUSY), N(EEXIST), N(EXDEV), N(ENODEV),
	N(ENOTDIR), N(EISDIR), N(EINVAL), N(ENFILE), N(EMFILE), N(ENOTTY),
	N(ETXTBSY), N(EFBIG), N(ENOSPC), N(ESPIPE), N(EROFS), N(EMLINK),
	N(EPIPE), N(EDOM), N(ERANGE), N(EDEADLK), N(ENAMETOOLONG), N(ENOLCK),
	N(ENOSYS), N(ENOTEMPTY), N(ELOOP), N(ENOMSG), N(EIDRM), N(ECHRNG),
	N(EL2NSYNC), N(EL3HLT), N(EL3RST), N(ELNRNG), N(EUNATCH), N(ENOCSI),
	N(EL2HLT), N(EBADE), N(EBADR), N(EXFULL), N(ENOANO), N(EBADRQC),
	N(EBADSLT), N(EBFONT), N(ENOSTR), N(ENODATA), N(ETIME), N(ENOSR),
	N(ENONET), N(ENOPKG), N(EREMOTE), N(ENOLINK), N(EADV), N(ESRMNT),
	N(ECOMM), N(EPROTO), N(EMULTIHOP), N(EDOTDOT), N(EBADMSG), N(EOVERFLOW),
	N(ENOTUNIQ), N(EBADFD), N(EREMCHG), N(ELIBACC), N(ELIBBAD), N(ELIBSCN),
	N(ELIBMAX), N(ELIBEXEC), N(EILSEQ), N(ERESTART), N(ESTRPIPE), N(EUSERS),
	N(ENOTSOCK), N(EDESTADDRREQ), N(EMSGSIZE), N(EPROTOTYPE),
	N(ENOPROTOOPT), N(EPROTONOSUPPORT), N(ESOCKTNOSUPPORT), N(ENOTSUP),
	N(EPFNOSUPPORT), N(EAFNOSUPPORT), N(EADDRINUSE), N(EADDRNOTAVAIL),
	N(ENETDOWN), N(ENETUNREACH), N(ENETRESET), N(ECONNABORTED),
	N(ECONNRESET), N(ENOBUFS), N(EISCONN), N(ENOTCONN), N(ESHUTDOWN),
	N(ETOOMANYREFS), N(ETIMEDOUT), N(ECONNREFUSED), N(EHOSTDOWN),
	N(EHOSTUNREACH), N(EALREADY), N(EINPROGRESS), N(ESTALE), N(EUCLEAN),
	N(ENOTNAM), N(ENAVAIL), N(EISNAM), N(EREMOTEIO), N(EDQUOT),
	N(ENOMEDIUM), N(EMEDIUMTYPE), N(ECANCELED), N(ENOKEY), N(EKEYEXPIRED),
	N(EKEYREVOKED), N(EKEYREJECTED), N(EOWNERDEAD), N(ENOTRECOVERABLE),
	N(ERFKILL),
};
#undef N
/* clang-format on */

#define NAME_COUNT ((int)(sizeof names / sizeof *names))

const char *errname(int error)
{
	static _Thread_local char decimal[16];

	if (!error)
		return "";
	if (error > 0 && error < NAME_COUNT && names[error])
		return names[error];
	snprintf(decimal, sizeof decimal, "%d", error);
	return decimal;
}

int errname_number(const char *name)
{
	char *end;
	long number;

	if (!*name)
		return 0;
	for (int error = 1; error < NAME_COUNT; error++)
		if (names[error] && !strcmp(names[error], name))
			return error;
	if (*name < '1' || *name > '9')
		return -EINVAL;
	errno = 0;
	number = strtol(name, &end, 10);
	if (*end || errno || number > INT_MAX)
		return -EINVAL;
	return (int)number;
}

const char *outcome_name(int outcome)
{
	if (outcome == OUTCOME_UNKNOWN)
		return "";
	return outcome ? errname(outcome) : "ok";
}

int outcome_number(const char *name, int *outcome)
{
	int error;

	if (!strcmp(name, "ok")) {
		*outcome = 0;
		return 0;
	}
	error = errname_number(name);
	if (error < 0)
		return error;
	*outcome = error ? error : OUTCOME_UNKNOWN;
	return 0;
}
