#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# make clean takes away what was built and leaves what build/ keeps: kernels and
# their modules, which take long. On a copy of this folder as it is. TAP.
cd "$(dirname "$0")/../.." || exit 1
[ ! -f build/vm/env ] || . build/vm/env
kdir=${vm_kdir:-/lib/modules/$(uname -r)/build}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
n=0 failed=0
ok()
{
	n=$((n + 1))
	if [ -z "$2" ]; then
		echo "ok $n $1"
	else
		echo "not ok $n $1"
		echo "$2" | sed 's/^/# /' | head -n 10
		failed=1
	fi
}
echo "TAP version 13"
echo "1..3"
tar -c --exclude=./build --exclude=./.git . | tar -x -C "$work"
mkdir -p "$work/build/kernel/net"
touch "$work/build/kernel/net/"{a.ko,a.o,a.mod,modules.order,.a.o.cmd}
for there in kmod/br_sg.ko tool/sgctl Module.symvers; do
	[ -e "$work/$there" ] || missing+=" $there"
done
ok "the folder is built" "${missing:-}"
make -s -C "$work" clean KDIR="$kdir" >"$work/log" 2>&1
ok "nothing that was built is left" "$(cd "$work" &&
	find . -path ./build -prune -o -type f \( -name '*.ko' -o -name '*.o' -o \
		-name '*.mod*' -o -name '*.cmd' -o -name '*.symvers' -o \
		-name modules.order -o -name compat_gen.h -o -name sgctl \) -print)"
ok "what is under build/ is" "$(cd "$work/build/kernel/net" &&
	ls a.ko a.o a.mod modules.order .a.o.cmd 2>&1 >/dev/null)"
exit $failed
