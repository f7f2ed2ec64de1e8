#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What the bench needs beyond selftests/vm/setup.sh, under build/bench: a User
# Mode Linux kernel with conntrack zones and pktgen, which Debian's own
# user-mode-linux lacks. Of 6.12: it maps what a fault brings, where 6.1 takes a
# fault of its own for every page that a process touches. 10 minutes on two cores,
# once for a version; nothing but packages is put on this machine.
set -u
cd "$(dirname "$0")/../.." || exit 1
out=$PWD/build/bench
. selftests/vm/kernel.sh

apt_have gnuplot-nox

kernel_build uml "User Mode Linux" 6.12 x86_64_defconfig selftests/bench/uml.config \
	linux ARCH=um
{
	echo "uml_kdir=$kernel"
	echo "uml_kernel=$kernel/linux"
	echo "uml_modules=$kernel/root/lib/modules"
} >"$out/env"
