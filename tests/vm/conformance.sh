# SPDX-License-Identifier: MIT
# memory: 512 swap: 0 seconds: 1500
#
# The list that every strategy passes, on another kernel than the host's, where
# cgroup v2 can be written.
export CMOCKA_MESSAGE_OUTPUT=TAP CONFORMANCE_SLOW=20
subtests conformance
