/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What drops every frame of the ports while no module does, and other programs
 */
#ifndef SGCTL_BLOCKER_H
#define SGCTL_BLOCKER_H

#include "nl/resume.h"

#define BLOCKER		"br_sg_upgrade"

/* Runs a program with this on its standard input; its exit status, -1: none */
int run_program(const char *input, bool quiet, const char *program, ...)
	__attribute__((sentinel));

/* A script for nft; the caller's to free. "": nothing is guarded */
char *blocker_script(const struct conf *conf, const struct resume *resume);
bool blocker_there(void);
/* Each an exit status, and has said so where it isn't RC_OK */
int blocker_check(const char *script);
int blocker_set(const char *script, const struct resume *resume);
int blocker_remove(void);
/* What packets were under way when this was called have arrived */
void packets_settle(void);

#endif /* SGCTL_BLOCKER_H */
