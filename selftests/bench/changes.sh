#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# changes.sh [PART]...: what a change takes beside how much there is, on Debian's
# stock kernel, of the module and the tool as they are built, with what each kind of
# message takes; then those targets that it has measured. changes.py says what a PART
# is; without one: those that take a minute or two.
set -u
cd "$(dirname "$0")/../.." || exit 1
out=build/bench
[ $# != 0 ] || set -- 1000 10000 replace sets
. selftests/bench/helpers.sh
bench_helpers $out || exit 1
selftests/vm/run.sh -i -m 6144 -t "${BENCH_TIMEOUT:-1200}" \
	python3 -u selftests/bench/changes.py --calls "$@" | tee $out/by-hand.log
[ "${PIPESTATUS[0]}" = 0 ] && selftests/bench/targets.py $out/by-hand.log
