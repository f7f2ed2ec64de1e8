/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Text and JSON from the same call
 *
 * A call names the JSON key and the text's format. A key of NULL is an element
 * of the array in hand; a format of NULL is JSON only. JSON is built by
 * jansson and written at the end.
 *
 * A device's name may be any bytes: values are escaped, see util.h. What is written by
 * print_text is not, and is for words of our own and what the module takes as a name.
 */
#ifndef SGCTL_PRINT_H
#define SGCTL_PRINT_H

#include <jansson.h>

#include "conf/conf.h"

struct print {
	FILE *out;
	bool json, pretty, color;
	json_t *stack[12];
	unsigned int depth;
	bool failed;		/* the JSON lacks something */
};

void print_begin(struct print *p, FILE *out, bool json, bool pretty);
int print_end(struct print *p);

void print_object(struct print *p, const char *key);
void print_array(struct print *p, const char *key);
void print_close(struct print *p);

void print_text(struct print *p, const char *fmt, ...) __printf(2, 3);
void print_str(struct print *p, const char *key, const char *fmt, const char *value);
void print_uint(struct print *p, const char *key, const char *fmt, uint64_t value);
void print_bool(struct print *p, const char *key, const char *text, bool value);
void print_null(struct print *p, const char *key, const char *text);

/* Objects in the words of a configuration file */
void print_default(struct print *p, const struct defpat *d);
void print_rule_fields(struct print *p, const struct rule *rule);
void print_rule_line(struct print *p, const char *group, const struct rule *rule);
void print_addrs_line(struct print *p, const char *command, const char *owner,
		      const struct item *v, size_t n);
void print_port_fields(struct print *p, const struct port *port);
void print_port_line(struct print *p, const struct port *port);
void print_conf(struct print *p, const struct conf *conf);

const char *mode_name(uint8_t mode);
const char *direction_name(uint8_t direction);

#endif /* SGCTL_PRINT_H */
