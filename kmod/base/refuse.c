// SPDX-License-Identifier: GPL-2.0
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/pid.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "base/refuse.h"

#define BR_SG_TEXT_MAX	256

/*
 * A task is answered before it can send again, so a text lives until its task
 * is refused the next time or has ended: one for each living task that was
 * ever refused.
 */
struct br_sg_text {
	struct list_head list;
	struct pid *task;
	char s[BR_SG_TEXT_MAX];
};

static LIST_HEAD(br_sg_texts);
static DEFINE_MUTEX(br_sg_texts_lock);	/* the list */

static void br_sg_text_free(struct br_sg_text *text)
{
	list_del(&text->list);
	put_pid(text->task);
	kfree(text);
}

/* the current task's; NULL: out of memory */
static char *br_sg_text(void)
{
	struct br_sg_text *text, *next, *mine = NULL;

	mutex_lock(&br_sg_texts_lock);
	list_for_each_entry_safe(text, next, &br_sg_texts, list) {
		if (text->task == task_pid(current))
			mine = text;
		else if (!pid_has_task(text->task, PIDTYPE_PID))
			br_sg_text_free(text);
	}
	if (!mine) {
		mine = kmalloc(sizeof(*mine), GFP_KERNEL_ACCOUNT);
		if (mine) {
			mine->task = get_pid(task_pid(current));
			list_add(&mine->list, &br_sg_texts);
		}
	}
	mutex_unlock(&br_sg_texts_lock);
	return mine ? mine->s : NULL;
}

int br_sg_refuse(struct netlink_ext_ack *extack, const struct nlattr *at,
		 int err, const char *fmt, ...)
{
	va_list args;
	char *s;

	if (!extack)
		return err;
	s = br_sg_text();
	if (s) {
		va_start(args, fmt);
		vsnprintf(s, BR_SG_TEXT_MAX, fmt, args);
		va_end(args);
		/* NL_SET_ERR_MSG() has no way to say this */
		extack->_msg = s;
	}
	if (at)
		NL_SET_BAD_ATTR(extack, at);
	return err;
}

void br_sg_refuse_exit(void)
{
	struct br_sg_text *text, *next;

	list_for_each_entry_safe(text, next, &br_sg_texts, list)
		br_sg_text_free(text);
}
