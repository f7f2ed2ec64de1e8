# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Kernels from Debian's source packages, for the scripts that set up beyond
# setup.sh. Sourced in the project's folder, with $out the script's own below it.
top=$PWD
selftests/vm/setup.sh || exit 1
mkdir -p "$out" || exit 1
. selftests/vm/apt.sh
. build/vm/env

# kernel_version WHICH: sets $version and $series: of "stock" the stock kernel's, of
# "next" the newest among the backports of Debian's next release
kernel_version()
{
	if [ "$1" = stock ]; then
		series=$(echo "$vm_release" | cut -d. -f1,2)
		version=$(dpkg-query -W -f '${Version}' "linux-headers-$vm_release")
		return
	fi
	apt_next trixie-backports
	series=$(apt-cache "${apt_options[@]}" search --names-only \
			'^linux-source-[0-9]+\.[0-9]+$' |
		sed 's/^linux-source-\([0-9.]*\) .*/\1/' | sort -V | tail -n 1)
	version=$(apt-cache "${apt_options[@]}" policy "linux-source-$series" |
		awk '$1 == "Candidate:" { print $2 }')
	[ -n "$version" ] || die "trixie-backports has no linux-source"
}

# sets $source, unpacked once for a version
kernel_source()
{
	local package=linux-source-$series
	source=$top/build/linux-$version
	[ -f "$source/.unpacked" ] && return
	apt_have xz-utils
	rm -rf "$source"
	mkdir -p "$source"
	apt_fetch "$package=$version"
	dpkg-deb --fsys-tarfile "$out/deb/$package"_*.deb |
		tar -xO "./usr/src/$package.tar.xz" |
		tar -xJ --strip-components=1 -C "$source" ||
		die "cannot unpack $package"
	rm -rf "$out/deb"
	touch "$source/.unpacked"
}

# kernel_build NAME WHAT WHICH BASE CONFIG IMAGE [MAKEARG]...: builds IMAGE and
# modules of the configuration BASE with what the file CONFIG says over it, in
# $kernel; once for a version and a CONFIG, of "next" once for a CONFIG: what is
# newest changes every other week. The modules are in $kernel/root/lib/modules.
kernel_build()
{
	local name=$1 what=$2 base=$4 config=$5 image=$6 log=$out/$1.log
	local key line
	key=$(grep CONFIG_ "$config")
	if [ "$3" = next ]; then
		kernel=$out/$name-$(echo "$key" | sha256sum | cut -c1-16)
		[ -f "$kernel/done" ] && return
		kernel_version "$3"
	else
		kernel_version "$3"
		kernel=$out/$name-$(echo "$version $key" | sha256sum | cut -c1-16)
		[ -f "$kernel/done" ] && return
	fi
	shift 6
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
