#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Every file says its licence in its first lines. TAP.
cd "$(dirname "$0")/../.." || exit 1
echo "TAP version 13"
echo "1..1"
missing=$(git ls-files | while read -r f; do
	case $f in
	# no comments in them
	*.md|*.json|selftests/tool/golden/*) continue ;;
	esac
	[ -f "$f" ] && ! head -n 4 "$f" | grep -q SPDX-License-Identifier &&
		echo "$f"
done)
if [ -z "$missing" ]; then
	echo "ok 1 every file has an SPDX line"
else
	echo "not ok 1 every file has an SPDX line"
	echo "$missing" | sed 's/^/# /'
	exit 1
fi
