// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Memory, vectors, names and small text helpers
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"

#define ARENA_BLOCK	65536

struct arena_block {
	struct arena_block *next;
	char *at;
	char data[];
};

static void *checked(void *p)
{
	if (!p) {
		fputs("sgctl: out of memory\n", stderr);
		exit(RC_USAGE);
	}
	return p;
}

void *xmalloc(size_t size)
{
	return checked(malloc(size));
}

void *xcalloc(size_t n, size_t size)
{
	return checked(calloc(n, size));
}

void *xrealloc(void *p, size_t size)
{
	return checked(realloc(p, size));
}

char *xstrdup(const char *s)
{
	return checked(strdup(s));
}

void vec_grow(void *v, size_t *n, size_t *cap, size_t size)
{
	char **p = v;

	if (*n == *cap) {
		*cap = *cap ? *cap * 2 : 4;
		*p = xrealloc(*p, *cap * size);
	}
	memset(*p + *n * size, 0, size);
	(*n)++;
}

void *arena_alloc(struct arena *arena, size_t size)
{
	struct arena_block *block;
	void *p;

	size = (size + 15) & ~(size_t)15;
	if (size > arena->left) {
		size_t room = size > ARENA_BLOCK ? size : ARENA_BLOCK;

		block = xmalloc(sizeof(*block) + room);
		block->at = block->data;
		block->next = arena->head;
		arena->head = block;
		arena->left = room;
	}
	p = memset(arena->head->at, 0, size);
	arena->head->at += size;
	arena->left -= size;
	return p;
}

char *arena_strdup(struct arena *arena, const char *s)
{
	size_t len = strlen(s) + 1;

	return memcpy(arena_alloc(arena, len), s, len);
}

void arena_free(struct arena *arena)
{
	struct arena_block *block, *next;

	for (block = arena->head; block; block = next) {
		next = block->next;
		free(block);
	}
	arena->head = NULL;
	arena->left = 0;
}

static struct name_slot *names_slot(const struct names *names, const char *name)
{
	const unsigned char *s = (const unsigned char *)name;
	uint32_t hash = 2166136261U;
	size_t i;

	while (*s)
		hash = (hash ^ *s++) * 16777619U;
	i = (hash ^ (hash >> 15)) & (names->cap - 1);
	while (names->v[i].name && strcmp(names->v[i].name, name))
		i = (i + 1) & (names->cap - 1);
	return &names->v[i];
}

void *names_get(const struct names *names, const char *name)
{
	return names->cap ? names_slot(names, name)->obj : NULL;
}

/* An obj of NULL takes the name out */
void names_put(struct names *names, const char *name, void *obj)
{
	struct name_slot *slot;

	if (names->n * 2 >= names->cap) {
		struct names bigger = {
			.cap = names->cap ? names->cap * 2 : 64,
		};
		size_t i;

		bigger.v = xcalloc(bigger.cap, sizeof(*bigger.v));
		for (i = 0; i < names->cap; i++) {
			if (!names->v[i].name)
				continue;
			*names_slot(&bigger, names->v[i].name) = names->v[i];
			bigger.n++;
		}
		free(names->v);
		*names = bigger;
	}
	slot = names_slot(names, name);
	if (!slot->name)
		names->n++;
	slot->name = name;
	slot->obj = obj;
}

void names_free(struct names *names)
{
	free(names->v);
	memset(names, 0, sizeof(*names));
}

/* Levenshtein distance with swaps, both words cut to 31 characters */
static unsigned int distance(const char *a, const char *b)
{
	size_t la = strnlen(a, 31), lb = strnlen(b, 31), i, j;
	unsigned int d[32][32];

	for (i = 0; i <= la; i++)
		d[i][0] = i;
	for (j = 0; j <= lb; j++)
		d[0][j] = j;
	for (i = 1; i <= la; i++) {
		for (j = 1; j <= lb; j++) {
			unsigned int best = d[i - 1][j - 1] + (a[i - 1] != b[j - 1]);

			if (d[i - 1][j] + 1 < best)
				best = d[i - 1][j] + 1;
			if (d[i][j - 1] + 1 < best)
				best = d[i][j - 1] + 1;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    d[i - 2][j - 2] + 1 < best)
				best = d[i - 2][j - 2] + 1;
			d[i][j] = best;
		}
	}
	return d[la][lb];
}

