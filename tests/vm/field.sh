# SPDX-License-Identifier: MIT
# memory: 1024 swap: 0 seconds: 1500 bats: 1
#
# Tests of the host, on another kernel, where cgroup v2 has all controllers,
# namespaces are free and huge pages can be set aside. A skipped one says what
# is lacking even here.

echo 64 >/proc/sys/vm/nr_hugepages
for name in memory; do
  subtests bats --tap "/tests/field/$name.bats"
done
