#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# run_list.sh PROGRAM...: runs test programs one after another, here or in a VM,
# with marks around each that tap.py reads. With BR_SG_LOG=1 the kernel's log is
# looked at after each, so that a splat has a name.
cd "$(dirname "$0")" || exit 1
. vm/log.sh

for program; do
	echo "=== begin $program"
	start=$SECONDS
	[ -n "${BR_SG_LOG:-}" ] && before=$(dmesg | wc -l)
	"./$program" </dev/null
	code=$?
	log=clean
	if [ -n "${BR_SG_LOG:-}" ]; then
		dmesg | tail -n +$((before + 1)) >/tmp/run_list.log
		log_bad /tmp/run_list.log && log=dirty
	fi
	echo "=== end $program exit=$code log=$log seconds=$((SECONDS - start))"
done
