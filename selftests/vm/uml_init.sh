#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# First process under User Mode Linux: what init.sh does for the VM, hands over.
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
mount -t proc proc /proc
mount -t sysfs sys /sys
[ -e /dev/null ] || mount -t devtmpfs dev /dev
exec /bin/bash /br_sg/selftests/vm/guest.sh
