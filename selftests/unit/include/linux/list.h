/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lists as the kernel has them. */
#ifndef UNIT_LINUX_LIST_H
#define UNIT_LINUX_LIST_H

#include "../shim.h"

struct list_head {
	struct list_head *next, *prev;
};

struct hlist_node {
	struct hlist_node *next, **pprev;
};

struct hlist_head {
	struct hlist_node *first;
};

#ifndef container_of
#define container_of(p, type, member) \
	((type *)((char *)(p) - offsetof(type, member)))
#endif
#define list_entry(p, type, member)	container_of(p, type, member)
#define list_first_entry(p, type, member) \
	list_entry((p)->next, type, member)

static inline void INIT_LIST_HEAD(struct list_head *l)
{
	l->next = l->prev = l;
}

static inline bool list_empty(const struct list_head *l)
{
	return l->next == l;
}

static inline void list_add_tail(struct list_head *n, struct list_head *l)
{
	n->prev = l->prev;
	n->next = l;
	l->prev->next = n;
	l->prev = n;
}

static inline void list_del(struct list_head *n)
{
	n->prev->next = n->next;
	n->next->prev = n->prev;
}

static inline void list_del_init(struct list_head *n)
{
	list_del(n);
	INIT_LIST_HEAD(n);
}

static inline void list_move_tail(struct list_head *n, struct list_head *l)
{
	list_del(n);
	list_add_tail(n, l);
}

#define list_for_each_entry(p, l, member)				\
	for (p = list_entry((l)->next, __typeof__(*p), member);		\
	     &p->member != (l);						\
	     p = list_entry(p->member.next, __typeof__(*p), member))
#define list_for_each_entry_safe(p, n, l, member)			\
	for (p = list_entry((l)->next, __typeof__(*p), member),		\
	     n = list_entry(p->member.next, __typeof__(*p), member);	\
	     &p->member != (l);						\
	     p = n, n = list_entry(n->member.next, __typeof__(*n), member))

static inline void INIT_HLIST_NODE(struct hlist_node *n)
{
	n->next = NULL;
	n->pprev = NULL;
}

static inline bool hlist_unhashed(const struct hlist_node *n)
{
	return !n->pprev;
}

static inline void hlist_add_head(struct hlist_node *n, struct hlist_head *h)
{
	n->next = h->first;
	if (h->first)
		h->first->pprev = &n->next;
	h->first = n;
	n->pprev = &h->first;
}

static inline void hlist_del(struct hlist_node *n)
{
	*n->pprev = n->next;
	if (n->next)
		n->next->pprev = n->pprev;
}

static inline void hlist_del_init(struct hlist_node *n)
{
	if (hlist_unhashed(n))
		return;
	hlist_del(n);
	INIT_HLIST_NODE(n);
}

#define hlist_entry_safe(p, type, member) ({				\
	__typeof__(p) _p = (p);						\
	_p ? container_of(_p, type, member) : NULL; })
#define hlist_for_each_entry(p, h, member)				\
	for (p = hlist_entry_safe((h)->first, __typeof__(*p), member); p; \
	     p = hlist_entry_safe(p->member.next, __typeof__(*p), member))

#endif
