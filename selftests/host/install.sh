#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# make install, dkms-install, install-systemd and uninstall as README.md has them, with
# their own paths and the machine's own dkms and depmod, in a mount namespace whose
# /usr/local, /usr/src, /lib/modules, /lib/systemd and /var/lib/dkms are thrown away.
# The module is one of two lines, the kernel the one that build/vm has headers of. TAP.
cd "$(dirname "$0")/../.." || exit 1
. build/vm/env
if [ -z "${in_namespace:-}" ]; then
	why=
	for program in dkms depmod modinfo unshare; do
		command -v $program >/dev/null || why="no $program"
	done
	[ "$(id -u)" = 0 ] && unshare -m true 2>/dev/null || why="no mount namespace"
	[ -z "$why" ] || { echo "1..0 # SKIP $why"; exit 4; }
	work=$(mktemp -d)
	trap 'rm -rf "$work"' EXIT
	in_namespace=1 work=$work unshare -m --propagation private \
		selftests/host/install.sh
	exit
fi

bindir=$work/bin root=$work/root
mkdir -p "$bindir" "$root" "$work"/{src,headers,systemd}
# a tmpfs over what is to be thrown away, and what is needed of it below it again
mount --bind /usr/src "$work/headers"
for dir in /usr/local /usr/src /lib/modules /var/lib/dkms /lib/systemd; do
	mkdir -p "$dir"
	mount -t tmpfs tmp "$dir" || { echo "Bail out! no tmpfs on $dir"; exit 1; }
done
for dir in "$work"/headers/*; do
	if [ -L "$dir" ]; then
		cp -P "$dir" /usr/src/
	else
		mkdir "/usr/src/${dir##*/}" &&
			mount --bind "$dir" "/usr/src/${dir##*/}"
	fi
done
mkdir -p "/lib/modules/$vm_release" "$root/lib/modules/$vm_release"
ln -s "$vm_kdir" "/lib/modules/$vm_release/build"
touch "/lib/modules/$vm_release/modules."{order,builtin,builtin.modinfo}
# this machine runs the kernel of the tests, for make as for dkms
printf '#!/bin/sh\n[ "$*" != -r ] || exec echo %s\nexec %s "$@"\n' "$vm_release" \
	"$(command -v uname)" >"$bindir/uname"
chmod 755 "$bindir/uname"
export PATH=$bindir:$PATH
unset MAKEFLAGS MAKELEVEL MFLAGS

# the project with a module that builds in no time
tar -c --exclude=./build --exclude=./.git --exclude='*.o' --exclude='*.ko' \
	--exclude='*.cmd' . | tar -x -C "$work/src"
cd "$work/src" || exit 1
rm -f kmod/*
cat >kmod/Kbuild <<'END'
obj-m := br_sg.o
br_sg-y := main.o
br_sg-version := $(shell sed -n 's/^PACKAGE_VERSION="\(.*\)"/\1/p' $(src)/../dkms.conf)
ccflags-y := -DBR_SG_VERSION='"$(br_sg-version)"'
END
cat >kmod/main.c <<'END'
#include <linux/module.h>
MODULE_LICENSE("GPL");
MODULE_VERSION(BR_SG_VERSION);
MODULE_INFO(run, "1");
END
touch kmod/conftest.sh
marker() { sed -i "s/(run, \".*\")/(run, \"$1\")/" kmod/main.c; }
version() { sed -i "s/^PACKAGE_VERSION=.*/PACKAGE_VERSION=\"$1\"/" dkms.conf; }

n=0 failed=0
t()
{
	n=$((n + 1))
	local name=$1
	shift
	if "$@" >"$work/out" 2>&1; then
		echo "ok $n $name"
	else
		echo "not ok $n $name"
		sed 's/^/# /' "$work/out" | tail -n 30
		failed=1
	fi
}
# the module that modprobe would take is VERSION and of RUN, and there is no other
is()
{
	local name
	name=$(modinfo -k "$vm_release" -n br_sg)
	find /lib/modules -name 'br_sg.ko*'
	echo "modinfo -n: $name $(modinfo -F version "$name") $(modinfo -F run "$name")"
	[ "$(find /lib/modules -name 'br_sg.ko*' | wc -l)" = 1 ] &&
		[ "$(modinfo -F version "$name")" = "$1" ] &&
		[ "$(modinfo -F run "$name")" = "$2" ] &&
		[[ -z "${3:-}" || $name = */$3/br_sg.ko* ]]
}
quiet()
{
	! grep -iE 'openssl|ssl error|sign-file|SIGN |warning|error|depmod' "$work/noise" |
		grep -vE 'Skipping BTF|^(cc|gcc) |^  DEPMOD'
}
dkms_has() { dkms status -m br_sg; [ "$(dkms status -m br_sg | sed 's/,.*: / /')" = "$1" ]; }
fails() { ! "$@"; }
noted() { "$@" >"$work/noise" 2>&1 || { cat "$work/noise"; return 1; }; }
says() { grep -q "$1" "$work/noise" || { cat "$work/noise"; return 1; }; }
left()
{
	(cd / && find usr/local lib/modules lib/systemd var/lib/dkms usr/src -type f -path '*br[_-]sg*' \
		-o -name 'sgctl*' -type f -print) | grep .
}

