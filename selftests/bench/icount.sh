#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# icount.sh [POINT]...: instructions for a packet on Debian's stock kernel, of
# the module and the tool as they are built. point.py says what a POINT is;
# without one: bare bridge, conntrack alone, br_sg with one port.
set -u
cd "$(dirname "$0")/../.." || exit 1
[ $# != 0 ] || set -- bare conntrack br_sg
selftests/vm/run.sh -i -m 2048 -t "${BENCH_TIMEOUT:-600}" \
	python3 -u selftests/bench/point.py "$@"
