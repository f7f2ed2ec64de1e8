// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Valid messages, mutated: whatever the kernel says to them, it says it, and
 * the next who comes is served.
 */
#include <netlink/genl/genl.h>

#include "client.h"

#define ROUNDS	5000

static uint64_t state;

static uint32_t rnd(uint32_t below)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return ((state * 0x2545f4914f6cdd1dULL) >> 32) % below;
}

static const char *const seeds[] = {
	"STATUS_GET", "BEGIN flags:1 generation:0", "COMMIT flags:1", "ABORT",
	"FLUSH", "DEFAULT_NEW op:2 default{pattern:tap* verdict:2 cookie:1}",
	"DEFAULT_DEL default{pattern:tap*}", "DEFAULT_GET*",
	"SET_NEW op:2 set{name:s cookie:2} set{name:x}", "SET_DEL set{name:s}",
	"SET_GET*", "GROUP_NEW op:2 group{name:g stateless cookie:3}",
	"GROUP_DEL group{name:g}", "GROUP_GET*",
	"ADDRS_NEW op:2 addrs{set:s addr:10.0.0.1 addr:10.0.0.0/8 addr:fe80::1 "
	"addr:2001:db8::/32 cookie:4}",
	"ADDRS_NEW op:2 addrs{group:g addr:10.0.0.1} addrs{set:s addr:::/0}",
	"ADDRS_DEL addrs{set:s addr:10.0.0.1 addr:fe80::1}", "ADDRS_GET*",
	"RULE_NEW op:2 rule{group:g id:1 direction:0 family:2 proto:6 min:1 "
	"max:9 remote:10.0.0.0/8 cookie:5}",
	"RULE_NEW op:2 rule{group:g id:2 direction:1 proto:58 type:1 code:2 "
	"remote_group:h} rule{group:h id:1 direction:0 remote_set:s}",
	"RULE_DEL rule{group:g id:1}", "RULE_GET*",
	"PORT_NEW op:2 port{dev:tap1 uuid:00112233445566778899aabbccddeeff "
	"mac:2:0:0:0:0:1 mode:0 strict any_source zone:5 ip:10.0.0.1 ip:fe80::1 "
	"pair:10.1.0.0/16@2:0:0:0:0:2 pair:2001:db8::/64 group:g group:h "
	"dhcp:10.0.0.3 ethertype:0x88b5 ethertype:0x9000 cookie:6}",
	"PORT_DEL port{dev:tap1}", "PORT_GET*", "PORT_GET port{dev:tap1}",
	"PORT_GET port{uuid:00112233445566778899aabbccddeeff}",
	"COUNTER_GET*", "COUNTER_GET* port{dev:tap1}",
	"COMMIT flags:2", "SHADOW_COMMIT generation:1", "SHADOW_DROP",
	"SET_GET* flags:1", "PORT_GET* flags:1", "COUNTER_GET* flags:1",
	"FLOW_GET* flags:1", "FLOW_GET* port{dev:tap1}",
};

/* from genlmsghdr on, so that an answer is owed */
static void mutate(struct nlmsghdr *nlh, size_t room)
{
	uint8_t *data = nlmsg_data(nlh);
	uint32_t len = nlmsg_datalen(nlh), at, from, n;
	uint32_t rounds = 1 + rnd(8) / 6;

	while (rounds--) {
		at = rnd(len);
		switch (rnd(8)) {
		case 0:
			data[at] ^= 1 << rnd(8);
			break;
		case 1:
			data[at] = rnd(256);
			break;
		case 2:
			/* what a type or a length would be */
			at &= ~1U;
			data[at] = rnd(24);
			data[at + 1] = 0;
			break;
		case 3:
			if (len > 8)
				len -= rnd(len - 4);
			break;
		case 4:
			n = rnd(64);
			if (len + n < room) {
				memset(data + len, rnd(2) ? 0 : 0xff, n);
				len += n;
			}
			break;
		case 5:
			/* something twice, or somewhere else */
			from = rnd(len);
			n = rnd(len - (from > at ? from : at)) & ~3U;
			memmove(data + at, data + from, n);
			break;
		case 6:
			at &= ~3U;
			data[at] = rnd(4) ? 255 : 0;
			data[at + 1] = rnd(2) ? 255 : 0x80;
			break;
		case 7:
			if (!rnd(4))
				data[0] = rnd(BR_SG_CMD_MAX + 3);
			break;
		}
	}
	nlh->nlmsg_len = NLMSG_HDRLEN + len;
}

static const char *const base[] = {
	"BEGIN flags:1", "SET_NEW op:1 set{name:s}",
	"GROUP_NEW op:1 group{name:g} group{name:h}", NULL,
};

void test_fuzz(uint64_t seed)
{
	unsigned int i, taken = 0, lost = 0, ill = 0, open = 0;
	struct message m;
	struct client c;

	state = seed * 2 + 1;
	client_open(&c);
	for (i = 0; i < ROUNDS; i++) {
		/* once in a while what was taken goes into force */
		if (!rnd(50))
			tell(&c, "COMMIT");
		if (!open) {
			tell(&c, "ABORT");
			all_said(&c, base);
		}
		m = message_text(seeds[rnd(ARRAY_SIZE(seeds))]);
		if (rnd(10))
			mutate(nlmsg_hdr(m.nl), 4000);
		client_send(&c, &m);
		message_free(&m);
		lost += c.a.err == -ETIMEDOUT;
		ill += c.a.bad;
		taken += !c.a.err;
		open = c.a.err == 0;
		if (lost)
			break;
	}
	note("seed %llu: %u of %u messages were taken",
	     (unsigned long long)seed, taken, i);
	ok(!lost, "%u mutated messages are answered", ROUNDS);
	ok(!ill, "and every reply to them is well-formed");
	tell(&c, "ABORT");
	ok(TRANSACTS(&c, "SET_NEW op:1 set{name:after}",
		     "PORT_NEW op:1 port{dev:t mode:1}") &&
	   shows(&c, "SET_GET*", "set{name:after count:0}") &&
	   shows(&c, "PORT_GET*", "port{dev:t mode:1 state:0}"),
	   "afterwards a transaction is as before");
	TRANSACTS(&c, "FLUSH");
	client_close(&c);
}
