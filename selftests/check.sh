#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# make check: sets up, builds, runs everything. The last line is
# "N passed, N failed"; what was skipped is no pass.
set -u
cd "$(dirname "$0")/.." || exit 1
begin=$SECONDS
passed=0 failed=0 skipped=0 times=

# a part without a result of its own is one failure
part()
{
	local name=$1 start=$SECONDS code p f s
	shift
	echo "##### $name"
	rm -f build/result
	"$@"
	code=$?
	if read -r p f s 2>/dev/null <build/result; then
		passed=$((passed + p)) failed=$((failed + f))
		skipped=$((skipped + s))
		[ $code != 0 ] && [ "$f" = 0 ] && failed=$((failed + 1))
	elif [ $code = 0 ]; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "##### $name FAILED"
	fi
	times="$times
$(printf '# %-10s %4ds' "$name" $((SECONDS - start)))"
	return $code
}

finish()
{
	echo "$times"
	printf '# %-10s %4ds\n' total $((SECONDS - begin))
	if [ $skipped != 0 ]; then
		echo "$passed passed, $failed failed, $skipped skipped"
	else
		echo "$passed passed, $failed failed"
	fi
	[ $failed = 0 ] && [ $passed != 0 ]
	exit
}

mkdir -p build
part setup selftests/vm/setup.sh || finish
. build/vm/env

# not a warning, from compiler or sparse
build()
{
	make -s clean KDIR="$vm_kdir" >/dev/null 2>&1
	make module KDIR="$vm_kdir" W=1 C=1 CF=-Wsparse-error >build/build.log 2>&1 &&
		make -s tool >>build/build.log 2>&1 &&
		make -s -C selftests all >>build/build.log 2>&1
	local code=$?
	grep -nE 'warning|error' build/build.log | grep -v 'Skipping BTF' && code=1
	[ $code = 0 ] || tail -n 20 build/build.log
	return $code
}
part build build || finish

tap()
{
	"$@" | selftests/tap.py build/result
}
# shellcheck disable=SC2046
host() { tap selftests/run_list.sh $(make -s -C selftests list_host); }
vm()
{
	local code
	# shellcheck disable=SC2046
	selftests/vm/run.sh -t 1500 env BR_SG_LOG=1 selftests/run_list.sh \
		$(make -s -C selftests list) >build/vm.fifo &
	local run=$!
	selftests/tap.py build/result <build/vm.fifo
	code=$?
	wait $run || code=1
	return $code
}
rm -f build/vm.fifo
mkfifo build/vm.fifo
part host host
part vm vm
part dkms tap selftests/run_list.sh dkms.sh
finish
