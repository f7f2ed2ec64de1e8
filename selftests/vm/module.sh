# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash

# module_copy DIR KDIR [MAKEARG]...: the module for the kernel built in KDIR, from a
# copy of its source in DIR, so that the one that make puts into kmod/ stays
module_copy()
{
	local copy=$1 kdir=$2
	shift 2
	mkdir -p "$copy" &&
		rsync -rtR --delete --exclude='compat_gen.h' --exclude='*.mod.c' \
			--include='*/' --include='*.[ch]' --include='Kbuild' \
			--include='*.sh' --include=Makefile --include=dkms.conf \
			--exclude='*' \
			Makefile Kbuild dkms.conf kmod uapi "$copy/" &&
		make -s -C "$copy" module KDIR="$kdir" "$@"
}
