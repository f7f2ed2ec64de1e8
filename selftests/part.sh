# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# The parts of a check and their sum, for scripts that stand in the project's folder

mkdir -p build
begin=$SECONDS
passed=0 failed=0 skipped=0 times=

# a part without a result of its own is one failure
part()
{
	local name=$1 start=$SECONDS code p f s
	shift
	echo "##### $name"
	rm -f build/result
	"$@"
	code=$?
	if read -r p f s 2>/dev/null <build/result; then
		passed=$((passed + p)) failed=$((failed + f))
		skipped=$((skipped + s))
		[ $code != 0 ] && [ "$f" = 0 ] && failed=$((failed + 1))
	elif [ $code = 0 ]; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "##### $name FAILED"
	fi
	times="$times
$(printf '# %-10s %4ds' "$name" $((SECONDS - start)))"
	return $code
}

finish()
{
	echo "$times"
	printf '# %-10s %4ds\n' total $((SECONDS - begin))
	if [ $skipped != 0 ]; then
		echo "$passed passed, $failed failed, $skipped skipped"
	else
		echo "$passed passed, $failed failed"
	fi
	[ $failed = 0 ] && [ $passed != 0 ]
	exit
}
