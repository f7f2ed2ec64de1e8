// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Frames that were right once, bent a few bytes at a time, through the fuzzing
 * entry point: the sanitizers and its own requirements are the test. A failure
 * aborts; the seed that is printed runs it again.
 */
#include "desc.h"
#include "tap.h"

#define ITERATIONS	300000

static const struct desc seeds[] = {
	{ .kind = ARP }, { .proto = 6 }, { .proto = 17 }, { .proto = 1 },
	{ .proto = 2 }, { .frag = FIRST }, { .frag = REST },
	{ .kind = IP6, .proto = 6 }, { .kind = IP6, .ext = 3 },
	{ .kind = IP6, .proto = 58, .type = 135, .n_options = 2 },
	{ .kind = IP6, .proto = 58, .type = 136, .n_options = 1, .ext = 1 },
	{ .kind = IP6, .proto = 58, .type = 134, .n_options = 2 },
	{ .kind = IP6, .proto = 58, .type = 133, .n_options = 1 },
	{ .kind = IP6, .proto = 58, .type = 143 },
	{ .kind = IP6, .frag = FIRST, .ext = 2 },
	{ .kind = IP6, .frag = REST }, { .kind = IP6, .frag = ATOMIC, .proto = 6 },
	{ .from = "0.0.0.0", .to = "255.255.255.255", .sport = 68, .dport = 67 },
	{ .tag = BAND_Q }, { .kind = LLC }, { .kind = ETHER, .ethertype = 0x8035 },
};

static void mutate(u8 *b, int *len)
{
	static const u8 some[] = {
		0, 1, 2, 4, 5, 6, 8, 17, 43, 44, 50, 51, 58, 59, 60, 127, 128, 255,
	};
	int at = FUZZ_CONTROL +
		 rnd_below(*len > FUZZ_CONTROL ? *len - FUZZ_CONTROL : 1);

	switch (rnd_below(6)) {
	case 0:
		b[at] ^= 1 << rnd_below(8);
		break;
	case 1:
		b[at] = rnd();
		break;
	case 2:
		b[at] = some[rnd_below(sizeof(some))];
		break;
	case 3:
		*len = FUZZ_CONTROL + rnd_below(*len - FUZZ_CONTROL + 1);
		break;
	case 4:
		while (*len < 400 && rnd_below(20))
			b[(*len)++] = rnd();
		break;
	case 5:
		/* around the places where lengths and kinds are */
		b[FUZZ_CONTROL + 12 + rnd_below(12)] = some[rnd_below(sizeof(some))];
		break;
	}
}

int main(int argc, char **argv)
{
	static struct pkt p;
	static u8 b[FUZZ_CONTROL + PKT_MAX];
	int i, n, len;

	rnd_seed(argc, argv);
	for (i = 0; i < ITERATIONS; i++) {
		desc_build(&seeds[rnd_below(ARRAY_SIZE(seeds))], &p);
		for (n = 0; n < FUZZ_CONTROL; n++)
			b[n] = rnd();
		b[1] = rnd_below(2) ? 0 : rnd_below(80);
		b[2] = rnd_below(4) ? 8 : rnd();
		/* a sum often begins where a header does, and is meant for it */
		b[9] = rnd_below(2) ? 2 + 34 : 2 + 54;
		b[10] = rnd_below(2) ? 16 : rnd_below(20);
		memcpy(b + FUZZ_CONTROL, p.b, p.len);
		len = FUZZ_CONTROL + p.len;
		for (n = rnd_below(5); n >= 0; n--)
			mutate(b, &len);
		LLVMFuzzerTestOneInput(b, len);
	}
	ok(true, "%d mutated frames", ITERATIONS);
	return tap_plan();
}
