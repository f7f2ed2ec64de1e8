/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What was read: a file or the command line, its words and where they stand
 */
#ifndef SGCTL_INPUT_H
#define SGCTL_INPUT_H

#include "base/util.h"

struct word {
	const char *s;
	uint32_t col;		/* the first character is 1 */
};

/* Where an object was read: a line, or a path in a JSON document */
struct src {
	uint32_t line, col;
	const char *path;
};

struct input {
	const char *name;
	char *text;		/* as it was read, NUL terminated */
	size_t len;
	size_t *starts;		/* offset of each line in text */
	uint32_t n_lines;
	uint32_t base;		/* the words before these are not the command's */

	char *buf;		/* the words of the current line */
	size_t buf_len;
	VEC(struct word) words;
	size_t at;		/* the next word to take */
	uint32_t line;
	uint32_t end;		/* column behind the last word */

	VEC(struct src) srcs;	/* a number of an object is an index here */
	struct arena arena;
	unsigned int errors;
};

int input_open(struct input *in, const char *name);
void input_argv(struct input *in, int argc, char **argv, int first);
void input_close(struct input *in);
bool input_is_json(const struct input *in);

bool input_line(struct input *in, uint32_t line);
bool input_next_line(struct input *in);
uint32_t input_src(struct input *in);
uint32_t input_src_path(struct input *in, const char *path);

/* The words of the line: look at the next, take it */
const char *peek(const struct input *in);
const char *take(struct input *in);
bool take_if(struct input *in, const char *word);

/* Errors, all of the form FILE:LINE:COL: Error: text; each gives RC_USAGE */
void color_setup(const char *when);
bool color_on(FILE *to);
int err_at(struct input *in, uint32_t line, uint32_t col,
	   const char *fmt, ...) __printf(4, 5);
int err_word(struct input *in, size_t word, const char *fmt, ...) __printf(3, 4);
int err_src(struct input *in, uint32_t src, const char *value,
	    const char *fmt, ...) __printf(4, 5);
int err_plain(const char *fmt, ...) __printf(1, 2);

#define THE_NAME	"\001"	/* stands for the third word of a command */

/* The word behind this keyword, or the keyword itself if it has no value */
size_t find_value(const struct input *in, const char *keyword);

#endif /* SGCTL_INPUT_H */
