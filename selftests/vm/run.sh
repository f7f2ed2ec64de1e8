#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# run.sh [-i] [-t SECONDS] [-c CPUS] [-m MIB] [-k ENV] COMMAND [ARG]...
#
# Runs COMMAND as root in a VM with Debian's stock kernel, in the project's
# folder (shared read-only), and prints its output. Exits with COMMAND's code
# when the VM said it ran and the kernel's log is clean; else with 1, and says
# which lines are not. Run setup.sh before. With -i one instruction is one
# nanosecond of the guest's clock, on one CPU. With -k another kernel: the file ENV
# gives vm_kernel, and in vm_append what is added to its command line.
set -u
top=$(cd "$(dirname "$0")/../.." && pwd)
cd "$top" || exit 1
. selftests/vm/log.sh

seconds=600 cpus=2 mem=1024 icount='' kernel='' vm_append=''
while getopts it:c:m:k: o; do
	case $o in
	i) icount=1 cpus=1 ;;
	t) seconds=$OPTARG ;;
	c) cpus=$OPTARG ;;
	m) mem=$OPTARG ;;
	k) kernel=$OPTARG ;;
	*) exit 2 ;;
	esac
done
shift $((OPTIND - 1))
[ $# -gt 0 ] || { echo "usage: run.sh [-i] [-t SECONDS] [-c CPUS] [-m MIB] [-k ENV] COMMAND..." >&2; exit 2; }
[ -f build/vm/env ] || { echo "run.sh: run selftests/vm/setup.sh first" >&2; exit 1; }
. build/vm/env
# shellcheck disable=SC1090
[ -z "$kernel" ] || . "$kernel" || exit 1

# Free objects of a slab that a CPU holds count as in use, but not of caches that
# check themselves: the tests count objects, and nobody frees one twice unseen. It
# costs instructions, which -i counts.
[ -n "$icount" ] || vm_append="slub_debug=F,kmalloc-*,nf_conntrack* $vm_append"

# in the background only: what is stopped must be QEMU, not a shell around it
qemu()
{
	exec qemu-system-x86_64 "$@" -cpu max -nodefaults -no-user-config \
		-display none -no-reboot -smp "$cpus" -m "$mem" \
		-kernel "$vm_kernel" -initrd "$vm_initramfs" \
		-drive "file=$vm_root,if=virtio,format=raw,snapshot=on" \
		-virtfs "local,path=$top,mount_tag=project,security_model=none,readonly=on,multidevs=remap" \
		-device virtio-rng-pci -device virtio-serial-pci \
		-chardev "file,id=result,path=$work/result" \
		-device virtserialport,chardev=result,name=result \
		-chardev "file,id=console,path=$work/console" -serial chardev:console \
		-append "console=ttyS0 quiet panic=-1 oops=panic mitigations=off init=/init run=${work#"$top"/} $vm_append"
}

# the guest's output is the console: its own messages are off it after the start
work=$(mktemp -d build/vm/run.XXXXXX)
work=$top/$work
trap 'rm -rf "$work"' EXIT
printf '%q ' "$@" >"$work/command"

# /dev/kvm may open and yet hang a guest: tried once, with a clock
accel=$(cat build/vm/accel 2>/dev/null)
if [ -z "$accel" ]; then
	accel=tcg,thread=multi
	if [ -w /dev/kvm ]; then
		printf 'true\n' >"$work/command"
		qemu -accel kvm >/dev/null 2>&1 &
		probe=$!
		for _ in $(seq 20); do
			sleep 1
			grep -q '^exit 0' "$work/result" 2>/dev/null && accel=kvm
			kill -0 $probe 2>/dev/null || break
		done
		kill -9 $probe 2>/dev/null
		wait $probe 2>/dev/null
		rm -f "$work"/*
		printf '%q ' "$@" >"$work/command"
	fi
	echo "$accel" >build/vm/accel
fi

if [ -n "$icount" ]; then
	qemu -accel tcg -icount shift=0,sleep=off &
else
	qemu -accel "$accel" &
fi
vm=$!
tail -n +1 -F --pid=$vm "$work/console" 2>/dev/null |
	sed -u -e 's/\r//g' -e '/^\[ *[0-9.]*\] \(sysrq: Power Off\|reboot: \)/d' &
tailer=$!
timeout=
for ((i = 0; i < seconds * 5; i++)); do
	kill -0 $vm 2>/dev/null || break
	sleep 0.2
done
if kill -0 $vm 2>/dev/null; then
	timeout=1
	kill -9 $vm
fi
wait $vm 2>/dev/null
sleep 0.2
wait $tailer 2>/dev/null

bad=
if [ -n "$timeout" ]; then
	echo "run.sh: the VM was stopped after $seconds seconds" >&2
	bad=1
elif ! grep -q '^end of log' "$work/result" 2>/dev/null; then
	echo "run.sh: the VM ended without its success token" >&2
	bad=1
fi
log_bad "$work/result" >&2 && bad=1
log_bad "$work/console" >&2 && bad=1
[ -n "$bad" ] && exit 1
exit "$(sed -n 's/^exit \([0-9]*\)$/\1/p;q' "$work/result")"
