#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# make check: sets up, builds, runs everything. The last line is
# "N passed, N failed"; what was skipped is no pass.
set -u
cd "$(dirname "$0")/.." || exit 1
. selftests/part.sh

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
	selftests/vm/run.sh -t 3000 env BR_SG_LOG=1 selftests/run_list.sh \
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
