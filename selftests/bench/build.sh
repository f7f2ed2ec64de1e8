#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Builds the tool, and the module twice: for Debian's stock kernel where make
# puts it, for the User Mode Linux kernel in a copy under build/bench/module.
set -u
cd "$(dirname "$0")/../.." || exit 1
. build/vm/env
. build/bench/env
copy=build/bench/module
log=build/bench/build.log
{
	make -s module KDIR="$vm_kdir" && make -s tool &&
		mkdir -p $copy &&
		rsync -rtR --delete --include='*/' --include='*.[ch]' \
			--include='Kbuild' --include='*.sh' --include=Makefile \
			--include=dkms.conf --exclude='compat_gen.h' \
			--exclude='*.mod.c' --exclude='*' \
			Makefile Kbuild dkms.conf kmod uapi $copy/ &&
		make -s -C $copy module KDIR="$uml_kdir" ARCH=um
} >$log 2>&1 || {
	tail -n 20 $log
	echo "bench: the build failed, see $log" >&2
	exit 1
}
