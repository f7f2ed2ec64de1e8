#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# checkpatch --strict over the C sources, TAP: a test a file. Debian has
# checkpatch only in the kernel's source package, which is fetched once.
cd "$(dirname "$0")/.." || exit 1
dir=build/checkpatch
if ! [ -f $dir/checkpatch.pl ]; then
	mkdir -p $dir/deb
	echo "# fetching linux-source-6.1 for checkpatch.pl"
	(cd $dir/deb && apt-get download -qq linux-source-6.1 &&
		dpkg-deb --fsys-tarfile linux-source-6.1_*.deb |
		tar -xO ./usr/src/linux-source-6.1.tar.xz |
		tar -xJ --strip-components=2 -C .. \
			linux-source-6.1/scripts/{checkpatch.pl,spelling.txt,const_structs.checkpatch}
	) >$dir/log 2>&1 || {
		echo "style.sh: cannot fetch linux-source-6.1: see $dir/log" >&2
		exit 1
	}
	rm -rf $dir/deb
fi
checkpatch=$dir/checkpatch.pl
mapfile -t files < <(git ls-files -co --exclude-standard 'kmod/*.[ch]' \
	'tool/*.[ch]' 'uapi/linux/*.h' 'selftests/*.[ch]' | sort)
echo "TAP version 13"
echo "1..${#files[@]}"
n=0 failed=0
for f in "${files[@]}"; do
	n=$((n + 1))
	ignore=SPLIT_STRING,FILE_PATH_CHANGES,EMAIL_SUBJECT
	case $f in
	# BIT() is not for userspace
	uapi/*) ignore=$ignore,BIT_MACRO ;;
	# userspace has printf, strtol and its own integer types
	tool/*|selftests/*) ignore=$ignore,PREFER_KERNEL_TYPES,SSCANF_TO_KSTRTO,NEW_TYPEDEFS,CAMELCASE,AVOID_EXTERNS,SSCANF ;;
	esac
	if out=$(perl "$checkpatch" --no-tree -f --strict -q --ignore "$ignore" \
		"$f" 2>&1) && [ -z "$out" ]; then
		echo "ok $n $f"
	else
		echo "not ok $n $f"
		echo "$out" | sed 's/^/# /' | head -n 20
		failed=1
	fi
done
exit $failed
