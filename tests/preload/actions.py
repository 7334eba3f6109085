# SPDX-License-Identifier: MIT
"""os.posix_spawn with all that it knows, subprocess, os.system and os.popen.

Prints the same under every strategy as without one. SKIP names what the
strategy does not honour."""
import os
import signal
import subprocess
import sys

SHELL = "/bin/sh"


def run(what, script, **how):
    """Prints how the child ended, or the error."""
    sys.stdout.flush()
    try:
        pid = os.posix_spawn(SHELL, ["sh", "-c", script], os.environ, **how)
        print(what, os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
    except OSError as error:
        print(what, error.errno, error.filename)


def wanted(field):
    return field not in os.environ.get("SKIP", "").split()


actions = [
    (os.POSIX_SPAWN_OPEN, 5, "made", os.O_WRONLY | os.O_CREAT, 0o600),
    (os.POSIX_SPAWN_DUP2, 5, 6),
    (os.POSIX_SPAWN_CLOSE, 5),
]
run("actions", "echo made >&6 && ! { true >&5; } 2>/dev/null",
    file_actions=actions)
print(open("made", encoding="ascii").read())
run("bad action", "exit 1", file_actions=[(os.POSIX_SPAWN_DUP2, 50, 51)])
run("group", 'test "$(ps -o pgid= -p $$)" -eq $$', setpgroup=0)
run("mask", "kill -TERM $$; exit 3", setsigmask=[signal.SIGTERM])
signal.signal(signal.SIGTERM, signal.SIG_IGN)
run("ignored", "kill -TERM $$; exit 3")
run("default", "kill -TERM $$; exit 3", setsigdef=[signal.SIGTERM])
signal.signal(signal.SIGTERM, signal.SIG_DFL)
run("ids", "exit 7", resetids=True)
if wanted("session"):
    run("session", 'test "$(ps -o sid= -p $$)" -eq $$', setsid=True)
if wanted("sched"):
    run("scheduler", "exit 8",
        scheduler=(os.SCHED_OTHER, os.sched_param(0)))
for close_fds in True, False:
    print(subprocess.run(["cat"], input=b"through cat", capture_output=True,
                         close_fds=close_fds, check=True).stdout)
try:
    subprocess.run(["./absent"], close_fds=False, check=True)
except OSError as error:
    print(error)
print(os.system("exit 9"), os.popen("echo popen").read())
