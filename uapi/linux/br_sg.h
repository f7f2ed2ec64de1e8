/* SPDX-License-Identifier: (GPL-2.0 WITH Linux-syscall-note) OR MIT */
/*
 * br_sg: security groups for the tap ports of Linux bridges
 *
 * This header is the specification of the wire: generic netlink family
 * "br_sg", version 1. uapi/br_sg.yaml says the same for YNL.
 *
 * Rules of the road
 * -----------------
 * - Every command, reading too, needs CAP_NET_ADMIN in the initial user
 *   namespace. A command acts on the network namespace its socket was
 *   opened in.
 * - nlmsg_flags: NLM_F_REQUEST, NLM_F_ACK and, for a dump, NLM_F_DUMP; no
 *   others. genlmsghdr.reserved is 0. Nests carry NLA_F_NESTED. Unknown
 *   attributes, wrong lengths and values out of range are refused: EINVAL or
 *   ERANGE, with the offending attribute's offset and a text in the extended
 *   ack (set NETLINK_EXT_ACK to see it).
 * - An attribute that is not marked "repeated" comes once.
 * - Integers are in host byte order, but addresses, MACs and UUIDs, which are
 *   bytes in the order they have on the wire.
 * - Strings are NUL terminated; the lengths given here are without the NUL.
 *   A name is 1 to 63 printable ASCII characters, neither space nor quote nor
 *   backslash, and does not begin with '#' or '-'. A device and a pattern are
 *   the same without '/' and ':', a device also not "." or "..".
 *
 * Transactions
 * ------------
 * Configuration is changed only by transactions:
 *
 *   BEGIN, then any number of *_NEW, *_DEL and FLUSH, then COMMIT or ABORT.
 *
 * BEGIN makes a candidate, a copy of the configuration in force, that belongs
 * to the socket; what follows on that socket changes the candidate and
 * nothing else. Names that an object refers to (a rule's remote, a port's
 * groups) are resolved at COMMIT, so there the order of messages is free; the
 * group of a RULE and the owner of ADDRS must be in the candidate when they
 * come. COMMIT validates the candidate as a whole and publishes it for all
 * ports at once. When a message of a transaction is refused, the candidate is
 * dropped and nothing has changed: messages that follow are answered EBADFD
 * until the next BEGIN. (What generic netlink itself refuses, before the family
 * sees it, leaves the candidate: an unknown command, a top-level attribute
 * beyond BR_SG_A_MAX, a missing NLA_F_NESTED at top level. Read all acks before
 * COMMIT.) Closing the socket drops the candidate too.
 *
 * An object that is sent may carry a COOKIE, a number of the sender's choice
 * (a line number, say). It lives as long as the candidate. When COMMIT is
 * refused because of that object, the extended ack carries the cookie back as
 * NLMSGERR_ATTR_COOKIE, 8 bytes, host order.
 *
 * A message carries one object or many: the object nest (RULE, PORT, ...) is
 * repeated at top level. One attribute is at most 65,535 bytes and a message
 * must fit the socket's send buffer; 32 KiB per message is a good size.
 *
 * The shadow
 * ----------
 * COMMIT with BR_SG_COMMIT_F_SHADOW validates the candidate and puts it beside
 * what is in force instead: the shadow is asked about every frame that a port in
 * force decides about, and counts those about which it would have decided
 * otherwise, but it decides nothing. There is one in a network namespace; a new
 * one takes its place and counts from 0. A later COMMIT leaves it there, to be
 * compared with what is in force then. It goes with SHADOW_DROP, SHADOW_COMMIT,
 * and with the last port and default that is in force: where there are none it is
 * refused, ENODEV. It has no connections of its own: those of ports in force are
 * judged as if it had just been committed. A port that is off, trusted, stateless
 * or without a line has none that say how the shadow would have judged them:
 * there a packet goes by the direction in which conntrack saw its flow begin or,
 * where conntrack is not asked, may be an answer if its mirror image would be
 * allowed the other way. Fragments are not judged by the rules of a shadow,
 * nor is which zone a bridge would have, nor what is dropped [ct-limit].
 *
 * Dumps
 * -----
 * A dump shows one configuration, however long it takes and whatever is
 * committed meanwhile; each message carries the GENERATION it shows. To read
 * several kinds of object consistently, compare their generations (and
 * STATUS_GET's, for a kind that is empty) and read again when they differ.
 *
 * Commands (request -> reply)
 * --------
 * STATUS_GET   do: nothing -> VERSION, GENERATION, STATUS, ZONE... (as many
 *              as fit, 800 at least: STATUS says in ZONES how many there are,
 *              and ZONE_GET shows them all)
 * BEGIN        do: [FLAGS: BR_SG_BEGIN_F_EMPTY starts from an empty
 *              configuration], [GENERATION: refused with ESTALE unless it is
 *              the one in force] -> ack.
 *              EBUSY: this socket has a transaction, or BR_SG_MAX_CANDIDATES
 *              are open in this network namespace.
 * COMMIT       do: [FLAGS: BR_SG_COMMIT_F_DRY_RUN validates, drops the
 *              candidate and publishes nothing; BR_SG_COMMIT_F_SHADOW makes it
 *              the shadow] -> GENERATION (of what is in force afterwards),
 *              WARNING... (of ports that it blocks, or changes and leaves so).
 *              ESTALE: another writer committed since BEGIN.
 *              ENOENT: an object refers to what does not exist.
 *              E2BIG, ENOSPC: a limit below; the text names it.
 * ABORT        do: nothing -> ack. Not an error without a transaction.
 * FLUSH        do: nothing -> ack. Empties the candidate.
 *
 * A *_DEL takes the key named here, and COOKIE, and nothing else.
 *
 * DEFAULT_NEW  do: OP, DEFAULT... -> ack
 * DEFAULT_DEL  do: DEFAULT... (PATTERN)
 * DEFAULT_GET  dump: [FLAGS] -> DEFAULT...
 * SET_NEW      do: OP, SET... -> ack
 * SET_DEL      do: SET... (NAME)
 * SET_GET      dump: [FLAGS] -> SET...
 * GROUP_NEW    do: OP, GROUP... -> ack
 * GROUP_DEL    do: GROUP... (NAME); its members and rules go with it
 * GROUP_GET    dump: [FLAGS] -> GROUP...
 * ADDRS_NEW    do: OP, ADDRS... -> ack
 * ADDRS_DEL    do: ADDRS... (the addresses to take out); ENOENT when one is
 *              not there
 * ADDRS_GET    dump: [FLAGS] -> ADDRS...
 * RULE_NEW     do: OP, RULE... -> ack
 * RULE_DEL     do: RULE... (GROUP and ID)
 * RULE_GET     dump: [FLAGS] -> RULE...
 * PORT_NEW     do: OP, PORT... -> ack
 * PORT_DEL     do: PORT... (DEV)
 * PORT_GET     dump: [FLAGS] -> PORT...
 * PORT_GET     do: [FLAGS], PORT (DEV or UUID) -> GENERATION, PORT; ENOENT
 * COUNTER_GET  dump: [FLAGS], [PORT (DEV or UUID)] -> COUNTER..., all of the port's
 *              (or of every port's) counters, zeros included. They are read
 *              while packets run: each is true for a moment of its own.
 *
 * FLOW_GET     dump: [PORT (DEV or UUID)], [FLAGS: BR_SG_FLOW_F_REVOKED shows
 *              those that a port has revoked] -> FLOW..., the conntrack entries
 *              in which the port (or any port) has a slot. They are read while
 *              packets run, by the policy in force at that moment, which may be
 *              later than GENERATION; what conntrack's table does meanwhile may
 *              show an entry twice or not at all.
 *
 * SHADOW_COMMIT  do: [GENERATION: the number of the shadow] -> GENERATION of what
 *              is in force now: what the shadow was; WARNING as COMMIT. ESTALE: there has been a
 *              COMMIT since it was made, or the number is another. ENOENT.
 * SHADOW_DROP    do: nothing -> ack. ENOENT.
 * BINDING_GET  dump: nothing -> BINDING..., of the devices that ports are
 *              bound to, and of renamed ones, also while they are on no bridge
 * BINDING_RESUME  do: BINDING... -> ack, see "Resuming"
 * ZONE_GET     dump: nothing -> ZONE... (without PORTS), by the present name of a
 *              bridge, and by the last name of one that is gone
 * ZONE_RESUME  do: ZONE... -> ack, see "Resuming"
 *
 * Told unasked
 * ------------
 * The family has two multicast groups. To join one takes CAP_NET_ADMIN in the
 * user namespace of the network namespace; where that is not the initial one
 * nothing is told. Messages have nlmsg_seq and nlmsg_pid 0. A socket that is
 * too slow reads ENOBUFS and has missed some.
 *
 * BR_SG_MCGRP_CONFIG, "config"
 * CONFIG_NTF   event: -> GENERATION of a configuration that has come into
 *              force, by a COMMIT or SHADOW_COMMIT of anybody; in order, each
 *              once.
 * SHADOW_NTF   event: -> GENERATION in force, SHADOW: a shadow was made, came into
 *              force or went. One that another takes the place of is not told
 *              apart: the other was made.
 * BR_SG_MCGRP_EVENTS, "events"
 * EVENT_NTF    event: -> EVENT... for each frame that was dropped, of a port
 *              (and of the devices without port line together) at most 10 a
 *              second; WITHHELD says how many more there were. For each about
 *              which the shadow would have decided otherwise too; a port of the
 *              shadow has its own 10. And for each port that comes near its
 *              conntrack limit, or is blocked for its zone or no more so.
 *
 * The dumps of ADDRS, RULE and COUNTER split a large object over messages:
 * the nests of one object follow each other, each naming its owner.
 *
 * FLAGS of a *_GET, but of FLOW_GET: BR_SG_GET_F_SHADOW shows the shadow: the
 * GENERATION is its number then (SHADOW in STATUS), a PORT has nothing that is of
 * the port in force, and a COUNTER has WOULD; besides the shadow's own ports it
 * shows devices, see BR_SG_WOULD_DROP. ENOENT: there is none.
 * BR_SG_GET_F_CONFIG shows configuration alone: what is read only is left out,
 * so that an object is what a *_NEW takes. A COUNTER is the same with it.
 *
 * Other versions
 * --------------
 * Numbers are never used for anything else, and what is there keeps its meaning;
 * new attributes, commands, flags and values are added. What a module can do is
 * in FEATURE of STATUS, which faults of guarding it does not have any more in
 * ERRATUM: ask these, not VERSION, which may be that of a backport.
 *
 * A program may meet a module that is newer than itself. Attributes that it does
 * not know it skips where it only reads. Who reads an object, changes it and sends
 * it back with BR_SG_OP_REPLACE unsets what it has skipped: it reads with
 * BR_SG_GET_F_CONFIG, and sends what it does not know back as it came, or refuses.
 * (A module without FEATURE_GET_CONFIG has no attribute that this header lacks.)
 *
 * OP says what NEW means: BR_SG_OP_ADD refuses what exists (EEXIST),
 * BR_SG_OP_REPLACE makes or replaces. To replace a GROUP changes its own
 * attributes and leaves members and rules alone; to replace a SET that exists
 * leaves its addresses alone; to replace ADDRS adds the addresses that are
 * not there; to replace a PORT replaces every attribute of it: what is not
 * sent is unset. Only counters stay.
 *
 * Resuming
 * --------
 * The two *_RESUME are of a transaction, as *_NEW is, and take what the two
 * *_GET gave before the module was removed and loaded anew, so that conntrack's
 * entries, which outlive it, are still known. They are no configuration: what
 * has found no use when the transaction is committed is forgotten.
 *
 * A BINDING with SERIAL is used when the port DEV is new in this transaction
 * and the device of that name has IFINDEX: it takes SERIAL, and its policy the
 * version after POLICY_VERSION, so that each of its flows is judged again
 * before it passes. (A POLICY_VERSION of 65535 has none: then it is not used.)
 * One with RENAMED: the device is blocked until a port line names it. The dump
 * is inconsistent (NLM_F_DUMP_INTR) when bindings change meanwhile.
 * EEXIST: the device, or the serial, or the zone is there already in this
 * transaction; at COMMIT: the serial is another port's.
 *
 * A ZONE is used when neither the bridge has a zone nor the zone a bridge, be it
 * there or gone.
 */
