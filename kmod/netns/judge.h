/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What each device is, and which zone each bridge has: the policy, the devices there
 * are and the zones that are held make a verdict, in scratch. Pure: it asks the policy
 * two questions and follows no device; built in userspace too.
 */
#ifndef BR_SG_JUDGE_H
#define BR_SG_JUDGE_H

#include <linux/types.h>

struct br_sg_devs;
struct br_sg_policy;
struct br_sg_port;
struct br_sg_resume;

/**
 * struct br_sg_line - what a policy says of a device's name
 * @port: NULL: no port line
 * @filters: of @port: its rules decide, it is not off or trusted
 * @stateless: of one that filters: all its groups are
 * @zone: of one that filters: the zone that it names; 0: none
 * @version: of @port's policy
 * @epoch: of @port's version
 * @drops: without @port: a default drops it
 */
struct br_sg_line {
	const struct br_sg_port *port;
	bool filters;
	bool stateless;
	u16 zone;
	u16 version;
	u32 epoch;
	bool drops;
};

/* bind.c, or who tests */
void br_sg_judge_line(const struct br_sg_policy *policy, const char *dev,
		      struct br_sg_line *line);
/* a serial that nobody has, and none that @resume asks for; never 0 */
u32 br_sg_serial_next(struct br_sg_resume *resume);

/*
 * Judges all devices that are touched, all that are where all zones have to be asked
 * about, and the bridges that they are, were or will be on: to their next members.
 * -ENOMEM or -ENOSPC: no zone, and br_sg_devs_abandon() is to follow; else that, or
 * br_sg_devs_settle(). @all: every zone is asked about, whatever has changed; the
 * result is the same.
 */
int br_sg_judge(struct br_sg_devs *devs, const struct br_sg_policy *policy,
		struct br_sg_resume *resume, bool all);

#endif
