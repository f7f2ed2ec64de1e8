/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory, vectors, names and small text helpers
 */
#ifndef SGCTL_UTIL_H
#define SGCTL_UTIL_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Exit status, see sgctl(8) */
enum {
	RC_OK		= 0,
	RC_USAGE	= 1,	/* usage or parse error */
	RC_REFUSED	= 2,	/* refused by the kernel, or as it would open every port */
	RC_NO_MODULE	= 3,	/* module absent, no permission, versions that do not fit */
	RC_DIFFERS	= 4,	/* diff found a difference */
	RC_INCONSISTENT	= 5,	/* a dump stayed inconsistent */
};

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define __printf(f, a)	__attribute__((format(printf, f, a)))

void *xmalloc(size_t size);
void *xcalloc(size_t n, size_t size);
void *xrealloc(void *p, size_t size);
char *xstrdup(const char *s);

/* A vector: VEC(type) name; vec_push(&name) gives a zeroed element */
#define VEC(type)	struct { type *v; size_t n, cap; }

void vec_grow(void *v, size_t *n, size_t *cap, size_t size);

#define vec_push(vec)							\
	(vec_grow(&(vec)->v, &(vec)->n, &(vec)->cap, sizeof(*(vec)->v)), \
	 &(vec)->v[(vec)->n - 1])
#define vec_free(vec)							\
	do {								\
		free((vec)->v);						\
		(vec)->v = NULL;					\
		(vec)->n = 0;						\
		(vec)->cap = 0;						\
	} while (0)

/* Memory that is freed all at once */
struct arena_block;
struct arena {
	struct arena_block *head;
	size_t left;
};

void *arena_alloc(struct arena *arena, size_t size);
char *arena_strdup(struct arena *arena, const char *s);
void arena_free(struct arena *arena);

/* Names and what they stand for; a name is not copied */
struct names {
	struct name_slot {
		const char *name;
		void *obj;
	} *v;
	size_t n, cap;
};

void *names_get(const struct names *names, const char *name);
void names_put(struct names *names, const char *name, void *obj);
void names_free(struct names *names);
const char *names_suggest(const struct names *names, const char *word);

/* The word of a NULL terminated list that looks most like this one, or NULL */
const char *suggest(const char *word, const char *const *list);
bool looks_like(const char *word, const char *candidate, unsigned int *best);

/*
 * Text of whatever bytes, for a terminal and for JSON: what is not a printable
 * character, in ASCII or else in UTF-8, becomes \xNN, byte by byte; with backslash
 * that too (\x5c), so that no two texts look the same. to has at least ESCAPED(s).
 */
#define ESCAPED(len)	(4 * (len) + 1)
bool is_plain(const char *s, bool backslash);
void escape(char *to, const char *s, bool backslash);

bool str_to_uint(const char *s, unsigned int base, uint32_t max, uint32_t *out);

#endif /* SGCTL_UTIL_H */
