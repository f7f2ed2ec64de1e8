#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# make check-live: what takes longer than make check has time for: real traffic
# under each kind of change, 1,000 commits with sgctl killed in many, transactions
# at full size, commits beside a full conntrack table. The last line is "N passed, N
# failed". LIVE_TESTS names the programs ("live/test_traffic.py"...) to run alone.
set -u
cd "$(dirname "$0")/../.." || exit 1
. selftests/part.sh
out=build/live

part setup selftests/vm/setup.sh || finish
. build/vm/env
mkdir -p $out

build()
{
	{
		make module KDIR="$vm_kdir" && make -s tool
	} >$out/build.log 2>&1
	local code=$?
	[ $code = 0 ] || tail -n 20 $out/build.log
	return $code
}
part build build || finish

# guest OPTIONS -- VARIABLE=VALUE...: program $program in a VM of its own
guest()
{
	local options=() code
	while [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	shift
	selftests/vm/run.sh -t 1200 "${options[@]}" env BR_SG_LOG=1 "$@" \
		selftests/run_list.sh "$program" </dev/null >$out/guest.log 2>&1
	code=$?
	selftests/tap.py build/result <$out/guest.log || code=1
	return $code
}

for program in ${LIVE_TESTS:-live/test_traffic.py live/test_commits.py \
		netns/test_txn_size.py live/test_latency.py}; do
	name=${program##*/test_}
	name=${name%.py}
	case $program in
	live/test_latency.py)
		# its clock counts instructions
		part "$name" guest -i -- BR_SG_ICOUNT=1
		;;
	netns/test_txn_size.py)
		part "$name" guest -- BR_SG_PART=1
		;;
	*)
		part "$name" guest --
		;;
	esac
done
finish
