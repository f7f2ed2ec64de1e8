#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Builds the tool, what times it and looks inside it, and the module twice: for
# Debian's stock kernel where make puts it, for the User Mode Linux kernel in a copy under
# build/uml/module, as check_next.sh does.
set -u
cd "$(dirname "$0")/../.." || exit 1
. build/vm/env
. build/uml/env
. selftests/vm/module.sh
. selftests/bench/helpers.sh
log=build/bench/build.log
{
	make -s module KDIR="$vm_kdir" && make -s tool &&
		bench_helpers build/bench &&
		module_copy build/uml/module "$uml_kdir" ARCH=um
} >$log 2>&1 || {
	tail -n 20 $log
	echo "bench: the build failed, see $log" >&2
	exit 1
}
basename "$uml_modules"/* >build/bench/release
