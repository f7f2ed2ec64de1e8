#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The module builds without a warning for the oldest kernel that it says it builds
# for, Debian 11's 5.10. Its headers are fetched once (11 MB), into build/oldest, and
# put on no machine; where the mirror no longer has that release it is skipped. TAP.
cd "$(dirname "$0")/../.." || exit 1
. selftests/vm/module.sh
out=$PWD/build/oldest
headers()
(
	export top=$PWD
	# shellcheck source=selftests/vm/apt.sh
	. selftests/vm/apt.sh
	mkdir -p "$out" && rm -rf "$out/deb" "$out/root"
	apt_next bullseye
	release=$(apt-cache "${apt_options[@]}" search --names-only \
			'^linux-headers-5\.10\.0-[0-9]+-amd64$' |
		sed 's/^linux-headers-\([^ ]*\) .*/\1/' | sort -V | tail -n 1)
	[ -n "$release" ] || die "bullseye has no linux-headers-5.10"
	apt_fetch "linux-headers-$release" "linux-headers-${release%-amd64}-common" \
		linux-kbuild-5.10
	for deb in "$out"/deb/*.deb; do
		dpkg-deb -x "$deb" "$out/root" || die "cannot unpack $deb"
	done
	rm -rf "$out/deb"
	# they say where they would be and which compiler made the kernel
	sed -i -e "s,/usr/src,$out/root/usr/src,g" -e 's/gcc-10$/gcc/' \
		"$out/root/usr/src/linux-headers-$release/"{Makefile,.kernelvariables}
	echo "$out/root/usr/src/linux-headers-$release" >"$out/kdir"
)
if [ ! -f "$out/kdir" ] && ! headers >"$out.log" 2>&1; then
	echo "1..0 # SKIP no headers of Debian 11: $(tail -n 1 "$out.log")"
	exit 4
fi
kdir=$(cat "$out/kdir")
echo "TAP version 13"
echo "1..3"
failed=0
ok()
{
	if [ -z "$3" ]; then
		echo "ok $1 $2"
	else
		echo "not ok $1 $2"
		echo "$3" | sed 's/^/# /' | head -n 20
		failed=1
	fi
}
module_copy "$out/module" "$kdir" W=1 >"$out/build.log" 2>&1
code=$?
ok 1 "it builds for $(basename "$kdir")" \
	"$([ $code = 0 ] || tail -n 20 "$out/build.log")"
ok 2 "without a warning" \
	"$(grep -nE 'warning|error' "$out/build.log" | grep -v 'Skipping BTF')"
# what differs is found in the headers: for 6.1 the probes say otherwise
ok 3 "and each probe of conftest.sh that 6.1 answers with yes says no" "$(
	for have in NF_CT_ITER_DATA NF_CT_REFCOUNT NF_HOOK_OPS_TYPE; do
		grep -qx "/\* #undef HAVE_$have \*/" "$out/module/kmod/compat_gen.h" ||
			echo "$have"
	done)"
exit $failed
