// SPDX-License-Identifier: GPL-2.0-or-later
/* Dumps while others commit: each shows one generation. */
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client.h"

#define SETS	2500	/* more than the kernel has ready ahead of its reader */
#define COMMITS	15

/* every object says @n, so that a mixture shows */
static bool write_all(struct client *c, unsigned int n)
{
	char *text = NULL;
	unsigned int i;
	size_t size;
	bool good;
	FILE *to;

	to = open_memstream(&text, &size);
	fprintf(to, "SET_NEW op:1");
	for (i = 0; i < SETS; i++)
		fprintf(to, " set{name:s%04u-%06u-abcdefghijklmnopqrstuvwxyz}",
			i, n);
	fclose(to);
	good = says(c, 0, "BEGIN flags:1") && says(c, 0, text) &&
	       says(c, 0, "COMMIT");
	free(text);
	return good;
}

/* every set that was shown is of the same commit, and all are there */
static bool whole(struct client *c)
{
	char number[8] = "";
	unsigned int n = 0;
	const char *p;

	for (p = strstr(c->a.shown, "name:s"); p;
	     p = strstr(p + 1, "name:s"), n++) {
		if (!*number)
			snprintf(number, sizeof(number), "%.6s", p + 11);
		if (strncmp(number, p + 11, 6)) {
			note("a dump of two configurations");
			return false;
		}
	}
	if (n != SETS || c->a.torn || c->a.bad || c->a.err ||
	    c->a.messages < 2) {
		note("%u sets in %u messages of one dump (%s)", n,
		     c->a.messages, c->a.torn ? "torn" : "not torn");
		return false;
	}
	return true;
}

static void test_between(void)
{
	struct client a, b;
	struct message m;
	uint64_t g;
	bool good;

	client_open(&a);
	client_open(&b);
	good = write_all(&b, 1);
	g = generation(&b);
	m = message_text("SET_GET*");
	client_post(&a, &m);
	good &= !client_receive(&a);
	good &= write_all(&b, 2) && write_all(&b, 3);
	client_wait(&a);
	message_free(&m);
	ok(good && whole(&a) && strstr(a.a.shown, "-000001-") &&
	   a.a.generation == g,
	   "a dump goes on with the generation it began with");
	ok(says(&a, 0, "SET_GET*") && whole(&a) &&
	   strstr(a.a.shown, "-000003-") && a.a.generation == g + 2,
	   "the next dump shows what was committed");

	m = message_text("SET_GET*");
	client_post(&a, &m);
	good = !client_receive(&a) && TRANSACTS(&b, "FLUSH");
	client_wait(&a);
	message_free(&m);
	ok(good && whole(&a) && shows(&a, "SET_GET*", ""),
	   "a dump shows what is deleted meanwhile to its end");
	good = write_all(&b, 4);
	m = message_text("SET_GET*");
	client_post(&a, &m);
	message_free(&m);
	client_close(&a);
	ok(good && says(&b, 0, "SET_GET*") && whole(&b) && TRANSACTS(&b, "FLUSH"),
	   "a reader may close in the middle of a dump");
	client_close(&b);
}

static void test_storm(void)
{
	struct client a, b;
	unsigned int i, n = 0;
	uint64_t last = 0;
	bool good;
	int status;
	pid_t pid;

	client_open(&a);
	good = write_all(&a, 0);
	fflush(stdout);
	pid = fork();
	if (!pid) {
		client_open(&b);
		for (i = 1; i <= COMMITS; i++)
			if (!write_all(&b, i))
				_exit(1);
		fflush(stdout);
		_exit(0);
	}
	while (good && waitpid(pid, &status, WNOHANG) == 0) {
		good = says(&a, 0, "SET_GET*") && whole(&a) &&
		       a.a.generation >= last;
		last = a.a.generation;
		n++;
	}
	if (!good) {
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
	}
	note("%u dumps", n);
	ok(good && n && !status,
	   "dumps while another process commits show one generation each");
	TRANSACTS(&a, "FLUSH");
	client_close(&a);
}

void test_dumps(void)
{
	test_between();
	test_storm();
}
