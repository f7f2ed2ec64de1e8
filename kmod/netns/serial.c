// SPDX-License-Identifier: GPL-2.0
/*
 * Serials must not repeat while a conntrack entry could still carry one, five
 * days at most, and entries outlive the module. Counting from eight times the
 * seconds since 2020, a reload starts above all that came before unless more
 * than eight devices a second were bound all the time.
 */
#include <linux/atomic.h>
#include <linux/ktime.h>
#include <linux/string.h>

#include "netns/device.h"
#include "netns/judge.h"
#include "netns/resume.h"
#include "netns/serial.h"

static atomic_t serial_last;

void br_sg_serial_seed(void)
{
	s64 seconds = ktime_get_real_seconds() - 1577836800;

	atomic_set(&serial_last, (u32)(seconds > 0 ? seconds * 8 : 0));
}

u32 br_sg_serial_next(struct br_sg_resume *resume)
{
	u32 serial;

	do {
		serial = atomic_inc_return(&serial_last);
	} while (!serial || (resume && xa_load(&resume->serials, serial)));
	return serial;
}

static void serial_seen(u32 serial)
{
	int now = atomic_read(&serial_last);

	do {
		if ((int)(serial - now) <= 0)
			return;
	} while (!atomic_try_cmpxchg(&serial_last, &now, serial));
}

void br_sg_serials_seen(struct br_sg_resume *resume)
{
	const struct br_sg_binding *binding;
	unsigned long serial;

	if (!resume)
		return;
	xa_for_each(&resume->serials, serial, binding)
		serial_seen(serial);
}

const struct br_sg_binding *
br_sg_serial_taken(const struct br_sg_devs *devs, struct br_sg_resume *resume,
		   char *whose)
{
	const struct br_sg_binding *binding;
	const struct br_sg_dev *d;
	unsigned long serial;

	if (!devs || !resume)
		return NULL;
	xa_for_each(&resume->serials, serial, binding) {
		hlist_for_each_entry(d, &devs->serials[serial % BR_SG_PAGES],
				     by_serial) {
			if (d->is.id.serial != serial ||
			    d->ifindex == binding->ifindex)
				continue;
			strscpy(whose, d->is.id.name, IFNAMSIZ);
			return binding;
		}
	}
	return NULL;
}
