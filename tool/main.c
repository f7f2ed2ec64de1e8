// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * sgctl: options, and the table of objects and verbs
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/cmd.h"

#define RULE_WORDS	"[ipv4|ipv6] [proto PROTO] [dport N[-M]] [icmp TYPE[/CODE]] " \
			"[remote {ADDRESS[/LEN]|group GROUP|set SET}]"
#define RULE		"{ingress|egress} " RULE_WORDS
#define PORT		"[uuid UUID] [mac MAC] [ip ADDRESS]... " \
			"[pair ADDRESS[/LEN] [mac MAC]]... [group GROUP]... " \
			"[dhcp-server ADDRESS]... [ethertype N]... [zone N] [ct-limit N] " \
			"[any-source] [strict]"

static const struct command commands[] = {
	{ "default", "add", exec_change, "default [add] {drop|accept} PATTERN",
	  "say what happens on bridge ports without a port line" },
	{ "default", "replace", exec_change, "default replace {drop|accept} PATTERN",
	  "the same, also where the pattern exists" },
	{ "default", "del", exec_change, "default del PATTERN", "remove a pattern" },
	{ "default", "show", cmd_default_show, "default show", "list the patterns" },

	{ "set", "add", exec_change, "set add SET [ADDRESS[/LEN]]...", "make a set" },
	{ "set", "replace", exec_change, "set replace SET [ADDRESS[/LEN]]...",
	  "make a set hold exactly these addresses" },
	{ "set", "insert", exec_change, "set insert SET ADDRESS[/LEN]...", "add addresses" },
	{ "set", "remove", exec_change, "set remove SET ADDRESS[/LEN]...", "take addresses out" },
	{ "set", "del", exec_change, "set del SET", "remove a set" },
	{ "set", "show", cmd_set_show, "set show [SET]", "list the sets, or a set's addresses" },

	{ "group", "add", exec_change, "group add GROUP [stateless]", "make a group" },
	{ "group", "replace", exec_change, "group replace GROUP [stateless]",
	  "make or change a group; its members and rules stay" },
	{ "group", "set", exec_change, "group set GROUP {stateless|stateful}",
	  "change a group that exists" },
	{ "group", "del", exec_change, "group del GROUP",
	  "remove a group with its members and rules" },
	{ "group", "show", cmd_group_show, "group show [GROUP]", "list groups" },

	{ "member", "add", exec_change, "member add GROUP ADDRESS[/LEN]...",
	  "add members by hand" },
	{ "member", "del", exec_change, "member del GROUP ADDRESS[/LEN]...",
	  "take out members that were added by hand" },
	{ "member", "show", cmd_member_show, "member show [GROUP]",
	  "list the members that were added by hand" },

	{ "rule", "add", exec_change, "rule add GROUP " RULE " [id N]", "add a rule" },
	{ "rule", "replace", exec_change, "rule replace GROUP " RULE " id N",
	  "make or replace the rule with this id" },
	{ "rule", "set", exec_change,
	  "rule set GROUP id N [ingress|egress] " RULE_WORDS
	  " [no {family|proto|dport|icmp|remote}]...",
	  "change the named fields of a rule" },
	{ "rule", "del", exec_change, "rule del GROUP {id N|" RULE "}",
	  "remove a rule, by id or by content" },
	{ "rule", "show", cmd_rule_show, "rule show [GROUP [id N]]",
	  "list rules; -s: with counters, the sum of all ports" },

	{ "port", "add", exec_change, "port add DEV " PORT " [off|trusted]", "guard a port" },
	{ "port", "replace", exec_change, "port replace DEV " PORT " [off|trusted]",
	  "make or replace a port" },
	{ "port", "set", exec_change,
	  "port set DEV " PORT " [filter|off|trusted] "
	  "[no {uuid|mac|ip|pair|group|dhcp-server|ethertype|zone|ct-limit|any-source|strict}]...",
	  "change the named fields of a port; a list is replaced as a whole" },
	{ "port", "del", exec_change, "port del DEV", "guard a port no more" },
	{ "port", "show", cmd_port_show, "port show [DEV|UUID]",
	  "list ports; -s: with counters" },
	{ "port", "chains", cmd_port_chains, "port chains {DEV|UUID}",
	  "show a port's steps and rules with counters, as iptables would" },

	{ "flow", "show", cmd_flow_show, "flow show [port {DEV|UUID}] [revoked]",
	  "list the connections that ports have judged, and by which rule" },

	{ "shadow", "apply", cmd_shadow_apply, "shadow apply FILE",
	  "compare what is in force with FILE, frame by frame; nothing is enforced" },
	{ "shadow", "show", cmd_shadow_show, "shadow show [port DEV]",
	  "list the frames that the shadow would have treated otherwise" },
	{ "shadow", "diff", cmd_shadow_diff, "shadow diff",
	  "show what shadow commit would change, and those frames" },
	{ "shadow", "commit", cmd_shadow_commit, "shadow commit [--allow-empty]",
	  "put the shadow in force" },
	{ "shadow", "drop", cmd_shadow_drop, "shadow drop", "compare no more" },

	{ "monitor", NULL, cmd_monitor, "monitor [config|events] [port DEV]",
	  "print drops and commits as they happen" },

	{ "apply", NULL, cmd_apply, "apply [--allow-empty] FILE",
	  "make this network namespace exactly what FILE says" },
	{ "diff", NULL, cmd_diff, "diff FILE [FROM]",
	  "show what apply would change, from what is in force or in the file FROM" },
	{ "check", NULL, cmd_check, "check FILE",
	  "have the kernel validate FILE; nothing changes" },
	{ "save", NULL, cmd_save, "save", "print the configuration as a file for apply" },
	{ "fmt", NULL, cmd_fmt, "fmt FILE", "print FILE in canonical form; needs no module" },
	{ "flush", NULL, exec_change, "flush", "remove the whole configuration" },
	{ "status", NULL, cmd_status, "status", "show version, figures and zones" },

	{ "module", "upgrade", cmd_module_upgrade, "module upgrade [FILE.ko]",
	  "replace the module, by FILE or the installed one; ports are blocked meanwhile" },
	{ "module", "resume", cmd_module_resume, "module resume",
	  "finish an upgrade that was broken off, if one was" },
};

