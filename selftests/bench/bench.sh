#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# make bench: sets up, builds, measures, prints. The last line counts the targets,
# "N passed, N failed". BENCH=quick leaves out what takes long; BENCH_RUNS names
# the runs to do anew ("icount-base control"...), the others' results are kept.
set -u
cd "$(dirname "$0")/../.." || exit 1
out=build/bench
quick='' turns=41
[ "${BENCH:-}" = quick ] && quick=--quick turns=21
begin=$SECONDS

selftests/bench/setup.sh && selftests/bench/build.sh || exit 1

# what is measured: a report may be of several runs, not all of one day
commit=$(git rev-parse --short=12 HEAD 2>/dev/null || echo unknown)
[ -z "$(git status --porcelain --untracked-files=no kmod uapi tool 2>/dev/null)" ] ||
	commit=$commit+

# run NAME COMMAND...: its output into a file; a run that fails has points
# missing, and targets that want them fail
run()
{
	local name=$1 start=$SECONDS
	shift
	[ -z "${BENCH_RUNS:-}" ] || [[ " $BENCH_RUNS " == *" $name "* ]] || return
	echo "$commit" >"$out/$name.commit"
	nice -n 5 "$@" </dev/null >"$out/$name.log" 2>&1 ||
		echo "# $name failed: see $out/$name.log"
	printf '# %-16s %4ds\n' "$name" $((SECONDS - start))
}

guest="env BR_SG_KO=/br_sg/build/uml/module/kmod/br_sg.ko python3 -u selftests/bench"
[ -n "${BENCH_RUNS:-}" ] ||
	rm -f $out/icount-*.log $out/native-*.log $out/control.log \
		$out/count.log $out/changes.log $out/*.commit
# counting does not mind company: two at a time; then, alone, what is timed
# shellcheck disable=SC2086
while read -r kind name mem points; do
	[ "$kind" = icount ] || continue
	while [ "$(jobs -rp | wc -l)" -ge 2 ]; do
		wait -n
	done
	run "icount-$name" selftests/vm/run.sh -i -t 3600 -m "$mem" \
		python3 -u selftests/bench/point.py $points &
done < <(selftests/bench/grid.py $quick)
wait
run changes selftests/vm/run.sh -i -t 3600 -m 6144 \
	python3 -u selftests/bench/changes.py &
run count selftests/vm/run.sh -i -t 1800 -m 3072 \
	python3 -u selftests/bench/control.py --count br_sg nft
wait
# shellcheck disable=SC2086
while read -r kind name mem points; do
	[ "$kind" = native ] || continue
	run "native-$name" selftests/vm/uml.sh -t 1800 -m "$mem" \
		$guest/point.py --rounds $turns $points
done < <(selftests/bench/grid.py $quick)
# shellcheck disable=SC2086
run control selftests/vm/uml.sh -t 1800 -m 3072 $guest/control.py $quick

echo "# $((SECONDS - begin)) seconds"
# shellcheck disable=SC2086
exec selftests/bench/report.py $quick