#ifndef _UAPI_LINUX_BR_SG_H
#define _UAPI_LINUX_BR_SG_H

#define BR_SG_GENL_NAME		"br_sg"
#define BR_SG_GENL_VERSION	1
#define BR_SG_MCGRP_CONFIG	"config"
#define BR_SG_MCGRP_EVENTS	"events"

/*
 * Limits. Beyond one the transaction is refused and the text names it.
 */
#define BR_SG_NAME_MAX		63	/* characters of a set's or group's name */
#define BR_SG_PATTERN_MAX	31	/* characters of a default's pattern */
#define BR_SG_DEV_MAX		15	/* characters of a device's name */
#define BR_SG_VERSION_MAX	31	/* characters of VERSION */
#define BR_SG_WARNING_MAX	127	/* characters of WARNING */

#define BR_SG_MAX_CANDIDATES	16	/* open transactions in a netns */
#define BR_SG_MAX_DEFAULTS	64
#define BR_SG_MAX_SETS		16384
#define BR_SG_MAX_GROUPS	16384
#define BR_SG_MAX_PORTS		16384
#define BR_SG_MAX_RULES		4096	/* of a group; and of a port, all its groups together */
#define BR_SG_MAX_RULES_TOTAL	2097152	/* of all groups */
#define BR_SG_MAX_ADDRS		131072	/* of a set; and of a group's members, by hand or by port */
#define BR_SG_MAX_ADDRS_TOTAL	4194304	/* of all sets and groups */
#define BR_SG_MAX_PORT_GROUPS	64
#define BR_SG_MAX_PORT_IPS	64
#define BR_SG_MAX_PORT_PAIRS	256
#define BR_SG_MAX_PORT_DHCP	16
#define BR_SG_MAX_PORT_ETHERTYPES 16
#define BR_SG_CT_LIMIT_MAX	2147483647
#define BR_SG_MAX_BINDINGS	32768	/* that a transaction resumes */

/*
 * Memory. What the policy of a network namespace takes is summed while COMMIT
 * compiles it (a dry run too). Beyond the module's parameter "budget", in MiB
 * (1 to 1048576, 1024 unless set; /sys/module/br_sg/parameters/budget changes
 * it at any time, for all namespaces, from the next COMMIT on) COMMIT ends at
 * once with ENOSPC, also where the policy before took more. A shadow may take what
 * the policy in force leaves, which is never refused for the shadow's sake. The sum is of the
 * configuration, what is compiled of it and the counters, each with the room
 * that the slab allocator gives it. What several ports or groups share counts
 * once, but versions of an address set each in full. Not counted: candidates,
 * what belongs to devices, and the policy before until the last packet has left
 * it, so that a COMMIT may hold both for a moment.
 *
 * Conntrack's table is of the whole host. A port whose mode is FILTER may have
 * as many entries in it as its CT_LIMIT says, or else the module's parameter
 * "ct_limit" (0 to 2147483647; 0, unless set: an eighth of nf_conntrack_max, at
 * least 1024; /sys/module/br_sg/parameters/ct_limit changes it at any time). A
 * frame that would make one more is dropped, BR_SG_REASON_CT_LIMIT.
 */

