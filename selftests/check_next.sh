#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# make check-next: the tests of a machine with the module under the newest kernel
# that Debian backports, as User Mode Linux. The last line is "N passed, N failed".
# NEXT_TESTS names the programs ("netns/test_nat.py"...) to run alone.
set -u
cd "$(dirname "$0")/.." || exit 1
. selftests/part.sh

part setup selftests/vm/uml_setup.sh || finish
. build/uml/env
. selftests/vm/module.sh
out=build/uml

build()
{
	{
		make -s tool && make -s -C selftests all &&
			module_copy $out/module "$uml_kdir" ARCH=um W=1
	} >$out/build.log 2>&1
	local code=$?
	# the kernel is older than what has been installed on the machine since
	grep -nE 'warning|error' $out/build.log |
		grep -vE 'Skipping BTF|differs from the one used to build' && code=1
	[ $code = 0 ] || tail -n 20 $out/build.log
	return $code
}
part build build || finish

guest()
{
	local code
	# the slabs that are counted: see run.sh
	# shellcheck disable=SC2046,SC2086
	selftests/vm/uml.sh -m 2048 -t 1800 \
		-a "slub_debug=F,kmalloc-*,nf_conntrack*" env BR_SG_LOG=1 \
		BR_SG_KO=/br_sg/$out/module/kmod/br_sg.ko selftests/run_list.sh \
		${NEXT_TESTS:-$(make -s -C selftests list)} \
		</dev/null >$out/guest.log 2>&1
	code=$?
	selftests/tap.py build/result <$out/guest.log || code=1
	return $code
}
part guest guest
finish
