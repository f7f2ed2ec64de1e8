#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# make demo: sets up what it needs, builds, boots the compute node of node.sh.
set -u
cd "$(dirname "$0")/../.." || exit 1
selftests/vm/setup.sh || exit 1
. build/vm/env
mkdir -p build/demo
{
	make module KDIR="$vm_kdir" && make tool &&
	gcc -O2 -Wall -Wextra -o build/demo/relay selftests/demo/relay.c
} >build/demo/build.log 2>&1 || {
	tail -n 20 build/demo/build.log
	echo "demo: the build failed, see build/demo/build.log" >&2
	exit 1
}
# the guest's console is a terminal; whether this is one is known here
plain=
[ -t 1 ] || plain=NO_COLOR=1
# shellcheck disable=SC2086
exec selftests/vm/run.sh -t 400 env $plain selftests/demo/node.sh
