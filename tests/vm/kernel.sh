# SPDX-License-Identifier: MIT
# memory: 512 swap: 128 seconds: 600
#
# The command on another kernel: every strategy works there and is what its
# name says.

works_here() {
  check 0 spawnwise list --csv && tail -n +2 out >rows && [ -s rows ] &&
    same "" "$(grep -v '^[a-z_]*,yes,' rows)"
}

# The last two columns: what was seen, and what that contradicts.
is_attested() { same "" "$(grep -v '[^,],$' rows)"; }

doctor_agrees() {
  local all
  all=$(wc -l <rows)
  check 0 spawnwise doctor && says out "$all of $all work here" &&
    says out "--overcommit 0, 1, 2 and all are possible"
}

executes() {
  local name rest
  while IFS=, read -r name rest; do
    check 0 spawnwise exec --strategy "$name" --heap 16M --count 2 -- true ||
      return 1
  done <rows
}

has_swap() {
  [ "$(sed -n 's/^SwapTotal: *\([0-9]*\) kB/\1/p' /proc/meminfo)" -gt 100000 ]
}

has_memory_groups() {
  mkdir "$cgroups/one" && echo 16M >"$cgroups/one/memory.max" &&
    echo 0 >"$cgroups/one/memory.swap.max" && rmdir "$cgroups/one"
}

ok "the kernel is the package's" says /proc/version -cloud-
ok "there is swap" has_swap
ok "there are memory groups of version 2" has_memory_groups
ok "every strategy works" works_here
ok "every strategy is what its name says" is_attested
ok "doctor agrees" doctor_agrees
ok "exec spawns by each of them" executes
