#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# uml.sh [-t SECONDS] [-m MIB] [-a APPEND] COMMAND [ARG]...
#
# As run.sh, in a User Mode Linux kernel: the kernel is a process of this machine
# and its code runs at native speed, on one CPU, and so it does on the machine: the
# guest's processes are processes of the machine, and each of them and the kernel
# in turns would wake another of its processors, which takes as long as the rest.
# With seccomp, where it can, a system call or a fault takes half as long.
# The guest's root is that of the VM, read-only. APPEND is for the kernel. Run
# selftests/vm/uml_setup.sh before.
set -u
top=$(cd "$(dirname "$0")/../.." && pwd)
cd "$top" || exit 1
. selftests/vm/log.sh

seconds=600 mem=1024 append=
while getopts t:m:a: o; do
	case $o in
	t) seconds=$OPTARG ;;
	m) mem=$OPTARG ;;
	a) append=$OPTARG ;;
	*) exit 2 ;;
	esac
done
shift $((OPTIND - 1))
[ $# -gt 0 ] || { echo "usage: uml.sh [-t SECONDS] [-m MIB] [-a APPEND] COMMAND..." >&2; exit 2; }
[ -f build/uml/env ] || { echo "uml.sh: run selftests/vm/uml_setup.sh first" >&2; exit 1; }
. build/vm/env
. build/uml/env

work=$(mktemp -d build/vm/run.XXXXXX)
trap 'rm -rf "$work"' EXIT
printf '%q ' "$@" >"$work/command"
: >"$work/result"
# the last that may be used
cpu=$(taskset -cp $$ | sed 's/.*[ ,-]//')
# shellcheck disable=SC2086
timeout -k 5 "$seconds" taskset -c "$cpu" "$uml_kernel" "mem=${mem}M" \
	"ubd0r=$vm_root" root=/dev/ubda ro rootfstype=ext4 con0=fd:0,fd:1 con=null \
	quiet seccomp=auto $append "uml_dir=$top/$work" umid=guest "run=$work" \
	"result=/br_sg/$work/result" "modules=/br_sg/${uml_modules#"$top"/}" \
	init=/bin/bash -- -c \
	"\"mount -t hostfs -o $top none /br_sg; exec bash /br_sg/selftests/vm/uml_init.sh\"" \
	</dev/null 2>&1 | sed -u -e 's/\r//g' -e '/^reboot: /d'
code=${PIPESTATUS[0]}

bad=
if [ "$code" = 124 ] || [ "$code" = 137 ]; then
	echo "uml.sh: the guest was stopped after $seconds seconds" >&2
	bad=1
elif ! grep -q '^end of log' "$work/result"; then
	echo "uml.sh: the guest ended without its success token" >&2
	bad=1
fi
log_bad "$work/result" >&2 && bad=1
[ -n "$bad" ] && exit 1
exit "$(sed -n 's/^exit \([0-9]*\)$/\1/p;q' "$work/result")"
