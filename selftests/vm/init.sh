#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0-or-later
# First process of the VM: mounts the guest's disk and the project, hands over.
B=/bin/busybox
$B mount -t proc proc /proc
$B mount -t sysfs sys /sys
$B mount -t devtmpfs dev /dev
# a kernel that brings modules of its own has built in what is loaded here
if [ -z "${modules:-}" ]; then
	for m in $($B cat /modules/order); do
		$B insmod "/modules/$m" || echo "initramfs: $m failed"
	done
fi
i=0
while [ ! -b /dev/vda ] && [ $i -lt 100 ]; do
	$B sleep 0.1
	i=$((i + 1))
done
$B mount -t ext4 -o noatime /dev/vda /root || echo "initramfs: no root"
$B mount -t 9p -o trans=virtio,version=9p2000.L,ro,msize=262144,cache=loose \
	project /root/br_sg || echo "initramfs: no project"
for d in proc sys dev; do
	$B mount --move /$d /root/$d
done
exec $B switch_root /root /bin/bash /br_sg/selftests/vm/guest.sh