/* Is candidate nearer to word than *best, and near at all? */
bool looks_like(const char *word, const char *candidate, unsigned int *best)
{
	unsigned int d = distance(word, candidate);
	size_t len = strlen(word);

	if (d >= *best || d > 1 + len / 4 || d * 2 >= len)
		return false;
	*best = d;
	return true;
}

/*
 * Does candidate look more like word than *found, which is *best away? Where two
 * look like it equally nobody knows which was meant ("igress"): *found is "".
 */
static void look(const char *word, const char *candidate, const char **found,
		 unsigned int *best)
{
	unsigned int as_good = *best + 1;

	if (looks_like(word, candidate, best))
		*found = candidate;
	else if (*found && looks_like(word, candidate, &as_good))
		*found = "";
}

const char *suggest(const char *word, const char *const *list)
{
	const char *found = NULL;
	unsigned int best = ~0U - 1;

	for (; *list; list++)
		look(word, *list, &found, &best);
	return found && *found ? found : NULL;
}

const char *names_suggest(const struct names *names, const char *word)
{
	const char *found = NULL;
	unsigned int best = ~0U - 1;
	size_t i;

	for (i = 0; i < names->cap; i++)
		if (names->v[i].obj)
			look(word, names->v[i].name, &found, &best);
	return found && *found ? found : NULL;
}

/* Digits only: no sign, no space, no overflow */
bool str_to_uint(const char *s, unsigned int base, uint32_t max, uint32_t *out)
{
	uint64_t value = 0;

	if (!*s)
		return false;
	for (; *s; s++) {
		unsigned int digit;

		if (isdigit((unsigned char)*s))
			digit = *s - '0';
		else if (isxdigit((unsigned char)*s))
			digit = tolower((unsigned char)*s) - 'a' + 10;
		else
			return false;
		if (digit >= base)
			return false;
		value = value * base + digit;
		if (value > max)
			return false;
	}
	*out = value;
	return true;
}

/* Of the first character, if it is printable; 0: it is not one, or does other things */
static size_t printable(const unsigned char *s)
{
	static const struct {
		uint32_t first, last;
	} odd[] = {
		{ 0x80, 0x9f },			/* controls, to 8-bit terminals too */
		{ 0xad, 0xad },			/* not shown */
		{ 0x61c, 0x61c },		/* these and others: turn what follows round */
		{ 0x200b, 0x200f }, { 0x2028, 0x202e }, { 0x2060, 0x206f },
		{ 0xd800, 0xf8ff },		/* surrogates; whatever a font has */
		{ 0xfe00, 0xfe0f }, { 0xfeff, 0xfeff }, { 0xfff0, 0xfffb }, { 0xfffe, 0xffff },
		{ 0xe0000, 0x1fffff },		/* and what is no character */
	};
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t len = *s < 0x80 ? 1 : *s < 0xc0 ? 0 : *s < 0xe0 ? 2 : *s < 0xf0 ? 3 :
		     *s < 0xf8 ? 4 : 0;
	uint32_t c = *s;
	size_t i;

	if (len < 2)
		return len && *s >= ' ' && *s != 0x7f ? 1 : 0;
	for (c &= 0x7f >> len, i = 1; i < len; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (s[i] & 0x3f);
	}
	if (c < least[len])
		return 0;
	for (i = 0; i < ARRAY_SIZE(odd); i++)
		if (c >= odd[i].first && c <= odd[i].last)
			return 0;
	return len;
}

bool is_plain(const char *s, bool backslash)
{
	for (; *s >= ' ' && *s != 0x7f && (*s != '\\' || !backslash); s++)
		;
	return !*s;
}

void escape(char *to, const char *s, bool backslash)
{
	while (*s) {
		size_t len = *s == '\\' && backslash ? 0 : printable((const unsigned char *)s);

		if (len) {
			memcpy(to, s, len);
			to += len;
			s += len;
		} else {
			to += sprintf(to, "\\x%02x", (unsigned char)*s++);
		}
	}
	*to = '\0';
}
