# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Sourced. bench_helpers FOLDER: builds there the two C programs of the bench.
bench_helpers()
{
	mkdir -p "$1" &&
		"${CC:-gcc}" -O2 -Wall -Wextra -Werror -o "$1/timed" \
			selftests/bench/timed.c &&
		"${CC:-gcc}" -O2 -Wall -Wextra -Werror -shared -fPIC \
			-o "$1/inside.so" selftests/bench/inside.c
}
