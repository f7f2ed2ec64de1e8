/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * TAP for the unit tests, and their random numbers. A program calls
 * tap_plan() last, which gives its exit status.
 */
#ifndef UNIT_TAP_H
#define UNIT_TAP_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

static int tap_done;
static int tap_failed;

static inline void tap_start(void)
{
	static bool started;

	if (!started)
		printf("TAP version 13\n");
	started = true;
}

__attribute__((format(printf, 2, 3)))
static inline bool ok(bool good, const char *fmt, ...)
{
	va_list ap;

	tap_start();
	tap_done++;
	tap_failed += !good;
	printf("%sok %d - ", good ? "" : "not ", tap_done);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
	fflush(stdout);
	return good;
}

static inline int tap_plan(void)
{
	printf("1..%d\n", tap_done);
	return tap_failed ? 1 : 0;
}

static uint64_t rnd_state = 0x9e3779b97f4a7c15ULL;

static inline uint64_t rnd(void)
{
	rnd_state ^= rnd_state << 13;
	rnd_state ^= rnd_state >> 7;
	rnd_state ^= rnd_state << 17;
	return rnd_state * 0x2545f4914f6cdd1dULL;
}

/* 0 to n - 1 */
static inline uint32_t rnd_below(uint32_t n)
{
	return (rnd() >> 32) % n;
}

/* another seed by argument, printed to run it again */
static inline void rnd_seed(int argc, char **argv)
{
	if (argc > 1)
		rnd_state = strtoull(argv[1], NULL, 0) | 1;
	tap_start();
	printf("# seed 0x%llx\n", (unsigned long long)rnd_state);
}

#endif
