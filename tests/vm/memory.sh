# SPDX-License-Identifier: MIT
# memory: 1024 swap: 256 seconds: 600
#
# The room for a heap in control groups of version 2: memory.high, the groups
# around ours, and a group that may swap.

# group NAME FILE VALUE...: made below the root, with these limits.
group() {
  group=$cgroups/$1
  shift
  mkdir -p "$group"
  while [ $# -gt 0 ]; do
    echo "$2" >"$group/$1"
    shift 2
  done
}

# inside COMMAND...: in that group, and not for ever.
inside() {
  # shellcheck disable=SC2016 # the inner shell's
  timeout -s KILL 60 sh -c 'echo 0 >"$1/cgroup.procs"; shift; exec "$@"' sh \
    "$group" "$@"
}

exec_with() { inside spawnwise exec -s clone_vm --heap "$1" -- true; }

# What exceeds memory.high is not killed: it is stalled, perhaps for ever.
high_is_a_limit() {
  group high memory.high 200M
  check 125 exec_with 400M || return 1
  says err "cannot grow the heap to 400M: that is more than a run may take" &&
    says err "that cgroup $group leaves below its memory.high" &&
    check 0 exec_with 64M &&
    check 2 inside spawnwise run --dry-run --heap 400M --out x &&
    check 0 inside spawnwise doctor && says out "memory.high 200 MiB" &&
    check 0 inside spawnwise watch --pid $$ --interval 10ms --duration 55ms
}

group_around_counts() {
  group outer memory.max 150M cgroup.subtree_control +memory
  group outer/inner memory.max 600M
  check 125 exec_with 100M || return 1
  says err "that cgroup $cgroups/outer leaves below its memory.max" &&
    check 0 exec_with 32M
}

# Swap would take what does not fit, out of somebody's memory.
swap_is_no_room() {
  group swaps memory.max 200M memory.swap.max max
  check 125 exec_with 160M && says err "leaves below its memory.max"
}

# Pages of a tmpfs stay charged to the group of who wrote them.
doctor_warns_of_high() {
  group near memory.high 64M
  inside dd if=/dev/zero of=/tmp/charged bs=1M count=60 || return 1
  check 0 inside spawnwise doctor && says out "memory.high of $group leaves" &&
    says out "a stall without end" && rm /tmp/charged
}

watch_tells_high() {
  group high
  # shellcheck disable=SC2016
  sh -c 'echo 0 >"$1/cgroup.procs"; exec sleep 60' sh "$group" &
  local pid=$!
  within 10 grep -q sleep "/proc/$pid/comm" || return 1
  check 0 spawnwise watch --pid $pid --interval 10ms --duration 55ms &&
    says out "by $group, memory.high"
}

ok "memory.high bounds a heap" high_is_a_limit
ok "the limit of a group around ours bounds a heap" group_around_counts
ok "swap is no room" swap_is_no_room
ok "watch tells of memory.high" watch_tells_high
ok "doctor warns of a memory.high nearly reached" doctor_warns_of_high
