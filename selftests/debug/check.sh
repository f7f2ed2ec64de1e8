#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# make check-debug: every test of a machine with the module, in VMs whose kernel
# checks itself, then with allocations that fail. The last line is "N passed,
# N failed". DEBUG_TESTS names the programs ("netns/test_nat.py"...) to run alone.
set -u
cd "$(dirname "$0")/../.." || exit 1
. selftests/part.sh
out=build/debug

part setup selftests/debug/setup.sh || finish
. build/vm/env
. $out/env
. selftests/vm/module.sh

build()
{
	{
		make -s tool && make -s -C selftests all &&
			module_copy $out/module "$debug_kdir" W=1 &&
			make -s -C selftests/debug OUT="$PWD/$out" KDIR="$debug_kdir"
	} >$out/build.log 2>&1
	local code=$?
	grep -nE 'warning|error' $out/build.log | grep -v 'Skipping BTF' && code=1
	[ $code = 0 ] || tail -n 20 $out/build.log
	return $code
}
part build build || finish

# guest NAME PROGRAM...: in a VM of their own, then what they left behind. Slow:
# how many times longer than a stock kernel it may take, 4 to 6 on an idle machine
guest()
{
	local name=$1 code
	shift
	nice -n 5 selftests/vm/run.sh -k $out/env -m 3072 -t 7200 \
		env BR_SG_LOG=1 BR_SG_SLOW=15 \
		BR_SG_KO=/br_sg/$out/module/kmod/br_sg.ko \
		FAULTY_KO=/br_sg/$out/faulty/faulty.ko \
		FAIL_NTH_SO=/br_sg/$out/failnth.so \
		selftests/run_list.sh "$@" </dev/null >$out/guest-"$name".log 2>&1
	code=$?
	[ $code = 0 ] || touch $out/guest-failed
	echo "# $name: exit code $code"
}

# as many at a time as there are processors
pool()
{
	while [ "$(jobs -rp | wc -l)" -ge "$(nproc)" ]; do
		wait -n
	done
	guest "$@" &
}

guests()
{
	local lists=6 i=0 program list
	rm -f $out/guest-*
	if [ -z "${DEBUG_TESTS:-}" ]; then
		pool failnth debug/test_failnth.py debug/test_after.py
		# what it sees is taken out of the log: nothing may be added after it
		pool checkers debug/test_checkers.py
	fi
	declare -A list
	for program in ${DEBUG_TESTS:-$(make -s -C selftests list)}; do
		list[$((i % lists))]+=" $program"
		i=$((i + 1))
	done
	for ((i = 0; i < lists; i++)); do
		# shellcheck disable=SC2086
		[ -z "${list[$i]:-}" ] ||
			pool $i ${list[$i]} debug/test_after.py
	done
	wait
	cat $out/guest-*.log | selftests/tap.py build/result
	[ "${PIPESTATUS[1]}" = 0 ] && [ ! -e $out/guest-failed ]
}
part guests guests
finish
