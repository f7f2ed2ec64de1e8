#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Runs in the VM as its first process: the command comes from run.sh through a
# file in the folder $run, its exit code and the kernel's log go back through a
# port of their own, which nothing that the command prints can forge. From uml.sh
# the same, and they go back into the file $result.
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 TERM=dumb
export PYTHONDONTWRITEBYTECODE=1
# those of a kernel that is not the stock one
[ -z "${modules:-}" ] || mount --bind "$modules" /lib/modules
mount -t tmpfs tmp /run
mount -t tmpfs tmp /tmp
mount -t debugfs debug /sys/kernel/debug 2>/dev/null
mkdir -p /dev/pts /run/netns /var/lib/misc
mount -t devpts pts /dev/pts 2>/dev/null
hostname br-sg-guest
ip link set lo up
dmesg -n 1
: "${result:=/dev/virtio-ports/result}"
if [ ! -e "$result" ]; then
	mkdir -p /dev/virtio-ports
	for p in /sys/class/virtio-ports/*; do
		[ "$(cat "$p/name")" = result ] && result=/dev/${p##*/}
	done
fi
cd /br_sg || exit 1
modprobe tun
bash "/br_sg/$run/command" </dev/null 2>&1
code=$?
{
	echo "exit $code"
	dmesg
	echo "end of log"
} >"$result"
sync
[ -e /proc/sysrq-trigger ] || busybox poweroff -f
# in memory before the disk goes: a first process that ends is a panic
sleep 0.1
echo o >/proc/sysrq-trigger
sleep 60