enum br_sg_cmd {
	BR_SG_CMD_STATUS_GET = 1,
	BR_SG_CMD_BEGIN,
	BR_SG_CMD_COMMIT,
	BR_SG_CMD_ABORT,
	BR_SG_CMD_FLUSH,
	BR_SG_CMD_DEFAULT_NEW,
	BR_SG_CMD_DEFAULT_DEL,
	BR_SG_CMD_DEFAULT_GET,
	BR_SG_CMD_SET_NEW,
	BR_SG_CMD_SET_DEL,
	BR_SG_CMD_SET_GET,
	BR_SG_CMD_GROUP_NEW,
	BR_SG_CMD_GROUP_DEL,
	BR_SG_CMD_GROUP_GET,
	BR_SG_CMD_ADDRS_NEW,
	BR_SG_CMD_ADDRS_DEL,
	BR_SG_CMD_ADDRS_GET,
	BR_SG_CMD_RULE_NEW,
	BR_SG_CMD_RULE_DEL,
	BR_SG_CMD_RULE_GET,
	BR_SG_CMD_PORT_NEW,
	BR_SG_CMD_PORT_DEL,
	BR_SG_CMD_PORT_GET,
	BR_SG_CMD_COUNTER_GET,
	BR_SG_CMD_FLOW_GET,
	BR_SG_CMD_CONFIG_NTF,
	BR_SG_CMD_EVENT_NTF,
	BR_SG_CMD_SHADOW_COMMIT,
	BR_SG_CMD_SHADOW_DROP,
	BR_SG_CMD_BINDING_GET,
	BR_SG_CMD_BINDING_RESUME,
	BR_SG_CMD_ZONE_GET,
	BR_SG_CMD_ZONE_RESUME,
	BR_SG_CMD_SHADOW_NTF,
	__BR_SG_CMD_LAST
};

#define BR_SG_CMD_MAX (__BR_SG_CMD_LAST - 1)

/**
 * enum br_sg_attr - top-level attributes of every command
 * @BR_SG_A_GENERATION: u64, of a configuration. 0: there has been no commit in the
 *	network namespace since the module was loaded. The first commit's is the
 *	seconds since 2020 times 2^20 and a random number below 2^19, which is
 *	below 2^53, so that every JSON reader has it whole; one more with each. So
 *	none comes again when the module is loaded anew
 * @BR_SG_A_FLAGS: u32, BR_SG_BEGIN_F_*, BR_SG_COMMIT_F_*, BR_SG_FLOW_F_* or
 *	BR_SG_GET_F_*
 * @BR_SG_A_OP: u8, enum br_sg_op; required by every *_NEW
 * @BR_SG_A_DEFAULT: nest of enum br_sg_default_attr, repeated
 * @BR_SG_A_SET: nest of enum br_sg_set_attr, repeated
 * @BR_SG_A_GROUP: nest of enum br_sg_group_attr, repeated
 * @BR_SG_A_ADDRS: nest of enum br_sg_addrs_attr, repeated
 * @BR_SG_A_RULE: nest of enum br_sg_rule_attr, repeated
 * @BR_SG_A_PORT: nest of enum br_sg_port_attr, repeated
 * @BR_SG_A_COUNTER: nest of enum br_sg_counter_attr, repeated
 * @BR_SG_A_VERSION: string, of the module
 * @BR_SG_A_STATUS: nest of enum br_sg_status_attr
 * @BR_SG_A_ZONE: nest of enum br_sg_zone_attr, repeated
 * @BR_SG_A_FLOW: nest of enum br_sg_flow_attr, repeated
 * @BR_SG_A_EVENT: nest of enum br_sg_event_attr, repeated
 * @BR_SG_A_BINDING: nest of enum br_sg_binding_attr, repeated
 * @BR_SG_A_SHADOW: nest of enum br_sg_shadow_attr
 * @BR_SG_A_WARNING: string, repeated: in force, but a person should know
 */
enum br_sg_attr {
	BR_SG_A_GENERATION = 1,
	BR_SG_A_FLAGS,
	BR_SG_A_OP,
	BR_SG_A_DEFAULT,
	BR_SG_A_SET,
	BR_SG_A_GROUP,
	BR_SG_A_ADDRS,
	BR_SG_A_RULE,
	BR_SG_A_PORT,
	BR_SG_A_COUNTER,
	BR_SG_A_VERSION,
	BR_SG_A_STATUS,
	BR_SG_A_ZONE,
	BR_SG_A_PAD,
	BR_SG_A_FLOW,
	BR_SG_A_EVENT,
	BR_SG_A_BINDING,
	BR_SG_A_SHADOW,
	BR_SG_A_WARNING,
	__BR_SG_A_LAST
};

#define BR_SG_A_MAX (__BR_SG_A_LAST - 1)

#define BR_SG_BEGIN_F_EMPTY	(1U << 0)
#define __BR_SG_BEGIN_F_ALL	BR_SG_BEGIN_F_EMPTY
#define BR_SG_COMMIT_F_DRY_RUN	(1U << 0)
#define BR_SG_COMMIT_F_SHADOW	(1U << 1)
#define __BR_SG_COMMIT_F_ALL	(BR_SG_COMMIT_F_DRY_RUN | BR_SG_COMMIT_F_SHADOW)
#define BR_SG_FLOW_F_REVOKED	(1U << 0)
#define __BR_SG_FLOW_F_ALL	BR_SG_FLOW_F_REVOKED
#define BR_SG_GET_F_SHADOW	(1U << 0)
#define BR_SG_GET_F_CONFIG	(1U << 1)
#define __BR_SG_GET_F_ALL	(BR_SG_GET_F_SHADOW | BR_SG_GET_F_CONFIG)

enum br_sg_op {
	BR_SG_OP_ADD = 1,
	BR_SG_OP_REPLACE = 2,
};

/* ingress is towards the VM, egress from the VM */
enum br_sg_direction {
	BR_SG_INGRESS = 0,
	BR_SG_EGRESS = 1,
	__BR_SG_DIRECTIONS
};

/**
 * enum br_sg_addr_attr - an address or prefix, with a MAC where it is a pair
 * @BR_SG_ADDR_A_IPV4: 4 bytes, network order. This or IPV6, not both
 * @BR_SG_ADDR_A_IPV6: 16 bytes, network order
 * @BR_SG_ADDR_A_LEN: u8, prefix length, 0 to 32 or 128; absent: all of it.
 *	Bits behind it must be 0
 * @BR_SG_ADDR_A_MAC: 6 bytes, in BR_SG_PORT_A_PAIR only: the MAC that may use
 *	the address; absent: the port's
 */
enum br_sg_addr_attr {
	BR_SG_ADDR_A_IPV4 = 1,
	BR_SG_ADDR_A_IPV6,
	BR_SG_ADDR_A_LEN,
	BR_SG_ADDR_A_MAC,
	__BR_SG_ADDR_A_LAST
};

#define BR_SG_ADDR_A_MAX (__BR_SG_ADDR_A_LAST - 1)

/**
 * enum br_sg_default_attr - what happens on bridge ports without a port line
 * @BR_SG_DEFAULT_A_PATTERN: string of 1 to 31: a device name in which '*'
 *	stands for any characters and '?' for one. Where several match, the one
 *	with the most characters other than '*' and '?' decides; among equals,
 *	drop. Another character that stands for others elsewhere, []{}()|,^$!%
 *	or '+' at the end, is refused by DEFAULT_NEW: it would match nothing
 * @BR_SG_DEFAULT_A_VERDICT: u8, enum br_sg_default_verdict
 * @BR_SG_DEFAULT_A_COOKIE: u32, see COOKIE above
 */
