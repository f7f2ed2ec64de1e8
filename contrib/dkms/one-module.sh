#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# one-module.sh KERNEL_MODULES_DIR [KEEP]: removes what `make install` has put below
# /lib/modules/RELEASE, but the file KEEP. Of two modules of a name depmod takes what
# its search order says, not the one that came last. dkms.conf has it run whenever
# dkms has installed the module for a kernel, before depmod.
[ -d "$1" ] || exit 0
for dir in updates/kmod extra/kmod; do
	for ko in "$1/$dir"/br_sg.ko*; do
		[ -f "$ko" ] && [ "$ko" != "${2:-}" ] || continue
		rm -f "$ko" && echo "removed $ko"
		rmdir "$1/$dir" 2>/dev/null
	done
done
exit 0
