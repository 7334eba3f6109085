# SPDX-License-Identifier: MIT
# memory: 1024 swap: 0 seconds: 1500 bats: 1
#
# The host's tests of memory, on another kernel, where cgroup v2 has all
# controllers, namespaces are free and huge pages can be set aside. A skipped one
# says what is lacking even here.

echo 64 >/proc/sys/vm/nr_hugepages
subtests bats --tap /tests/field/memory.bats