enum br_sg_default_attr {
	BR_SG_DEFAULT_A_PATTERN = 1,
	BR_SG_DEFAULT_A_VERDICT,
	BR_SG_DEFAULT_A_COOKIE,
	__BR_SG_DEFAULT_A_LAST
};

#define BR_SG_DEFAULT_A_MAX (__BR_SG_DEFAULT_A_LAST - 1)

enum br_sg_default_verdict {
	BR_SG_DEFAULT_ACCEPT = 1,
	BR_SG_DEFAULT_DROP = 2,
};

/**
 * enum br_sg_set_attr - a set: an address group
 * @BR_SG_SET_A_NAME: string, a name
 * @BR_SG_SET_A_COUNT: u32, read only: its addresses
 * @BR_SG_SET_A_COOKIE: u32
 */
enum br_sg_set_attr {
	BR_SG_SET_A_NAME = 1,
	BR_SG_SET_A_COUNT,
	BR_SG_SET_A_COOKIE,
	__BR_SG_SET_A_LAST
};

#define BR_SG_SET_A_MAX (__BR_SG_SET_A_LAST - 1)

/**
 * enum br_sg_group_attr - a security group
 * @BR_SG_GROUP_A_NAME: string, a name
 * @BR_SG_GROUP_A_STATELESS: flag: replies need rules of their own
 * @BR_SG_GROUP_A_RULES: u32, read only: its rules
 * @BR_SG_GROUP_A_COUNT: u32, read only: its members, those of local ports
 *	included
 * @BR_SG_GROUP_A_COOKIE: u32
 */
enum br_sg_group_attr {
	BR_SG_GROUP_A_NAME = 1,
	BR_SG_GROUP_A_STATELESS,
	BR_SG_GROUP_A_RULES,
	BR_SG_GROUP_A_COUNT,
	BR_SG_GROUP_A_COOKIE,
	__BR_SG_GROUP_A_LAST
};

#define BR_SG_GROUP_A_MAX (__BR_SG_GROUP_A_LAST - 1)

/**
 * enum br_sg_addrs_attr - addresses of a set, or members of a group
 * @BR_SG_ADDRS_A_SET: string: the set. This or GROUP, not both
 * @BR_SG_ADDRS_A_GROUP: string: the group. A dump shows the members added by
 *	hand, not those of local ports
 * @BR_SG_ADDRS_A_ADDR: nest of enum br_sg_addr_attr, without MAC, repeated.
 *	A group's member is no /0; a set may hold one. The same address and
 *	length twice in one nest is refused
 * @BR_SG_ADDRS_A_COOKIE: u32
 */
enum br_sg_addrs_attr {
	BR_SG_ADDRS_A_SET = 1,
	BR_SG_ADDRS_A_GROUP,
	BR_SG_ADDRS_A_ADDR,
	BR_SG_ADDRS_A_COOKIE,
	__BR_SG_ADDRS_A_LAST
};

#define BR_SG_ADDRS_A_MAX (__BR_SG_ADDRS_A_LAST - 1)

/**
 * enum br_sg_rule_attr - a rule of a group: what it allows
 * @BR_SG_RULE_A_GROUP: string, required
 * @BR_SG_RULE_A_ID: u32, 1 to 0x7fffffff: unique in the group, and the order
 *	of its rules. Absent (NEW): the highest + 1. REPLACE needs it
 * @BR_SG_RULE_A_DIRECTION: u8, enum br_sg_direction, required
 * @BR_SG_RULE_A_FAMILY: u8, 2 (AF_INET) or 10 (AF_INET6). Absent: both, or
 *	what PROTO (1: IPv4, 58: IPv6) or REMOTE says; a dump shows it only
 *	where the rule is of one family
 * @BR_SG_RULE_A_PROTO: u8, the IANA protocol number; 0 and absent: any. 43, 44,
 *	51 and 60 are extension headers on IPv6, which no rule matches: they need
 *	FAMILY 2, or a REMOTE of IPv4
 * @BR_SG_RULE_A_PORT_MIN: u16, 0 to 65535: first destination port; PROTO 6,
 *	17, 33, 132, 136 only, and with PORT_MAX
 * @BR_SG_RULE_A_PORT_MAX: u16, last destination port, not below PORT_MIN
 * @BR_SG_RULE_A_ICMP_TYPE: u8; PROTO 1 and 58 only
 * @BR_SG_RULE_A_ICMP_CODE: u8; with ICMP_TYPE only
 * @BR_SG_RULE_A_REMOTE: nest of enum br_sg_addr_attr, without MAC. At most
 *	one of the three REMOTE; none: any. A prefix /0 is the same as a rule
 *	of that family without a remote
 * @BR_SG_RULE_A_REMOTE_GROUP: string
 * @BR_SG_RULE_A_REMOTE_SET: string
 * @BR_SG_RULE_A_COOKIE: u32
 *
 * A second rule of equal content (all but ID) in a group is refused when it
 * comes, EEXIST.
 */
enum br_sg_rule_attr {
	BR_SG_RULE_A_GROUP = 1,
	BR_SG_RULE_A_ID,
	BR_SG_RULE_A_DIRECTION,
	BR_SG_RULE_A_FAMILY,
	BR_SG_RULE_A_PROTO,
	BR_SG_RULE_A_PORT_MIN,
	BR_SG_RULE_A_PORT_MAX,
	BR_SG_RULE_A_ICMP_TYPE,
	BR_SG_RULE_A_ICMP_CODE,
	BR_SG_RULE_A_REMOTE,
	BR_SG_RULE_A_REMOTE_GROUP,
	BR_SG_RULE_A_REMOTE_SET,
	BR_SG_RULE_A_COOKIE,
	__BR_SG_RULE_A_LAST
};

#define BR_SG_RULE_A_MAX (__BR_SG_RULE_A_LAST - 1)