static const char options[] =
	"Options:\n"
	"  -j              print JSON\n"
	"  -p              print JSON with line breaks\n"
	"  -s              show counters too\n"
	"  -q              do not say what was done (apply, shadow apply, check)\n"
	"  -n NETNS        act on this network namespace\n"
	"  -b FILE         run the changing commands of FILE (-: standard input) as one transaction\n"
	"  -c[=WHEN]       colour: always, auto (the default) or never; also -color[=WHEN]\n"
	"  -V              print the versions of the tool and of the loaded module\n"
	"  -h              print this help\n";

static int open_how(struct ctx *ctx, enum nl_how how)
{
	if (ctx->nl_ready)
		return RC_OK;
	ctx->nl_ready = true;
	return nl_open(&ctx->nl, ctx->netns, how);
}

int ctx_open(struct ctx *ctx)
{
	return open_how(ctx, NL_LOOK);
}

int ctx_open_to_change(struct ctx *ctx)
{
	return open_how(ctx, NL_LOAD);
}

void ctx_print(struct ctx *ctx, struct print *p)
{
	print_begin(p, stdout, ctx->json, ctx->pretty);
}

/* All of it, an object's, or a verb's. RC_USAGE where there is no such thing */
static int help(const char *object, const char *verb)
{
	bool found = false;
	size_t i;

	if (!object)
		printf("Usage: sgctl [OPTIONS] OBJECT VERB ...\n"
		       "       sgctl [OPTIONS] -b FILE\n\n");
	for (i = 0; i < ARRAY_SIZE(commands); i++) {
		const struct command *c = &commands[i];

		if (object && strcmp(object, c->object))
			continue;
		if (verb && (!c->verb || strcmp(verb, c->verb)))
			continue;
		found = true;
		if (object)
			printf("Usage: sgctl %s\n           %s\n", c->usage, c->help);
		else
			printf("  %-8s%-10s%s\n", c->object, c->verb ? c->verb : "", c->help);
	}
	if (!object)
		printf("\n%s\nsgctl OBJECT help shows an object's words; sgctl(8) is the manual.\n",
		       options);
	return found ? RC_OK : RC_USAGE;
}

