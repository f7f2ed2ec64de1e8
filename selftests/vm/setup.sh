#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Makes what the tests need, under build/: Debian 12's stock kernel unpacked,
# its headers, a guest root as a disk image, an initramfs. Installs the packages
# that building and QEMU need. Nothing is loaded, started or configured on this
# machine. What is there already is kept; build/vm.env says where things are.
set -u
cd "$(dirname "$0")/../.." || exit 1
top=$PWD
out=$top/build/vm

# building, checking, running a VM
host_packages="gcc make flex bison bc libelf-dev libssl-dev pkg-config libmnl-dev
	libjansson-dev libnl-3-dev libnl-genl-3-dev sparse perl python3
	python3-yaml python3-jsonschema valgrind qemu-system-x86 mmdebstrap busybox-static
	cpio e2fsprogs kmod rsync dkms git ca-certificates linux-headers-amd64"
# what the tests use in the guest
guest_packages="iproute2 iputils-ping iputils-arping nftables iptables conntrack
	python3-minimal python3 kmod procps ethtool socat netcat-openbsd tcpdump
	openvswitch-switch dnsmasq-base busybox libmnl0 libjansson4 libnl-3-200
	libnl-genl-3-200 libcap2-bin util-linux mount psmisc ipset python3-jsonschema"

. selftests/vm/apt.sh

[ "$(. /etc/os-release 2>/dev/null; echo "${VERSION_CODENAME:-}")" = bookworm ] ||
	die "the tests set themselves up on Debian 12 (bookworm) only; build with make KDIR=..."
[ "$(uname -m)" = x86_64 ] || die "the VM is x86_64, this machine is $(uname -m)"

mkdir -p "$out" || die "cannot make $out"
# shellcheck disable=SC2086
apt_have $host_packages

# the headers that are installed decide the kernel: both must be of a version
headers=$(apt-cache depends linux-headers-amd64 2>/dev/null |
	sed -n 's/.*Depends: \(linux-headers-.*-amd64\)$/\1/p' | head -n 1)
[ -n "$headers" ] || die "no linux-headers package: is bookworm in the apt sources?"
release=${headers#linux-headers-}
image=linux-image-$release
apt_have "$headers"
version=$(dpkg-query -W -f '${Version}' "$headers")

key=$(echo "$version $guest_packages $(cat selftests/vm/{setup,init}.sh)" | sha256sum | cut -c1-16)
if [ "$(cat "$out/key" 2>/dev/null)" = "$key" ]; then
	exit 0
fi
rm -f "$out/key"

echo "setup: kernel $release ($version)"
rm -rf "$out/kernel" "$out/deb"
mkdir -p "$out/kernel"
apt_fetch "$image=$version"
dpkg-deb -x "$out"/deb/linux-image-*.deb "$out/kernel" ||
	die "cannot unpack $image"
depmod -b "$out/kernel" "$release" || die "depmod failed for $release"

echo "setup: guest root"
# the machine's own sources, so that a mirror that works here is used
sources=$(mktemp)
cat /etc/apt/sources.list /etc/apt/sources.list.d/*debian*.list \
	2>/dev/null | grep -E '^deb .*bookworm' >"$sources"
set --
for f in /etc/apt/sources.list.d/*.sources; do
	[ -f "$f" ] && grep -q bookworm "$f" && set -- "$@" "$f"
done
[ -s "$sources" ] && set -- "$@" "$sources"
# shellcheck disable=SC2086
include=$(echo $guest_packages | tr ' ' ,)
# not systemd's or a desktop's work: only programs, no daemon is started
$as_root mmdebstrap --quiet --variant=apt --format=tar \
	--aptopt='Apt::Install-Recommends "false"' \
	--dpkgopt='path-exclude=/usr/share/doc/*' \
	--dpkgopt='path-exclude=/usr/share/locale/*' \
	--dpkgopt='path-exclude=/usr/share/man/*' \
	--include="$include" bookworm "$out/root.tar" "$@" \
	>"$out/mmdebstrap.log" 2>&1 ||
	die "no guest root: see build/vm/mmdebstrap.log"
rm -f "$sources"
rm -rf "$out/root"
mkdir "$out/root"
$as_root tar -C "$out/root" -xf "$out/root.tar" --exclude='./dev/*' ||
	die "cannot unpack the guest root"
$as_root mkdir -p "$out/root/lib/modules" "$out/root/br_sg"
$as_root cp -a "$out/kernel/lib/modules/$release" "$out/root/lib/modules/"
$as_root rm -rf "$out/root/lib/modules/$release/kernel/drivers/"{gpu,media,infiniband,scsi,usb,iio,staging,hwmon,input,ata,mmc,mtd,platform,md} \
	"$out/root/lib/modules/$release/kernel/"{sound,arch/x86/kvm} \
	"$out/root/lib/modules/$release/kernel/fs/"{btrfs,xfs,ocfs2,gfs2,ceph,nfs,nfsd,smb,cifs,f2fs,reiserfs,jfs} \
	"$out/root/lib/modules/$release/kernel/drivers/net/"{wireless,ethernet} \
	"$out/root/var/cache/apt" "$out/root/var/lib/apt/lists"
$as_root depmod -b "$out/root" "$release" 2>/dev/null
echo "br-sg-guest" | $as_root tee "$out/root/etc/hostname" >/dev/null
size=$(($($as_root du -sm "$out/root" | cut -f1) + 400))
rm -f "$out/root.img"
$as_root mke2fs -q -t ext4 -O '^has_journal' -d "$out/root" -L root \
	"$out/root.img" "${size}M" || die "cannot make the guest's disk"
$as_root chmod 644 "$out/root.img"
$as_root rm -rf "$out/root" "$out/root.tar"

echo "setup: initramfs"
ram=$out/initramfs
rm -rf "$ram"
mkdir -p "$ram"/{bin,modules,proc,sys,dev,root}
cp "$(command -v busybox)" "$ram/bin/busybox"
# in the order in which they depend on each other
list=$out/kernel/lib/modules/$release
: >"$ram/modules/order"
for m in virtio_pci virtio_blk ext4 9pnet_virtio 9p overlay virtio_console; do
	modprobe -d "$out/kernel" -S "$release" --show-depends "$m" 2>/dev/null |
		sed -n 's/^insmod \([^ ]*\).*/\1/p'
done | awk '!seen[$0]++' | while read -r ko; do
	cp "$ko" "$ram/modules/" && basename "$ko" >>"$ram/modules/order"
done
[ -s "$ram/modules/order" ] || die "no virtio modules in $list"
cp selftests/vm/init.sh "$ram/init"
chmod 755 "$ram/init"
(cd "$ram" && find . | cpio -o -H newc --quiet | gzip -1) >"$out/initramfs.gz" ||
	die "cannot pack the initramfs"

cat >"$out/env" <<END
vm_release=$release
vm_kernel=$out/kernel/boot/vmlinuz-$release
vm_initramfs=$out/initramfs.gz
vm_root=$out/root.img
vm_kdir=/usr/src/linux-headers-$release
END
rm -rf "$out/deb"
echo "$key" >"$out/key"