echo "TAP version 13"
t "make install" noted make install
t "prints nothing of OpenSSL, keys and depmod" quiet
t "the module is the one that modprobe takes" is 0.2.0 1 updates/kmod
marker 2
t "make install once more" noted make install
t "and it is the new one" is 0.2.0 2 updates/kmod
marker 3
t "make && make install && make dkms-install" \
	noted sh -c 'make && make install && make dkms-install'
t "the module is dkms's and no other is left" is 0.2.0 3 updates/dkms
t "dkms says installed" dkms_has "br_sg/0.2.0 installed"
marker 4
t "the same once more" noted sh -c 'make && make install && make dkms-install'
t "make install has said that dkms has it" says "dkms has put .*: make dkms-install replaces it"
t "the same version was replaced" is 0.2.0 4 updates/dkms
# a version that does not build must not cost the one that runs
sed -i '$a #error none' kmod/main.c
t "the same version that does not build is refused" fails noted make dkms-install
t "with a sentence" says "br_sg 0.2.0 does not build; what was installed stays"
t "the module stays" is 0.2.0 4 updates/dkms
t "its source folder too" grep -q '"4"' /usr/src/br_sg-0.2.0/kmod/main.c
t "and dkms has it as before" dkms_has "br_sg/0.2.0 installed"
version 0.3.0
t "a newer version that does not build is refused" fails noted make dkms-install
t "the older one stays" is 0.2.0 4 updates/dkms
t "dkms has it as before, and nothing else" dkms_has "br_sg/0.2.0 installed"
t "no source folder of the newer one is left" \
	sh -c 'ls -d /usr/src/br_sg-*; [ "$(ls -d /usr/src/br_sg-*)" = /usr/src/br_sg-0.2.0 ]'
sed -i '/#error/d' kmod/main.c
marker 5
t "a newer version" noted sh -c 'make && make install && make dkms-install'
t "is in place of the older one" is 0.3.0 5 updates/dkms
t "dkms has it alone" dkms_has "br_sg/0.3.0 installed"
version 0.1.9
t "an older version on purpose" noted make dkms-install
t "is in place of the newer one" is 0.1.9 5 updates/dkms
# what the first versions left: dkms knows the version, its source folder is gone
rm -rf /usr/src/br_sg-0.1.9
t "the source folder was lost" noted make dkms-install
t "it is there again" is 0.1.9 5 updates/dkms
t "make install-systemd" noted make install-systemd
t "make uninstall" noted make uninstall
t "leaves nothing of dkms" dkms_has ""
t "and no file" fails left
t "make uninstall once more" noted make uninstall
before=$(find /lib/modules /usr/local /usr/src -maxdepth 2 | sort)
t "DESTDIR: make install install-systemd" \
	noted make install install-systemd DESTDIR="$root" PREFIX=/usr
t "prints nothing of OpenSSL, keys and depmod either" quiet
t "puts the module there, and depmod is left to who unpacks it" sh -c "
	find $root; [ -f $root/lib/modules/$vm_release/updates/kmod/br_sg.ko ] &&
	! find $root -name 'modules.dep*' | grep ."
t "and nothing anywhere else" \
	[ "$before" = "$(find /lib/modules /usr/local /usr/src -maxdepth 2 | sort)" ]
t "DESTDIR: make dkms-install is refused" fails noted make dkms-install DESTDIR="$root"
t "with a sentence" says "dkms is this machine's and takes no DESTDIR"
t "DESTDIR: make uninstall" noted make uninstall DESTDIR="$root" PREFIX=/usr
t "leaves no file" fails sh -c "find $root -type f | grep ."
echo "1..$n"
exit $failed
