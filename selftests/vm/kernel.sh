# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Kernels from Debian's source of the stock kernel's version, for the scripts that
# set up beyond setup.sh. Sourced in the project's folder, with $out the script's
# own below it.
top=$PWD
selftests/vm/setup.sh || exit 1
mkdir -p "$out" || exit 1
. selftests/vm/apt.sh
. build/vm/env

# kernel_source: sets $source, unpacked once for a version
kernel_source()
{
	source=$top/build/linux-$version
	[ -f "$source/.unpacked" ] && return
	apt_have xz-utils
	rm -rf "$source"
	mkdir -p "$source"
	apt_fetch "linux-source-6.1=$version"
	dpkg-deb --fsys-tarfile "$out"/deb/linux-source-6.1_*.deb |
		tar -xO ./usr/src/linux-source-6.1.tar.xz |
		tar -xJ --strip-components=1 -C "$source" ||
		die "cannot unpack linux-source-6.1"
	rm -rf "$out/deb"
	touch "$source/.unpacked"
}

# kernel_build NAME WHAT BASE CONFIG IMAGE [MAKEARG]...: builds IMAGE and modules of
# the configuration BASE with what the file CONFIG says over it, in $kernel; once
# for a version and a CONFIG. The modules are in $kernel/root/lib/modules.
kernel_build()
{
	local name=$1 what=$2 base=$3 config=$4 image=$5 log=$out/$1.log key line
	shift 5
	version=$(dpkg-query -W -f '${Version}' "linux-headers-$vm_release")
	key=$(echo "$version $(grep CONFIG_ "$config")" | sha256sum | cut -c1-16)
	kernel=$out/$name-$key
	[ -f "$kernel/done" ] && return
	kernel_source
	echo "setup: $what $version (some minutes)"
	rm -rf "$kernel"
	mkdir -p "$kernel"
	set -- -C "$source" O="$kernel" "$@"
	{
		make "$@" "$base" &&
		"$source/scripts/kconfig/merge_config.sh" -m -O "$kernel" \
			"$kernel/.config" "$config" &&
		make "$@" olddefconfig
	} >"$log" 2>&1 || die "no configuration: see ${log#"$top"/}"
	# a name that the source does not know, or that depends on another
	line=$(grep -E '^CONFIG_' "$config" | grep -vxFf "$kernel/.config" | head -n 1)
	[ -z "$line" ] || die "$config: $line is not taken: see $kernel/.config"
	nice -n 10 make "$@" -j"$(nproc)" "$image" modules >>"$log" 2>&1 &&
		make "$@" INSTALL_MOD_PATH="$kernel/root" modules_install \
			>>"$log" 2>&1 ||
		die "$what does not build: see ${log#"$top"/}"
	touch "$kernel/done"
}
