#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What the bench needs beyond selftests/vm/setup.sh, under build/bench: a User
# Mode Linux kernel of the same source as Debian's, with conntrack zones and
# pktgen, which Debian's own user-mode-linux lacks. 8 minutes on two cores, once
# for a version; nothing but packages is put on this machine.
set -u
cd "$(dirname "$0")/../.." || exit 1
top=$PWD
out=$top/build/bench

selftests/vm/setup.sh || exit 1
mkdir -p "$out"
. selftests/vm/apt.sh
. build/vm/env
apt_have gnuplot-nox xz-utils rsync

version=$(dpkg-query -W -f '${Version}' "linux-headers-$vm_release")
key=$(echo "$version $(grep CONFIG_ selftests/bench/uml.config)" | sha256sum | cut -c1-16)
uml=$out/uml-$key
if ! [ -f "$uml/done" ]; then
	echo "setup: User Mode Linux $version (some minutes)"
	rm -rf "$out/source" "$uml"
	mkdir -p "$out/source" "$uml"
	apt_fetch "linux-source-6.1=$version"
	dpkg-deb --fsys-tarfile "$out"/deb/linux-source-6.1_*.deb |
		tar -xO ./usr/src/linux-source-6.1.tar.xz |
		tar -xJ --strip-components=1 -C "$out/source" ||
		die "cannot unpack linux-source-6.1"
	{
		make -C "$out/source" O="$uml" ARCH=um x86_64_defconfig &&
		"$out/source/scripts/kconfig/merge_config.sh" -m -O "$uml" \
			"$uml/.config" selftests/bench/uml.config &&
		make -C "$out/source" O="$uml" ARCH=um olddefconfig
	} >"$out/uml.log" 2>&1 || die "no configuration: see build/bench/uml.log"
	grep -E '^CONFIG_' selftests/bench/uml.config | while read -r line; do
		grep -qx "$line" "$uml/.config" || echo "setup: $line is not taken"
	done >>"$out/uml.log"
	nice -n 10 make -C "$out/source" O="$uml" ARCH=um -j"$(nproc)" \
		linux modules >>"$out/uml.log" 2>&1 &&
		make -C "$out/source" O="$uml" ARCH=um \
			INSTALL_MOD_PATH="$uml/root" modules_install \
			>>"$out/uml.log" 2>&1 ||
		die "User Mode Linux does not build: see build/bench/uml.log"
	touch "$uml/done"
	rm -rf "$out/deb"
fi
{
	echo "uml_kdir=$uml"
	echo "uml_kernel=$uml/linux"
	echo "uml_modules=$uml/root/lib/modules"
} >"$out/env"
