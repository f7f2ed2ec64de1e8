#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# checkpatch --strict over the C sources, TAP: a test a file.
cd "$(dirname "$0")/.." || exit 1
checkpatch=$(ls -d /usr/src/linux-headers-*-common/scripts/checkpatch.pl \
	2>/dev/null | sort -V | tail -n 1)
if [ -z "$checkpatch" ]; then
	echo "style.sh: no checkpatch.pl: apt install linux-headers-amd64" >&2
	exit 1
fi
mapfile -t files < <(git ls-files -co --exclude-standard 'kmod/*.[ch]' \
	'tool/*.[ch]' 'uapi/linux/*.h' 'selftests/*.[ch]' | sort)
echo "TAP version 13"
echo "1..$((${#files[@]} + 1))"
n=0 failed=0
for f in "${files[@]}"; do
	n=$((n + 1))
	ignore=SPLIT_STRING,FILE_PATH_CHANGES,EMAIL_SUBJECT
	case $f in
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
n=$((n + 1))
# every file says its licence
missing=$(git ls-files -co --exclude-standard | while read -r f; do
	case $f in
	*.md|*.json|LICENSES/*|selftests/tool/golden/*) continue ;;
	esac
	[ -f "$f" ] && ! head -n 4 "$f" | grep -q SPDX-License-Identifier &&
		echo "$f"
done)
if [ -z "$missing" ]; then
	echo "ok $n every file has an SPDX line"
else
	echo "not ok $n every file has an SPDX line"
	echo "$missing" | sed 's/^/# /'
	failed=1
fi
exit $failed
