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

newest()
{
	apt-cache policy "linux-source-$1" |
		awk '$1 == "Candidate:" && $2 != "(none)" { print $2 }'
}

# kernel_version SERIES: sets $version: of the stock kernel, if that is of this
# series, else the newest that there is
kernel_version()
{
	case $vm_release in
	"$1".*)
		version=$(dpkg-query -W -f '${Version}' "linux-headers-$vm_release")
		return
		;;
	esac
	version=$(newest "$1")
	[ -n "$version" ] || {
		apt_update
		version=$(newest "$1")
	}
	[ -n "$version" ] || die "there is no package linux-source-$1: are Debian's security updates among apt's sources?"
}

# kernel_source SERIES: sets $source, unpacked once for a version
kernel_source()
{
	local package=linux-source-$1
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

# kernel_build NAME WHAT SERIES BASE CONFIG IMAGE [MAKEARG]...: builds IMAGE and
# modules of the configuration BASE with what the file CONFIG says over it, in
# $kernel; once for a version and a CONFIG. The modules are in
# $kernel/root/lib/modules.
kernel_build()
{
	local name=$1 what=$2 series=$3 base=$4 config=$5 image=$6 log=$out/$1.log
	local key line
	shift 6
	kernel_version "$series"
	key=$(echo "$version $(grep CONFIG_ "$config")" | sha256sum | cut -c1-16)
	kernel=$out/$name-$key
	[ -f "$kernel/done" ] && return
	kernel_source "$series"
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
