#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What the module's build for one kernel has made, vm/module.sh does not take along
# to its build for another: newer than all that it is made of, it would stay. TAP.
cd "$(dirname "$0")/../.." || exit 1
. selftests/vm/module.sh
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# the copy is looked at, not built
make() { :; }
mkdir -p "$work/from" && rsync -a --exclude=/build --exclude=/.git . "$work/from"
cd "$work/from" || exit 1
touch kmod/compat_gen.h kmod/br_sg.mod.c kmod/main.o
module_copy "$work/to" /nowhere
failed=0
echo "TAP version 13"
echo "1..2"
if [ -f "$work/to/kmod/main.c" ] && [ -f "$work/to/kmod/conftest.sh" ] &&
	[ -f "$work/to/uapi/linux/br_sg.h" ]; then
	echo "ok 1 the source is there"
else
	echo "not ok 1 the source is there"
	failed=1
fi
made=$(find "$work/to" -name compat_gen.h -o -name '*.mod.c' -o -name '*.o')
if [ -z "$made" ]; then
	echo "ok 2 and nothing that was made of it"
else
	echo "not ok 2 and nothing that was made of it"
	echo "# ${made//$'\n'/ }"
	failed=1
fi
exit $failed
