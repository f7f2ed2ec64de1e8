/* SPDX-License-Identifier: GPL-2.0 */
/* Serials of bindings; see device.c for what they are. judge.h has the next one. */
#ifndef BR_SG_SERIAL_H
#define BR_SG_SERIAL_H

#include <linux/types.h>

struct br_sg_binding;
struct br_sg_devs;
struct br_sg_resume;

void br_sg_serial_seed(void);
/* @resume is in force: no other device gets what it gave */
void br_sg_serials_seen(struct br_sg_resume *resume);
/*
 * The first that asks for another device's serial, whose name goes to @whose; NULL:
 * none. Under the netns' publish mutex. @devs, @resume: NULL is as empty.
 */
const struct br_sg_binding *
br_sg_serial_taken(const struct br_sg_devs *devs, struct br_sg_resume *resume,
		   char *whose);

#endif
