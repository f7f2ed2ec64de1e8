// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What was read: a file or the command line, its words and where they stand
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/input.h"
#include "base/value.h"

#define INPUT_MAX	(1U << 30)

static const char *color_when = "auto";

void color_setup(const char *when)
{
	color_when = when;
}

bool color_on(FILE *to)
{
	const char *no = getenv("NO_COLOR");

	if (!strcmp(color_when, "always"))
		return true;
	if (!strcmp(color_when, "never") || (no && *no))
		return false;
	return isatty(fileno(to));
}

static void index_lines(struct input *in)
{
	size_t i, cap = 0, n = 0;

	for (i = 0; i <= in->len; i++) {
		if (i && in->text[i - 1] != '\n')
			continue;
		if (i == in->len && i)
			break;
		if (n == cap) {
			cap = cap ? cap * 2 : 64;
			in->starts = xrealloc(in->starts, cap * sizeof(*in->starts));
		}
		in->starts[n++] = i;
	}
	in->n_lines = n;
}

/* Number 0 is the command as a whole */
static void src_zero(struct input *in, uint32_t line, uint32_t col)
{
	struct src *src = vec_push(&in->srcs);

	src->line = line;
	src->col = col;
}

/* Reads a whole file, or standard input for "-" */
int input_open(struct input *in, const char *name)
{
	size_t cap = 65536, got;
	int rc = RC_OK;
	FILE *f;

	memset(in, 0, sizeof(*in));
	src_zero(in, 1, 1);
	f = strcmp(name, "-") ? fopen(name, "r") : stdin;
	in->name = f == stdin ? "standard input" : name;
	if (!is_plain(in->name, false)) {
		char *escaped = arena_alloc(&in->arena, ESCAPED(strlen(name)));

		escape(escaped, name, false);
		in->name = escaped;
	}
	if (!f)
		return err_plain("%s: %s", name, strerror(errno));
	in->text = xrealloc(NULL, cap + 1);
	while ((got = fread(in->text + in->len, 1, cap - in->len, f)) > 0) {
		in->len += got;
		if (in->len < cap)
			continue;
		if (cap >= INPUT_MAX) {
			rc = err_plain("%s: larger than 1 GiB", name);
			break;
		}
		cap *= 2;
		in->text = xrealloc(in->text, cap + 1);
	}
	in->text[in->len] = '\0';
	if (ferror(f))
		rc = err_plain("%s: %s", name, strerror(errno));
	if (f != stdin)
		fclose(f);
	if (!rc)
		index_lines(in);
	return rc;
}

/* The command line as one line: the words behind "sgctl", options too */
void input_argv(struct input *in, int argc, char **argv, int first)
{
	uint32_t col = 1;
	int i;

	memset(in, 0, sizeof(*in));
	in->name = "command line";
	in->line = 1;
	for (i = 1; i < argc; i++) {
		if (i >= first) {
			struct word *word = vec_push(&in->words);

			word->s = argv[i];
			word->col = col;
		}
		col += strlen(argv[i]) + 1;
	}
	in->end = col;
	src_zero(in, 1, in->words.n ? in->words.v[0].col : 1);
}

void input_close(struct input *in)
{
	free(in->text);
	free(in->starts);
	free(in->buf);
	vec_free(&in->words);
	vec_free(&in->srcs);
	arena_free(&in->arena);
	memset(in, 0, sizeof(*in));
}

