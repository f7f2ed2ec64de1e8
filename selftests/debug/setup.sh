#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What make check-debug needs beyond selftests/vm/setup.sh, under build/debug: a
# kernel of the same source as Debian's, for the same VM, that checks itself. Once
# for a version; nothing but packages is put on this machine.
set -u
cd "$(dirname "$0")/../.." || exit 1
out=$PWD/build/debug
. selftests/vm/kernel.sh

kernel_build debug "debug kernel" stock alldefconfig selftests/debug/debug.config bzImage \
	ARCH=x86_64
# pci=noacpi: the interpreter takes minutes for the table of interrupts in such a
# kernel, and gives up. slub_debug=A: every cache may fail, but the checkers' own,
# which do without
append="modules=/br_sg/${kernel#"$top"/}/root/lib/modules pci=noacpi no_timer_check"
append="$append kasan_multi_shot log_buf_len=4M"
# a namespace or a module that goes waits for many grace periods, of some ms each
# on a machine and up to a second here
append="$append rcupdate.rcu_expedited=1"
append="$append slub_debug=A;-,kmemleak_object,kmemleak_scan_area,debug_objects_cache"
{
	echo "vm_kernel=$kernel/arch/x86/boot/bzImage"
	echo "vm_append='$append'"
	echo "debug_kdir=$kernel"
} >"$out/env"
