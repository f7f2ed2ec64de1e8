#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# dkms add, build, install, remove for the stock kernel, in trees of its own:
# nothing of the machine's is touched. TAP.
cd "$(dirname "$0")/.." || exit 1
. build/vm/env
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work"/{src,tree,modules,root}
cp -a "build/vm/kernel/lib/modules/$vm_release" "$work/modules/$vm_release"
rm -f "$work/modules/$vm_release"/{build,source}
ln -s "$vm_kdir" "$work/modules/$vm_release/build"
version=$(sed -n 's/^PACKAGE_VERSION="\(.*\)"/\1/p' dkms.conf)
opts="--sourcetree $work/src --dkmstree $work/tree --installtree $work/modules -k $vm_release --kernelsourcedir $vm_kdir --no-depmod"
# dkms with our trees in place of the machine's
cat >"$work/dkms_with" <<END
#!/bin/sh
verb=\$1
shift
case \$verb in
add) exec dkms add --sourcetree $work/src --dkmstree $work/tree "\$@" ;;
*) dkms \$verb $opts "\$@" || { tail -n 30 $work/tree/br_sg/*/build/make.log; exit 1; } ;;
esac
END
chmod 755 "$work/dkms_with"
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
installed()
{
	modinfo -F version "$(find "$work/modules" -name 'br_sg.ko*')" |
		grep -qx "$version"
}
gone()
{
	[ -z "$(find "$work/modules" "$work/tree" -name 'br_sg.ko*')" ]
}
quiet()
{
	! grep -i deprecated "$work/out.install"
}
echo "TAP version 13"
echo "1..8"
t "make dkms-install adds, builds and installs" \
	bash -c "make dkms-install DKMS_SRC='$work/src' DKMS='$work/dkms_with' 2>&1 | tee '$work/out.install'; exit \${PIPESTATUS[0]}"
t "dkms complains of nothing deprecated" quiet
t "the installed module has the package's version" installed
t "once more the same version is replaced" \
	make dkms-install DKMS_SRC="$work/src" DKMS="$work/dkms_with"
t "the installed module is still there" installed
# shellcheck disable=SC2086
t "dkms status says installed" \
	bash -c "dkms status --dkmstree '$work/tree' -m br_sg -v $version | grep -q 'installed'"
# shellcheck disable=SC2086
t "dkms remove" dkms remove $opts -m br_sg -v "$version"
t "nothing is left" gone
exit $failed