bool input_is_json(const struct input *in)
{
	size_t i;

	for (i = 0; i < in->len && isspace((unsigned char)in->text[i]); i++)
		;
	return i < in->len && in->text[i] == '{';
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* Splits a line into words; a word that begins with '#' ends it */
bool input_line(struct input *in, uint32_t line)
{
	size_t start, len, i;
	char *end;

	if (!in->text) {
		in->at = 0;
		return line == 1;
	}
	if (!line || line > in->n_lines)
		return false;
	start = in->starts[line - 1];
	end = memchr(in->text + start, '\n', in->len - start);
	len = end ? (size_t)(end - in->text) - start : in->len - start;
	if (in->buf_len < len + 1) {
		in->buf_len = len + 256;
		in->buf = xrealloc(in->buf, in->buf_len);
	}
	memcpy(in->buf, in->text + start, len);
	in->buf[len] = '\0';
	in->line = line;
	in->words.n = 0;
	in->at = 0;
	in->end = 1;
	for (i = 0; i < len; ) {
		struct word *word;

		while (i < len && is_blank(in->buf[i]))
			i++;
		if (i == len || in->buf[i] == '#')
			break;
		word = vec_push(&in->words);
		word->s = in->buf + i;
		word->col = i + 1;
		while (i < len && !is_blank(in->buf[i])) {
			if (!in->buf[i])	/* a NUL is no character of any word */
				in->buf[i] = '\1';
			i++;
		}
		in->end = i + 2;
		in->buf[i++] = '\0';
	}
	return true;
}

bool input_next_line(struct input *in)
{
	do {
		if (!input_line(in, in->line + 1))
			return false;
	} while (!in->words.n);
	return true;
}

uint32_t input_src(struct input *in)
{
	struct src *src = vec_push(&in->srcs);

	src->line = in->line;
	src->col = in->words.n ? in->words.v[0].col : 1;
	return in->srcs.n - 1;
}

uint32_t input_src_path(struct input *in, const char *path)
{
	vec_push(&in->srcs)->path = arena_strdup(&in->arena, path);
	return in->srcs.n - 1;
}

const char *peek(const struct input *in)
{
	return in->at < in->words.n ? in->words.v[in->at].s : NULL;
}

const char *take(struct input *in)
{
	return in->at < in->words.n ? in->words.v[in->at++].s : NULL;
}

bool take_if(struct input *in, const char *word)
{
	if (!peek(in) || strcmp(peek(in), word))
		return false;
	in->at++;
	return true;
}

static bool has_value(const char *keyword)
{
	static const char *const with_value[] = {
		"proto", "dport", "icmp", "remote", "id", "uuid", "mac", "ip", "pair",
		"group", "dhcp-server", "ethertype", "zone", "ct-limit", NULL
	};
	const char *const *w;

	for (w = with_value; *w; w++)
		if (!strcmp(keyword, *w))
			return true;
	return false;
}

size_t find_value(const struct input *in, const char *keyword)
{
	size_t i;

	if (!strcmp(keyword, THE_NAME))
		return in->words.n > 2 ? 2 : 0;
	for (i = 3; i < in->words.n; i++) {
		if (strcmp(in->words.v[i].s, keyword))
			continue;
		return has_value(keyword) && i + 1 < in->words.n ? i + 1 : i;
	}
	return 0;
}

/* A keyword stands for the word behind it; another value for the last word that is it */
static size_t find_word(const struct input *in, const char *value)
{
	size_t i;

	if (has_value(value) || !strcmp(value, THE_NAME))
		return find_value(in, value);
	for (i = in->words.n; i-- > 2; )
		if (same_value(in->words.v[i].s, value))
			return i;
	return 0;
}

static const char *paint(void)
{
	return color_on(stderr) ? "\033[1;31mError:\033[0m" : "Error:";
}

/* What was read may hold anything: nothing of it reaches a terminal raw */
static void put_text(const char *fmt, va_list ap)
{
	char text[1024], escaped[ESCAPED(sizeof(text))];

	vsnprintf(text, sizeof(text), fmt, ap);
	escape(escaped, text, false);
	fputs(escaped, stderr);
	fputc('\n', stderr);
}

int err_at(struct input *in, uint32_t line, uint32_t col, const char *fmt, ...)
{
	va_list ap;

	in->errors++;
	fprintf(stderr, "%s:%u:%u: %s ", in->name, line, col, paint());
	va_start(ap, fmt);
	put_text(fmt, ap);
	va_end(ap);
	return RC_USAGE;
}

/* At a word of the current line; behind the last: at the line's end */
int err_word(struct input *in, size_t word, const char *fmt, ...)
{
	uint32_t col = word < in->words.n ? in->words.v[word].col : in->end;
	va_list ap;

	in->errors++;
	if (!in->words.n)
		col = 1;
	fprintf(stderr, "%s:%u:%u: %s ", in->name, in->line, col, paint());
	va_start(ap, fmt);
	put_text(fmt, ap);
	va_end(ap);
	return RC_USAGE;
}

/* At an object; where one of its words is this value, or behind this keyword, there */
int err_src(struct input *in, uint32_t src, const char *value, const char *fmt, ...)
{
	const struct src *s = &in->srcs.v[src];
	va_list ap;

	in->errors++;
	if (s->path) {
		fprintf(stderr, "%s: %s %s: ", in->name, paint(), s->path);
	} else {
		uint32_t col = s->col;

		if (value && input_line(in, s->line)) {
			size_t word = find_word(in, value);

			if (word < in->words.n)
				col = in->words.v[word].col;
		}
		fprintf(stderr, "%s:%u:%u: %s ", in->name, s->line, col, paint());
	}
	va_start(ap, fmt);
	put_text(fmt, ap);
	va_end(ap);
	return RC_USAGE;
}

int err_plain(const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "sgctl: %s ", paint());
	va_start(ap, fmt);
	put_text(fmt, ap);
	va_end(ap);
	return RC_USAGE;
}