/**
 * enum br_sg_port_attr - a port: a bridge port guarded by br_sg
 * @BR_SG_PORT_A_DEV: string of 1 to 15: the device's name; it need not exist
 * @BR_SG_PORT_A_UUID: 16 bytes, RFC 4122 order; unique where given: two ports with
 *	one UUID are refused, at once where both were sent in this transaction, else
 *	by COMMIT
 * @BR_SG_PORT_A_MAC: 6 bytes, unicast, not zero; required when MODE is FILTER
 * @BR_SG_PORT_A_MODE: u8, enum br_sg_port_mode; absent: FILTER
 * @BR_SG_PORT_A_STRICT: flag: TCP first seen in mid-stream is dropped
 * @BR_SG_PORT_A_ZONE: u16, 1 to 65535: the conntrack zone its bridge must
 *	have; absent: chosen, the same for all ports of the bridge. A bridge
 *	that is there has its zone for itself, and keeps it if it is renamed
 * @BR_SG_PORT_A_IP: nest of enum br_sg_addr_attr, host length, without MAC;
 *	repeated: the port's own addresses, with the port's MAC
 * @BR_SG_PORT_A_PAIR: nest of enum br_sg_addr_attr; repeated
 * @BR_SG_PORT_A_GROUP: string, repeated, no name twice, in the order in which
 *	their rules are asked. All stateful or all stateless
 * @BR_SG_PORT_A_DHCP_SERVER: nest of enum br_sg_addr_attr, host length,
 *	without MAC; repeated: the only servers whose replies pass; none of a
 *	family: any
 * @BR_SG_PORT_A_ETHERTYPE: u16, 0x0600 to 0xffff, repeated: passes both ways
 *	besides ARP and IP. 0x8100, 0x88a8, 0x0800, 0x86dd, 0x0806 are refused, and
 *	0x8808, 0x8809, 0x888e, 0x88cc: 01:80:c2:00:00:0x, where they are sent, never
 *	passes
 * @BR_SG_PORT_A_COOKIE: u32
 * @BR_SG_PORT_A_STATE: u8, read only: enum br_sg_port_state
 * @BR_SG_PORT_A_IFINDEX: u32, read only: of the device it is bound to
 * @BR_SG_PORT_A_BRIDGE: string, read only: the device's bridge
 * @BR_SG_PORT_A_ZONE_USED: u16, read only: the zone in use
 * @BR_SG_PORT_A_SERIAL: u32, read only: see "slot" below
 * @BR_SG_PORT_A_POLICY_VERSION: u16, read only: see "slot" below
 * @BR_SG_PORT_A_CT_LIMIT: u32, 1 to 2147483647: conntrack entries that the port
 *	may have; absent: see Memory above
 * @BR_SG_PORT_A_CT_LIMIT_USED: u32, read only: what it may have now
 * @BR_SG_PORT_A_CT_ENTRIES: u32, read only: what it has. Entries that are gone
 *	are noticed only while this is above half of CT_LIMIT_USED
 * @BR_SG_PORT_A_CAUSE: u8, read only: enum br_sg_port_cause, with STATE BLOCKED
 * @BR_SG_PORT_A_ANY_SOURCE: flag: frames with the port's MAC may have any source
 *	address that can be a host's. No more follows from it: such an address is
 *	not the port's to ARP and ND (which go by IP and PAIR), an RA needs an IPv6
 *	address, DHCP replies go to addresses, and no group has it as a member
 */
enum br_sg_port_attr {
	BR_SG_PORT_A_DEV = 1,
	BR_SG_PORT_A_UUID,
	BR_SG_PORT_A_MAC,
	BR_SG_PORT_A_MODE,
	BR_SG_PORT_A_STRICT,
	BR_SG_PORT_A_ZONE,
	BR_SG_PORT_A_IP,
	BR_SG_PORT_A_PAIR,
	BR_SG_PORT_A_GROUP,
	BR_SG_PORT_A_DHCP_SERVER,
	BR_SG_PORT_A_ETHERTYPE,
	BR_SG_PORT_A_COOKIE,
	BR_SG_PORT_A_STATE,
	BR_SG_PORT_A_IFINDEX,
	BR_SG_PORT_A_BRIDGE,
	BR_SG_PORT_A_ZONE_USED,
	BR_SG_PORT_A_SERIAL,
	BR_SG_PORT_A_POLICY_VERSION,
	BR_SG_PORT_A_CT_LIMIT,
	BR_SG_PORT_A_CT_LIMIT_USED,
	BR_SG_PORT_A_CT_ENTRIES,
	BR_SG_PORT_A_CAUSE,
	BR_SG_PORT_A_ANY_SOURCE,
	__BR_SG_PORT_A_LAST
};

#define BR_SG_PORT_A_MAX (__BR_SG_PORT_A_LAST - 1)

/**
 * enum br_sg_port_mode - who decides on the port's frames
 * @BR_SG_PORT_FILTER: its groups
 * @BR_SG_PORT_OFF: nobody, port security is off: everything passes
 * @BR_SG_PORT_TRUSTED: the same for ports the network owns, counted apart
 */
enum br_sg_port_mode {
	BR_SG_PORT_FILTER = 0,
	BR_SG_PORT_OFF = 1,
	BR_SG_PORT_TRUSTED = 2,
};

/**
 * enum br_sg_port_state - is the port line in force?
 * @BR_SG_PORT_WAITING: there is no device of that name
 * @BR_SG_PORT_UNBRIDGED: the device is on no bridge
 * @BR_SG_PORT_ACTIVE: it is
 * @BR_SG_PORT_BLOCKED: every frame is dropped, see enum br_sg_port_cause
 */
enum br_sg_port_state {
	BR_SG_PORT_WAITING = 0,
	BR_SG_PORT_UNBRIDGED = 1,
	BR_SG_PORT_ACTIVE = 2,
	BR_SG_PORT_BLOCKED = 3,
};

/**
 * enum br_sg_port_cause - why is a port or a device blocked?
 * @BR_SG_PORT_CAUSE_ZONE: [zone] the bridge has another zone than the port asks
 *	for, or the zone another bridge
 * @BR_SG_PORT_CAUSE_VLAN: [zone] the bridge filters VLANs
 * @BR_SG_PORT_CAUSE_MEMORY: [unconfigured] its device went and there was no
 *	memory to follow it
 * @BR_SG_PORT_CAUSE_DEFAULT: [unconfigured] no port line names the device and a
 *	default drops
 * @BR_SG_PORT_CAUSE_RENAMED: [unconfigured] no port line names the device, which
 *	was a port under another name
 */
enum br_sg_port_cause {
	BR_SG_PORT_CAUSE_ZONE = 1,
	BR_SG_PORT_CAUSE_VLAN,
	BR_SG_PORT_CAUSE_MEMORY,
	BR_SG_PORT_CAUSE_DEFAULT,
	BR_SG_PORT_CAUSE_RENAMED,
};

/**
 * enum br_sg_counter_attr - one counter of a port
 * @BR_SG_COUNTER_A_DEV: string: the port
 * @BR_SG_COUNTER_A_DIRECTION: u8, enum br_sg_direction
 * @BR_SG_COUNTER_A_STEP: u8, enum br_sg_step: what accepted. Of STEP, REASON
 *	and ID there is one
 * @BR_SG_COUNTER_A_REASON: u8, enum br_sg_reason: why dropped
 * @BR_SG_COUNTER_A_GROUP: string: with ID, the rule that accepted
 * @BR_SG_COUNTER_A_ID: u32
 * @BR_SG_COUNTER_A_PACKETS: u64: frames; of a GSO frame its segments
 * @BR_SG_COUNTER_A_BYTES: u64: of the frames, Ethernet header included
 * @BR_SG_COUNTER_A_WOULD: u8, enum br_sg_would: the counter is the shadow's, of
 *	frames about which it and what is in force are not of one mind
 */
enum br_sg_counter_attr {
	BR_SG_COUNTER_A_DEV = 1,
	BR_SG_COUNTER_A_DIRECTION,
	BR_SG_COUNTER_A_STEP,
	BR_SG_COUNTER_A_REASON,
	BR_SG_COUNTER_A_GROUP,
	BR_SG_COUNTER_A_ID,
	BR_SG_COUNTER_A_PACKETS,
	BR_SG_COUNTER_A_BYTES,
	BR_SG_COUNTER_A_PAD,
	BR_SG_COUNTER_A_WOULD,
	__BR_SG_COUNTER_A_LAST
};

#define BR_SG_COUNTER_A_MAX (__BR_SG_COUNTER_A_LAST - 1)

/**
 * enum br_sg_would - what the shadow would do with a frame
 * @BR_SG_WOULD_ACCEPT: accept what was dropped: by STEP, by the rule ID of the
 *	shadow's GROUP, or, with none of these, since the device has no port line
 *	there and no default drops it
 * @BR_SG_WOULD_DROP: drop what was accepted: for REASON; and, the same frames once
 *	more, where a rule in force let them by or their flow: that rule, ID of
 *	GROUP. Those counts begin anew when the device leaves its bridge
 */
enum br_sg_would {
	BR_SG_WOULD_ACCEPT = 1,
	BR_SG_WOULD_DROP = 2,
};

