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

# what apt-get and apt-cache are asked with, if not of this machine's own sources
apt_options=()

# apt_next SUITE: from here on packages are fetched from it, on the mirror that the
# machine has for its own release; lists are kept apart, nothing is installed
apt_next()
{
	local suite=$1 dir=$out/apt-$1 mirror
	local keyring=/usr/share/keyrings/debian-archive-keyring.gpg

	mirror=$(apt-get indextargets --format '$(CODENAME) $(REPO_URI)' \
			'Created-By: Packages' 'Component: main' |
		awk -v of="$(. /etc/os-release; echo "$VERSION_CODENAME")" \
			'$1 == of { print $2; exit }')
	[ -n "$mirror" ] || die "apt's sources have no mirror of this release"
	mkdir -p "$dir/lists/partial" "$dir/cache/archives/partial"
	echo "deb [signed-by=$keyring] $mirror $suite main" >"$dir/sources.list"
	apt_options=(-o Dir::Etc::SourceList="$dir/sources.list"
		-o Dir::Etc::SourceParts=/dev/null
		-o Dir::State::Lists="$dir/lists" -o Dir::Cache="$dir/cache"
		-o APT::Sandbox::User=root)
	apt-get "${apt_options[@]}" update -qq >>"$out/apt.log" 2>&1 ||
		die "$mirror has no $suite: see ${out#"$top"/}/apt.log"
}

# apt_fetch PACKAGE[=VERSION]...: their files into $out/deb
apt_fetch()
{
	mkdir -p "$out/deb"
	(cd "$out/deb" && apt-get "${apt_options[@]}" download -qq "$@" \
		>>"$out/apt.log" 2>&1) && return
	apt_update
	(cd "$out/deb" && apt-get "${apt_options[@]}" download -qq "$@" \
		>>"$out/apt.log" 2>&1) ||
		die "cannot download $*: see ${out#"$top"/}/apt.log"
}
