/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Refusals with a text that is made at run time. An extended ack keeps only a
 * pointer, and the ack is written after we have returned.
 */
#ifndef BR_SG_REFUSE_H
#define BR_SG_REFUSE_H

#include <linux/compiler.h>
#include <linux/netlink.h>
#include <linux/types.h>

/**
 * struct br_sg_refusal - why a commit was refused
 * @cookie: of the object, 0 when it has none
 * @text: names the object, the value and the limit; "" when out of memory
 */
struct br_sg_refusal {
	u32 cookie;
	char text[256];
};

/* returns @err; @at, if not NULL, is the offending attribute */
__printf(4, 5)
int br_sg_refuse(struct netlink_ext_ack *extack, const struct nlattr *at,
		 int err, const char *fmt, ...);
/* when no message is being answered any more */
void br_sg_refuse_exit(void);

#endif