/**
 * enum br_sg_step - the steps that accept, in the order they are asked
 * @BR_SG_STEP_OFF: the port is off
 * @BR_SG_STEP_TRUSTED: the port is trusted
 * @BR_SG_STEP_ETHERTYPE: a permitted ethertype, or RARP
 * @BR_SG_STEP_ARP: ARP (egress: with an address of the port)
 * @BR_SG_STEP_DHCP_UNSPEC: egress: DHCP client from 0.0.0.0
 * @BR_SG_STEP_DHCP: egress: DHCP client; ingress: DHCP server's reply
 * @BR_SG_STEP_ND_UNSPEC: egress: ND and MLD from ::
 * @BR_SG_STEP_ND: ND and MLD that pass without a rule
 * @BR_SG_STEP_IGMP: ingress: IGMP query
 * @BR_SG_STEP_RA: ingress: router advertisement
 * @BR_SG_STEP_ESTABLISHED: the port's slot in the conntrack entry, or in its
 *	master
 */
enum br_sg_step {
	BR_SG_STEP_OFF = 1,
	BR_SG_STEP_TRUSTED,
	BR_SG_STEP_ETHERTYPE,
	BR_SG_STEP_ARP,
	BR_SG_STEP_DHCP_UNSPEC,
	BR_SG_STEP_DHCP,
	BR_SG_STEP_ND_UNSPEC,
	BR_SG_STEP_ND,
	BR_SG_STEP_IGMP,
	BR_SG_STEP_RA,
	BR_SG_STEP_ESTABLISHED,
	__BR_SG_STEP_LAST
};

#define BR_SG_STEP_MAX (__BR_SG_STEP_LAST - 1)

/**
 * enum br_sg_reason - why a frame was dropped
 * @BR_SG_REASON_UNCONFIGURED: [unconfigured] a default drop pattern holds the
 *	device and no port line names it, or the device was renamed
 * @BR_SG_REASON_ZONE: [zone] the port is blocked, see BR_SG_PORT_BLOCKED
 * @BR_SG_REASON_MALFORMED: [malformed] not a well-formed frame, one that cannot
 *	be judged safely, a fragment above the port's rate, or an IPv6 datagram
 *	whose fragments are all below 1,280 bytes
 * @BR_SG_REASON_MAC: [mac] not a MAC of the port
 * @BR_SG_REASON_ETHERTYPE: [ethertype] VLAN tag, LLC/SNAP, an ethertype not
 *	permitted, or a link-local group address
 * @BR_SG_REASON_ARP: [arp] ARP in another's name
 * @BR_SG_REASON_SOURCE: [source] egress: not an address of that MAC; ingress:
 *	the port's own MAC, or an address of its IP, unless by ND another says
 *	that it is his
 * @BR_SG_REASON_ND: [nd] ND in another's name, with a wrong hop limit or in
 *	a fragment
 * @BR_SG_REASON_RA: [ra] egress: RA or redirect from a VM; ingress: redirect, or
 *	RA that is not for this port
 * @BR_SG_REASON_DHCP: [dhcp] a VM as DHCP server
 * @BR_SG_REASON_INVALID: [invalid] conntrack has no entry for what must have
 *	one, the entry has no room for a slot, or (strict) TCP in mid-stream
 * @BR_SG_REASON_REVOKED: [revoked] the flow was allowed once and is no more
 * @BR_SG_REASON_NO_RULE: [no-rule] no rule of the port allows it
 * @BR_SG_REASON_CT_LIMIT: [ct-limit] the port is at its conntrack cap
 */
enum br_sg_reason {
	BR_SG_REASON_UNCONFIGURED = 1,
	BR_SG_REASON_ZONE,
	BR_SG_REASON_MALFORMED,
	BR_SG_REASON_MAC,
	BR_SG_REASON_ETHERTYPE,
	BR_SG_REASON_ARP,
	BR_SG_REASON_SOURCE,
	BR_SG_REASON_ND,
	BR_SG_REASON_RA,
	BR_SG_REASON_DHCP,
	BR_SG_REASON_INVALID,
	BR_SG_REASON_REVOKED,
	BR_SG_REASON_NO_RULE,
	BR_SG_REASON_CT_LIMIT,
	__BR_SG_REASON_LAST
};

#define BR_SG_REASON_MAX (__BR_SG_REASON_LAST - 1)

/**
 * enum br_sg_status_attr - figures of the network namespace
 * @BR_SG_STATUS_A_DEFAULTS: u32, default patterns
 * @BR_SG_STATUS_A_SETS: u32, sets
 * @BR_SG_STATUS_A_GROUPS: u32, groups
 * @BR_SG_STATUS_A_RULES: u32, rules of all groups
 * @BR_SG_STATUS_A_PORTS: u32, ports
 * @BR_SG_STATUS_A_PORTS_ACTIVE: u32, of them in state ACTIVE
 * @BR_SG_STATUS_A_UNCONFIGURED_PACKETS: u64, frames dropped [unconfigured]
 * @BR_SG_STATUS_A_UNCONFIGURED_BYTES: u64, their bytes
 * @BR_SG_STATUS_A_BYTES: u64, of memory: what the policy in force takes, see
 *	Memory above
 * @BR_SG_STATUS_A_BYTES_MAX: u64, what it may take at the next COMMIT
 * @BR_SG_STATUS_A_VECTOR_BYTES: u64, of BYTES: bit vectors of compiled rules,
 *	which depend on how rules overlap
 * @BR_SG_STATUS_A_SHADOW: u64, the shadow's number, which is numbered as a
 *	GENERATION is; this and the next two: absent without a shadow
 * @BR_SG_STATUS_A_SHADOW_BASE: u64, the generation that it was made of
 * @BR_SG_STATUS_A_SHADOW_BYTES: u64, of memory: what it takes, besides BYTES
 * @BR_SG_STATUS_A_ZONES: u32, zones of bridges that are there: where it is more than
 *	the ZONEs of this answer, they did not fit
 * @BR_SG_STATUS_A_FEATURE: u16, enum br_sg_feature, repeated: what the module can
 *	do. None at all: it is older than this attribute. A number that is not in
 *	the enum is of a newer module
 * @BR_SG_STATUS_A_ERRATUM: u16, repeated: the numbers of faults of guarding that this
 *	module does not have any more, see docs/errata.md. One that is missing: the
 *	module has the fault, or is older than this attribute
 */
enum br_sg_status_attr {
	BR_SG_STATUS_A_DEFAULTS = 1,
	BR_SG_STATUS_A_SETS,
	BR_SG_STATUS_A_GROUPS,
	BR_SG_STATUS_A_RULES,
	BR_SG_STATUS_A_PORTS,
	BR_SG_STATUS_A_PORTS_ACTIVE,
	BR_SG_STATUS_A_UNCONFIGURED_PACKETS,
	BR_SG_STATUS_A_UNCONFIGURED_BYTES,
	BR_SG_STATUS_A_PAD,
	BR_SG_STATUS_A_BYTES,
	BR_SG_STATUS_A_BYTES_MAX,
	BR_SG_STATUS_A_VECTOR_BYTES,
	BR_SG_STATUS_A_SHADOW,
	BR_SG_STATUS_A_SHADOW_BASE,
	BR_SG_STATUS_A_SHADOW_BYTES,
	BR_SG_STATUS_A_ZONES,
	BR_SG_STATUS_A_FEATURE,
	BR_SG_STATUS_A_ERRATUM,
	__BR_SG_STATUS_A_LAST
};

#define BR_SG_STATUS_A_MAX (__BR_SG_STATUS_A_LAST - 1)