static int bad_object(struct input *in, size_t word)
{
	const char *list[ARRAY_SIZE(commands) + 2];
	size_t i, n = 0;

	for (i = 0; i < ARRAY_SIZE(commands); i++)
		if (!n || strcmp(list[n - 1], commands[i].object))
			list[n++] = commands[i].object;
	list[n++] = "help";
	list[n] = NULL;
	return unknown_word(in, word, "object", list);
}

static int bad_verb(struct input *in, size_t word, const char *object)
{
	const char *list[ARRAY_SIZE(commands) + 2];
	size_t i, n = 0;

	for (i = 0; i < ARRAY_SIZE(commands); i++)
		if (!strcmp(commands[i].object, object))
			list[n++] = commands[i].verb;
	list[n++] = "help";
	list[n] = NULL;
	return unknown_word(in, word, "verb", list);
}

static int flush_out(int rc)
{
	if (fflush(stdout) || ferror(stdout))
		return err_plain("output: %s", strerror(errno));
	return rc;
}

static int run(struct ctx *ctx)
{
	const char *object, *verb = NULL;
	struct input *in = &ctx->in;
	bool known = false;
	size_t i;

	object = take(in);
	if (!object)
		return bad_object(in, 0);
	if (!strcmp(object, "help")) {
		if (no_more_words(in))
			return RC_USAGE;
		help(NULL, NULL);
		return flush_out(RC_OK);
	}
	for (i = 0; i < ARRAY_SIZE(commands); i++) {
		const struct command *c = &commands[i];

		if (strcmp(object, c->object))
			continue;
		known = true;
		if (!c->verb) {
			if (peek(in) && !strcmp(peek(in), "help") && in->words.n == 2)
				return flush_out(help(object, NULL));
			return c->run(ctx);
		}
	}
	if (!known)
		return bad_object(in, 0);
	verb = take(in);
	if (!verb)
		return bad_verb(in, 1, object);
	if (!strcmp(verb, "help") && !peek(in))
		return flush_out(help(object, NULL));
	if (!strcmp(object, "default") && (!strcmp(verb, "drop") || !strcmp(verb, "accept")))
		return exec_change(ctx);
	for (i = 0; i < ARRAY_SIZE(commands); i++) {
		const struct command *c = &commands[i];

		if (strcmp(object, c->object) || strcmp(verb, c->verb))
			continue;
		if (in->words.n == 3 && !strcmp(peek(in), "help"))
			return flush_out(help(object, verb));
		return c->run(ctx);
	}
	return bad_verb(in, 1, object);
}

/* Objects are per network namespace, and a socket is of the one it was opened in */
static int enter_netns(const char *name)
{
	char path[300];
	int fd, rc;

	if (strchr(name, '/') || !*name) {
		err_plain("network namespace \"%s\" is no name: ip netns list shows them", name);
		return RC_USAGE;
	}
	snprintf(path, sizeof(path), "/run/netns/%.200s", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		err_plain("network namespace \"%s\": %s: ip netns list shows them", name,
			  strerror(errno));
		return errno == EACCES ? RC_NO_MODULE : RC_USAGE;
	}
	rc = setns(fd, CLONE_NEWNET);
	close(fd);
	if (!rc)
		return RC_OK;
	rc = errno;
	err_plain("network namespace \"%s\": %s", name, strerror(rc));
	return rc == EPERM ? RC_NO_MODULE : RC_USAGE;
}

