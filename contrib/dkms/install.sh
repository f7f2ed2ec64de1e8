#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# install.sh install VERSION SOURCES [FILE]...	what make dkms-install does
# install.sh uninstall SOURCES			what make uninstall does with it
#
# SOURCES is dkms's folder of sources (/usr/src); $DKMS is the program and its options.
# The files are named from the project's folder, where this runs.
#
# Nothing that dkms has is touched before it is known that what comes in its place
# builds. A newer version is built beside the older one, which stays installed until
# then. The same version once more is built in trees of its own first.
set -u
verb=$1
shift
read -ra dkms <<<"${DKMS:-dkms}"
# dkms asks make for the compiler, and a make below a make says more than that
unset MAKEFLAGS MAKELEVEL MFLAGS

say() { echo "dkms: $*"; }
die()
{
	echo "dkms-install: $*" >&2
	exit 1
}

# "VERSION KERNEL STATE" a line, of all versions; KERNEL is - where none is built
status()
{
	"${dkms[@]}" status -m br_sg 2>/dev/null |
		sed -nE -e 's#^br_sg(/|, )([^,:]+), ([^,:]+), [^:]*: *([a-z]+).*#\2 \3 \4#p' \
			-e 's#^br_sg(/|, )([^,:]+): *([a-z]+).*#\2 - \3#p'
}
known() { status | awk -v v="$1" '$1 == v { n = 1 } END { exit !n }'; }
kernels() { status | awk -v v="$1" '$1 == v && $2 != "-" { print $2 }' | sort -u; }
installed()
{
	status | awk -v v="$1" -v k="$2" \
		'$1 == v && $2 == k && $3 == "installed" { n = 1 } END { exit !n }'
}
ours() { grep -qs '^PACKAGE_NAME="br_sg"' "$1/dkms.conf"; }

# forget VERSION: dkms has nothing of it any more. One kernel after the other: --all is
# refused where DKMS brings a kernel of its own.
forget()
{
	local kernel
	for kernel in $(kernels "$1"); do
		"${dkms[@]}" remove -m br_sg -v "$1" -k "$kernel" || return 1
	done
	! known "$1" || "${dkms[@]}" remove -m br_sg -v "$1" --all 2>/dev/null ||
		"${dkms[@]}" remove -m br_sg -v "$1"
}

if [ "$verb" = uninstall ]; then
	sources=$1
	if command -v "${dkms[0]}" >/dev/null; then
		status | awk '{ print $1 }' | sort -u | while read -r old; do
			forget "$old" || exit 1
		done || exit 1
	fi
	for dir in "$sources"/br_sg-*; do
		! ours "$dir" || { rm -rf "$dir" && say "removed $dir"; }
	done
	exit 0
fi

version=$1 sources=$2
shift 2
command -v "${dkms[0]}" >/dev/null || die "no ${dkms[0]}: apt install dkms"
src=$sources/br_sg-$version
new=$src.new old=$src.old

# what a run that was killed left
[ ! -d "$old" ] || [ -d "$src" ] || mv "$old" "$src" || exit 1
rm -rf "$new" "$old"
mkdir -p "$new" && cp --parents "$@" "$new/" ||
	{ rm -rf "$new"; die "cannot copy the module's source to $new; nothing was changed"; }

args=(-m br_sg -v "$version")
add() { "${dkms[@]}" add "${args[@]}"; }
build() { "${dkms[@]}" build "${args[@]}"; }
# over what is there, whatever its version
put() { "${dkms[@]}" install "${args[@]}" --force "$@"; }

before=$(status)
again=
! known "$version" || again=1
if [ -n "$again" ]; then
	# does it build? In trees that end with this. A DKMS that has its own trees
	# and none beside them cannot be asked.
	trial=$(mktemp -d) || exit 1
	trap 'rm -rf "$trial"' EXIT
	mkdir -p "$trial/tree" "$trial/src"
	cp -a "$new" "$trial/src/br_sg-$version"
	trees=(--sourcetree "$trial/src" --dkmstree "$trial/tree")
	"${dkms[@]}" add "${args[@]}" "${trees[@]}" >"$trial/log" 2>&1
	if [ -d "$trial/tree/br_sg/$version" ] &&
		! "${dkms[@]}" build "${args[@]}" "${trees[@]}" >>"$trial/log" 2>&1; then
		cat "$trial/log" "$trial/tree/br_sg/$version"/build/make.log 2>/dev/null |
			tail -n 30 >&2
		rm -rf "$new"
		die "br_sg $version does not build; what was installed stays"
	fi
fi

[ ! -d "$src" ] || mv "$src" "$old" || exit 1
mv "$new" "$src" || { mv "$old" "$src"; exit 1; }

undo()
{
	forget "$version" >/dev/null 2>&1
	rm -rf "$src"
	[ ! -d "$old" ] || mv "$old" "$src"
	if [ -n "$again" ]; then
		add && put
		die "br_sg $version could not be installed; the one before was put back, see dkms status"
	fi
	die "br_sg $version could not be installed; what was there before stays"
}
forget "$version" || undo
{ add && build && put; } || undo
rm -rf "$old"

# the other kernels that had one
while read -r _ kernel _; do
	[ -n "$kernel" ] && [ "$kernel" != - ] || continue
	installed "$version" "$kernel" || put -k "$kernel" ||
		echo "dkms-install: br_sg $version is not installed for $kernel, see above" >&2
done < <(echo "$before" | sort -u -k2,2)

# the other versions, but for a kernel that has nothing else
for other in $(status | awk -v v="$version" '$1 != v { print $1 }' | sort -u); do
	keep=
	for kernel in $(kernels "$other"); do
		installed "$version" "$kernel" || keep="$keep $kernel"
	done
	if [ -n "$keep" ]; then
		say "br_sg $other stays for$keep, which has no newer one"
	elif forget "$other" && ours "$sources/br_sg-$other"; then
		rm -rf "$sources/br_sg-$other"
	fi
done
say "br_sg $version is installed"