/**
 * enum br_sg_feature - what a module can do, in STATUS
 * @BR_SG_FEATURE_SHADOW: the shadow: BR_SG_COMMIT_F_SHADOW, BR_SG_GET_F_SHADOW,
 *	SHADOW_COMMIT, SHADOW_DROP
 * @BR_SG_FEATURE_RESUME: BINDING_GET, BINDING_RESUME, ZONE_GET, ZONE_RESUME
 * @BR_SG_FEATURE_CT_LIMIT: BR_SG_PORT_A_CT_LIMIT
 * @BR_SG_FEATURE_ANY_SOURCE: BR_SG_PORT_A_ANY_SOURCE
 * @BR_SG_FEATURE_GET_CONFIG: BR_SG_GET_F_CONFIG
 * @BR_SG_FEATURE_UNIQUE_GENERATION: GENERATION and the shadow's number do not begin
 *	anew with the module
 * @BR_SG_FEATURE_SHADOW_NTF: SHADOW_NTF
 */
enum br_sg_feature {
	BR_SG_FEATURE_SHADOW = 1,
	BR_SG_FEATURE_RESUME,
	BR_SG_FEATURE_CT_LIMIT,
	BR_SG_FEATURE_ANY_SOURCE,
	BR_SG_FEATURE_GET_CONFIG,
	BR_SG_FEATURE_UNIQUE_GENERATION,
	BR_SG_FEATURE_SHADOW_NTF,
	__BR_SG_FEATURE_LAST
};

#define BR_SG_FEATURE_MAX (__BR_SG_FEATURE_LAST - 1)

/**
 * enum br_sg_shadow_attr - what has become of a shadow
 * @BR_SG_SHADOW_A_CHANGE: u8, enum br_sg_shadow_change
 * @BR_SG_SHADOW_A_NUMBER: u64, its number, see SHADOW in STATUS
 */
enum br_sg_shadow_attr {
	BR_SG_SHADOW_A_CHANGE = 1,
	BR_SG_SHADOW_A_NUMBER,
	BR_SG_SHADOW_A_PAD,
	__BR_SG_SHADOW_A_LAST
};

#define BR_SG_SHADOW_A_MAX (__BR_SG_SHADOW_A_LAST - 1)

/**
 * enum br_sg_shadow_change - what has become of a shadow
 * @BR_SG_SHADOW_MADE: it was made, in the place of another if there was one
 * @BR_SG_SHADOW_COMMITTED: it has come into force and is no shadow any more; what
 *	is in force is told by CONFIG_NTF before
 * @BR_SG_SHADOW_DROPPED: it has gone, by SHADOW_DROP or with the last port and
 *	default that was in force
 */
enum br_sg_shadow_change {
	BR_SG_SHADOW_MADE = 1,
	BR_SG_SHADOW_COMMITTED,
	BR_SG_SHADOW_DROPPED,
};

/**
 * enum br_sg_zone_attr - the conntrack zone of a bridge with ports of ours
 * @BR_SG_ZONE_A_BRIDGE: string: the bridge's device
 * @BR_SG_ZONE_A_ID: u16, 1 to 65535
 * @BR_SG_ZONE_A_PORTS: u32, read only: its ports of ours
 */
enum br_sg_zone_attr {
	BR_SG_ZONE_A_BRIDGE = 1,
	BR_SG_ZONE_A_ID,
	BR_SG_ZONE_A_PORTS,
	__BR_SG_ZONE_A_LAST
};

#define BR_SG_ZONE_A_MAX (__BR_SG_ZONE_A_LAST - 1)

/**
 * enum br_sg_flow_attr - a conntrack entry that a port has a slot in
 * @BR_SG_FLOW_A_ZONE: u16: its zone, that of a bridge
 * @BR_SG_FLOW_A_PROTO: u8, the IANA protocol number
 * @BR_SG_FLOW_A_ORIGINAL: nest of enum br_sg_tuple_attr: of packets that travel
 *	as the first one did
 * @BR_SG_FLOW_A_REPLY: nest of enum br_sg_tuple_attr: of those that answer
 * @BR_SG_FLOW_A_TCP_STATE: u8: of TCP, enum tcp_conntrack of
 *	linux/netfilter/nf_conntrack_tcp.h
 * @BR_SG_FLOW_A_TIMEOUT: u32: seconds until conntrack forgets it
 * @BR_SG_FLOW_A_SEEN_REPLY: flag: it was answered
 * @BR_SG_FLOW_A_ASSURED: flag: a full table does not make room of it
 * @BR_SG_FLOW_A_END: nest of enum br_sg_end_attr, repeated: of each port
 */
enum br_sg_flow_attr {
	BR_SG_FLOW_A_ZONE = 1,
	BR_SG_FLOW_A_PROTO,
	BR_SG_FLOW_A_ORIGINAL,
	BR_SG_FLOW_A_REPLY,
	BR_SG_FLOW_A_TCP_STATE,
	BR_SG_FLOW_A_TIMEOUT,
	BR_SG_FLOW_A_SEEN_REPLY,
	BR_SG_FLOW_A_ASSURED,
	BR_SG_FLOW_A_END,
	__BR_SG_FLOW_A_LAST
};

#define BR_SG_FLOW_A_MAX (__BR_SG_FLOW_A_LAST - 1)

/**
 * enum br_sg_tuple_attr - what the packets of a direction have in common
 * @BR_SG_TUPLE_A_SRC: nest of enum br_sg_addr_attr, host length, without MAC
 * @BR_SG_TUPLE_A_DST: nest of enum br_sg_addr_attr, host length, without MAC
 * @BR_SG_TUPLE_A_SPORT: u16: of TCP, UDP, UDP-Lite, SCTP and DCCP
 * @BR_SG_TUPLE_A_DPORT: u16
 * @BR_SG_TUPLE_A_ICMP_TYPE: u8: of ICMP and ICMPv6
 * @BR_SG_TUPLE_A_ICMP_CODE: u8
 * @BR_SG_TUPLE_A_ICMP_ID: u16; not of an event
 */
enum br_sg_tuple_attr {
	BR_SG_TUPLE_A_SRC = 1,
	BR_SG_TUPLE_A_DST,
	BR_SG_TUPLE_A_SPORT,
	BR_SG_TUPLE_A_DPORT,
	BR_SG_TUPLE_A_ICMP_TYPE,
	BR_SG_TUPLE_A_ICMP_CODE,
	BR_SG_TUPLE_A_ICMP_ID,
	__BR_SG_TUPLE_A_LAST
};

#define BR_SG_TUPLE_A_MAX (__BR_SG_TUPLE_A_LAST - 1)

/**
 * enum br_sg_end_attr - what a port's slot in an entry says, see below
 * @BR_SG_END_A_DEV: string: the port
 * @BR_SG_END_A_DIRECTION: u8, enum br_sg_direction: of the rules that admitted
 *	the flow. EGRESS: the VM opened it
 * @BR_SG_END_A_REVOKED: flag: they allow it no more, its packets are dropped
 * @BR_SG_END_A_AGAIN: flag: the port's policy has moved since, the next packet
 *	is judged again
 * @BR_SG_END_A_VERSION: u16: of the port's policy that judged
 * @BR_SG_END_A_GROUP: string: with ID, the rule that allowed it; not with
 *	REVOKED or AGAIN
 * @BR_SG_END_A_ID: u32
 * @BR_SG_END_A_COUNTED: flag: it keeps no verdict here, its packets are judged
 *	each for itself; the entry counts against the port's limit
 */
enum br_sg_end_attr {
	BR_SG_END_A_DEV = 1,
	BR_SG_END_A_DIRECTION,
	BR_SG_END_A_REVOKED,
	BR_SG_END_A_AGAIN,
	BR_SG_END_A_VERSION,
	BR_SG_END_A_GROUP,
	BR_SG_END_A_ID,
	BR_SG_END_A_COUNTED,
	__BR_SG_END_A_LAST
};

