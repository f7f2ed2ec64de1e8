#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What is missing is said in one line that tells what to do. TAP.
cd "$(dirname "$0")/../.." || exit 1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
n=0 failed=0
# says NAME REGEX COMMAND...: it fails, and with one line of its own
says()
{
	local name=$1 regex=$2 own
	shift 2
	n=$((n + 1))
	"$@" >"$work/out" 2>&1
	local code=$?
	own=$(grep -cv '^make' "$work/out")
	if [ $code != 0 ] && [ "$own" = 1 ] && grep -Eq "$regex" "$work/out"; then
		echo "ok $n $name"
	else
		echo "not ok $n $name"
		sed 's/^/# /' "$work/out" | tail -n 10
		failed=1
	fi
}
mkdir -p "$work/empty" "$work/nozones/include/config" "$work/arm/include/config"
for c in 64BIT BRIDGE NF_CONNTRACK NF_CONNTRACK_BRIDGE NF_CONNTRACK_LABELS; do
	echo "CONFIG_$c=y"
done >"$work/nozones/include/config/auto.conf"
# Debian's armmp has all but this
{ sed 1d "$work/nozones/include/config/auto.conf"; echo CONFIG_NF_CONNTRACK_ZONES=y; } \
	>"$work/arm/include/config/auto.conf"
echo "TAP version 13"
echo "1..6"
says "no kernel headers" "no kernel headers at /nonexistent: apt install linux-headers" \
	make -s module KDIR=/nonexistent
says "a folder that is no build tree" "not a configured kernel build tree" \
	make -s module "KDIR=$work/empty"
says "a kernel without conntrack zones" "has no CONFIG_NF_CONNTRACK_ZONES" \
	make -s module "KDIR=$work/nozones"
says "a 32-bit kernel" "has no CONFIG_64BIT, which br_sg needs: it runs on 64-bit kernels alone" \
	make -s module "KDIR=$work/arm"
says "no compiler" 'no C compiler "nocc": apt install build-essential' \
	make -s tool CC=nocc
says "no libmnl" "libmnl.h is not there.*apt install libmnl-dev" \
	make -s tool CPPFLAGS=-nostdinc
exit $failed