enum opt {
	OPT_JSON, OPT_PRETTY, OPT_STATS, OPT_QUIET, OPT_NETNS, OPT_BATCH, OPT_COLOR, OPT_VERSION,
	OPT_HELP,
};

static const char *const option_names[] = {
	"-j", "-p", "-s", "-q", "-n", "-b", "-c", "-color", "-V", "-h", "--help", "--version", NULL
};

static const uint8_t option_of[] = {
	OPT_JSON, OPT_PRETTY, OPT_STATS, OPT_QUIET, OPT_NETNS, OPT_BATCH, OPT_COLOR, OPT_COLOR,
	OPT_VERSION, OPT_HELP, OPT_HELP, OPT_VERSION,
};

static int bad_color(struct input *in, int word, const char *when)
{
	return err_word(in, word, "color \"%.80s\" is unknown: always, auto or never", when);
}

/* What is closed must not become a socket that data is written to */
static void keep_std_open(void)
{
	int fd;

	do {
		fd = open("/dev/null", O_RDONLY);
	} while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd > STDERR_FILENO)
		close(fd);
}

int main(int argc, char **argv)
{
	const char *batch = NULL;
	struct ctx ctx = { 0 };
	bool version = false;
	struct input all;
	int at, i, rc = 0;

	keep_std_open();
	input_argv(&all, argc, argv, 1);
	for (at = 1; !rc && at < argc && *argv[at] == '-'; at++) {
		const char *equals = strchr(argv[at], '=');
		size_t len = equals ? (size_t)(equals - argv[at]) : strlen(argv[at]);

		for (i = 0; option_names[i]; i++)
			if (strlen(option_names[i]) == len &&
			    !strncmp(argv[at], option_names[i], len))
				break;
		if (!strcmp(argv[at], "--allow-empty")) {
			rc = err_word(&all, at - 1,
				      "\"--allow-empty\" stands behind the command: sgctl apply --allow-empty FILE");
			break;
		}
		if (!option_names[i] || (equals && option_of[i] != OPT_COLOR)) {
			rc = unknown_word(&all, at - 1, "option", option_names);
			break;
		}
		switch (option_of[i]) {
		case OPT_PRETTY:
			ctx.pretty = true;
			break;
		case OPT_JSON:
			ctx.json = true;
			break;
		case OPT_STATS:
			ctx.stats = true;
			break;
		case OPT_COLOR:
			if (equals && strcmp(equals + 1, "always") && strcmp(equals + 1, "auto") &&
			    strcmp(equals + 1, "never"))
				rc = bad_color(&all, at - 1, equals + 1);
			else
				color_setup(equals ? equals + 1 : "always");
			break;
		case OPT_QUIET:
			ctx.quiet = true;
			break;
		case OPT_NETNS:
		case OPT_BATCH:
			if (at + 1 >= argc) {
				rc = err_word(&all, at, "option %s needs a value", argv[at]);
				break;
			}
			if (option_of[i] == OPT_NETNS)
				ctx.netns = argv[at + 1];
			else
				batch = argv[at + 1];
			at++;
			break;
		case OPT_VERSION:
			version = true;
			break;
		case OPT_HELP:
			help(NULL, NULL);
			input_close(&all);
			return flush_out(RC_OK);
		}
	}
	input_close(&all);
	input_argv(&ctx.in, argc, argv, at < argc ? at : argc);
	if (!rc && ctx.netns)
		rc = enter_netns(ctx.netns);
	if (!rc && version)
		rc = print_versions(&ctx);
	else if (!rc && batch)
		rc = peek(&ctx.in) ? no_more_words(&ctx.in) : exec_batch(&ctx, batch);
	else if (!rc)
		rc = run(&ctx);
	nl_close(&ctx.nl);
	input_close(&ctx.in);
	return rc;
}