#define BR_SG_END_A_MAX (__BR_SG_END_A_LAST - 1)

/**
 * enum br_sg_event_kind - what an event is of
 * @BR_SG_EVENT_DROP: a frame was dropped
 * @BR_SG_EVENT_CT_NEAR: the port has 80 % of the conntrack entries that it may
 *	have; told once until it has been below 70 %
 * @BR_SG_EVENT_WOULD_DROP: a frame was accepted, and the shadow would have dropped
 *	it for REASON
 * @BR_SG_EVENT_WOULD_ACCEPT: a frame was dropped, and the shadow would have
 *	accepted it
 * @BR_SG_EVENT_PORT_STATE: the port is blocked, for the zone that it names, or is
 *	so no more
 */
enum br_sg_event_kind {
	BR_SG_EVENT_DROP = 1,
	BR_SG_EVENT_CT_NEAR = 2,
	BR_SG_EVENT_WOULD_DROP = 3,
	BR_SG_EVENT_WOULD_ACCEPT = 4,
	BR_SG_EVENT_PORT_STATE = 5,
};

/**
 * enum br_sg_event_attr - something that happened to a port
 * @BR_SG_EVENT_A_KIND: u8, enum br_sg_event_kind
 * @BR_SG_EVENT_A_TIME: u64, ns since 1970-01-01 UTC
 * @BR_SG_EVENT_A_DEV: string: the port, or the device that has no port line
 * @BR_SG_EVENT_A_WITHHELD: u32: events of the port since the one before this
 *	that were not told; absent: none
 * @BR_SG_EVENT_A_DIRECTION: u8, enum br_sg_direction: of the frame. This and
 *	what follows up to TUPLE: DROP, WOULD_DROP, WOULD_ACCEPT
 * @BR_SG_EVENT_A_REASON: u8, enum br_sg_reason; not of WOULD_ACCEPT
 * @BR_SG_EVENT_A_BYTES: u32: of the frame, Ethernet header included
 * @BR_SG_EVENT_A_SRC_MAC: 6 bytes
 * @BR_SG_EVENT_A_DST_MAC: 6 bytes
 * @BR_SG_EVENT_A_ETHERTYPE: u16: of a tagged frame the outer tag's
 * @BR_SG_EVENT_A_PROTO: u8, the IANA protocol number, behind IPv6 extension
 *	headers; of well-formed IP
 * @BR_SG_EVENT_A_TUPLE: nest of enum br_sg_tuple_attr: of well-formed IP, and
 *	the addresses of ARP: sender and target
 * @BR_SG_EVENT_A_ENTRIES: u32: that the port has; CT_NEAR
 * @BR_SG_EVENT_A_LIMIT: u32: that it may have; CT_NEAR
 * @BR_SG_EVENT_A_STATE: u8, enum br_sg_port_state; PORT_STATE
 * @BR_SG_EVENT_A_CAUSE: u8, enum br_sg_port_cause; PORT_STATE, if it is blocked
 */
enum br_sg_event_attr {
	BR_SG_EVENT_A_KIND = 1,
	BR_SG_EVENT_A_TIME,
	BR_SG_EVENT_A_PAD,
	BR_SG_EVENT_A_DEV,
	BR_SG_EVENT_A_WITHHELD,
	BR_SG_EVENT_A_DIRECTION,
	BR_SG_EVENT_A_REASON,
	BR_SG_EVENT_A_BYTES,
	BR_SG_EVENT_A_SRC_MAC,
	BR_SG_EVENT_A_DST_MAC,
	BR_SG_EVENT_A_ETHERTYPE,
	BR_SG_EVENT_A_PROTO,
	BR_SG_EVENT_A_TUPLE,
	BR_SG_EVENT_A_ENTRIES,
	BR_SG_EVENT_A_LIMIT,
	BR_SG_EVENT_A_STATE,
	BR_SG_EVENT_A_CAUSE,
	__BR_SG_EVENT_A_LAST
};

#define BR_SG_EVENT_A_MAX (__BR_SG_EVENT_A_LAST - 1)

/**
 * enum br_sg_binding_attr - what belongs to a device and to no configuration
 * @BR_SG_BINDING_A_DEV: string of 1 to 15: its name
 * @BR_SG_BINDING_A_IFINDEX: u32, 1 to 0x7fffffff
 * @BR_SG_BINDING_A_SERIAL: u32, 1 to 0xffffffff: see "slot" below; of a port.
 *	This or RENAMED, not both
 * @BR_SG_BINDING_A_POLICY_VERSION: u16: see "slot" below; with SERIAL
 * @BR_SG_BINDING_A_RENAMED: flag: it was a port under another name
 */
enum br_sg_binding_attr {
	BR_SG_BINDING_A_DEV = 1,
	BR_SG_BINDING_A_IFINDEX,
	BR_SG_BINDING_A_SERIAL,
	BR_SG_BINDING_A_POLICY_VERSION,
	BR_SG_BINDING_A_RENAMED,
	__BR_SG_BINDING_A_LAST
};

#define BR_SG_BINDING_A_MAX (__BR_SG_BINDING_A_LAST - 1)

/*
 * The slot: what a conntrack entry's labels hold for a port's end
 *
 * The 128 bits of labels are two words of 64 bits, host order: word 0 belongs
 * to the port whose packets travel in the entry's original direction, word 1
 * to the port whose packets travel in reply direction. A word of 0 is empty.
 *
 *	63          32 31           16 15 14 13   12   11         0
 *	+-------------+---------------+--+-----+------+------------+
 *	|   serial    |    version    |in| mark| both |    rule    |
 *	+-------------+---------------+--+-----+------+------------+
 *
 * serial: of the port, never 0, new each time a device is bound to it (but see
 *	BINDING_RESUME). A device is bound to a port as long as it is there, has
 *	the name and the port is not deleted, even on no bridge or on another; one
 *	that comes back to the name before another port has named it is bound still
 * version: of the port's policy when the packet was judged. It moves with the
 *	port's line, with the rules of its groups, and when a set or group that
 *	these name loses members. Members that come take nothing from what passes
 *	and leave it; a revoked flow is judged with each of its packets
 * in: 1 when the end was admitted by the ingress rules, 0 by egress
 * mark: BR_SG_SLOT_ALLOWED, BR_SG_SLOT_REVOKED, or BR_SG_SLOT_PORTS: allowed,
 *	but the entry does not know the ports of its packets, so that each is
 *	asked for them. 0: no verdict, the entry only counts as the port's; so
 *	does a port that is off or trusted mark what it has sent
 * both: 1 when packets have been admitted by the rules of the other direction too,
 *	which happens with BR_SG_SLOT_PORTS only: all flows of two ends are one entry
 * rule: index in the port's rules of that direction, 0 to 4095
 *	(BR_SG_SLOT_REVOKED: of TCP, the state that conntrack keeps it in)
 */
#define BR_SG_SLOT_SERIAL_SHIFT	32
#define BR_SG_SLOT_VERSION_SHIFT 16
#define BR_SG_SLOT_INGRESS	(1ULL << 15)
#define BR_SG_SLOT_ALLOWED	(1ULL << 13)
#define BR_SG_SLOT_REVOKED	(2ULL << 13)
#define BR_SG_SLOT_PORTS	(3ULL << 13)
#define BR_SG_SLOT_MARK		(3ULL << 13)
#define BR_SG_SLOT_BOTH		(1ULL << 12)
#define BR_SG_SLOT_RULE		0x0fffULL

#endif /* _UAPI_LINUX_BR_SG_H */
