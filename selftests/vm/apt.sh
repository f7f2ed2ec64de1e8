# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Debian packages for the scripts that set up. They give $out, where logs go, and
# $top, and stand in the project's folder.

die()
{
	echo "setup: $*" >&2
	exit 1
}

as_root=
if [ "$(id -u)" != 0 ]; then
	command -v sudo >/dev/null ||
		die "packages must be installed: run as root, or install sudo"
	as_root="sudo -E"
fi
export DEBIAN_FRONTEND=noninteractive

have()
{
	dpkg-query -W -f '${db:Status-Status}\n' "$1" 2>/dev/null |
		grep -q '^installed'
}

updated=
apt_update()
{
	[ -n "$updated" ] && return
	$as_root apt-get update -qq >"$out/apt.log" 2>&1 ||
		echo "setup: apt-get update had errors, see ${out#"$top"/}/apt.log" >&2
	updated=1
}

# apt_have PACKAGE...: they are installed afterwards
apt_have()
{
	local missing="" p
	for p; do
		have "$p" || missing="$missing $p"
	done
	[ -z "$missing" ] && return
	echo "setup: installing$missing"
	apt_update
	# shellcheck disable=SC2086
	$as_root apt-get install -y -qq --no-install-recommends $missing \
		>>"$out/apt.log" 2>&1 ||
		die "apt-get install failed: see ${out#"$top"/}/apt.log; needed:$missing"
}

# apt_fetch PACKAGE[=VERSION]...: their files into $out/deb
apt_fetch()
{
	mkdir -p "$out/deb"
	(cd "$out/deb" && apt-get download -qq "$@" >>"$out/apt.log" 2>&1) && return
	apt_update
	(cd "$out/deb" && apt-get download -qq "$@" >>"$out/apt.log" 2>&1) ||
		die "cannot download $*: run apt-get update, then again"
}
