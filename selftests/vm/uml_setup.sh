#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What uml.sh needs beyond setup.sh, under build/uml: a User Mode Linux kernel with
# conntrack zones and pktgen, which Debian's own user-mode-linux lacks, of the newest
# source among the backports of Debian's next release. It is at the same time what br_sg
# meets tomorrow. Older ones will not do: up to 6.12 at least they do not start on
# processors whose registers take more than 2,696 bytes (AMX). 10 minutes on two
# cores, once; to have a newer one, remove build/uml. Nothing but packages is put on
# this machine.
set -u
cd "$(dirname "$0")/../.." || exit 1
out=$PWD/build/uml
. selftests/vm/kernel.sh

kernel_build uml "User Mode Linux" next x86_64_defconfig selftests/vm/uml.config \
	linux ARCH=um
{
	echo "uml_kdir=$kernel"
	echo "uml_kernel=$kernel/linux"
	echo "uml_modules=$kernel/root/lib/modules"
} >"$out/env"
