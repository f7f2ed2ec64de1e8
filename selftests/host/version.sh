#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The version is in dkms.conf, and what has one has this one. TAP.
cd "$(dirname "$0")/../.." || exit 1
version=$(sed -n 's/^PACKAGE_VERSION="\(.*\)"/\1/p' dkms.conf)
wire=$(sed -n 's/^#define BR_SG_GENL_VERSION\t*//p' uapi/linux/br_sg.h)
n=0 failed=0
is()
{
	n=$((n + 1))
	if [ "$2" = "$3" ]; then
		echo "ok $n $1"
	else
		echo "not ok $n $1"
		echo "# got  $2"
		echo "# want $3"
		failed=1
	fi
}
echo "TAP version 13"
echo "1..5"
is "dkms.conf has a version of three numbers" \
	"$(grep -Ec '^PACKAGE_VERSION="[0-9]+\.[0-9]+\.[0-9]+"$' dkms.conf)" 1
is "CHANGELOG.md's newest" \
	"$(sed -n 's/^## *//p' CHANGELOG.md | head -n 1)" "$version (wire $wire)"
is "and its newest is above the others" \
	"$(sed -n 's/^## *//p' CHANGELOG.md | sort -rV | head -n 1)" "$version (wire $wire)"
is "sgctl -V" "$(tool/sgctl -V | sed 's/^sgctl \([^,]*\),.*/\1/')" "$version"
is "the module's" "$(modinfo -F version kmod/br_sg.ko)" "$version"
exit $failed
