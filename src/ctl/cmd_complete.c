/*
 * cmd_complete.c: `complete`: what may stand next on a command line, for the
 * completion of shells. It reads the table of commands, as help does, and asks
 * the gateway for names.
 */
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "ctl/ctl.h"
#include "daemon/secure.h"

#define NAME_MAX_ 64 /* bytes of a word of a command's arguments */
#define LIMIT_S   2  /* for the gateway; then there are no names */

/* A line, if it begins with what is there already. */
static void
offer(const char *word, size_t n, const char *have)
{
	size_t len = strlen(have);

	if (n >= len && memcmp(word, have, len) == 0)
		printf("%.*s\n", (int)n, word);
}

/* ---- commands ---- */

static void
offer_first_words(const char *have)
{
	const char *last = "", *name;
	size_t i, n, last_n = 0;

	for (i = 0; i < ctl_ncmds; i++) {
		name = ctl_cmds[i].name;
		n = strcspn(name, " ");
		if (n == last_n && memcmp(name, last, n) == 0)
			continue;
		offer(name, n, have);
		last = name;
		last_n = n;
	}
}

static void
offer_second_words(const char *first, const char *have)
{
	size_t i, n = strlen(first);
	const char *name;

	for (i = 0; i < ctl_ncmds; i++) {
		name = ctl_cmds[i].name;
		if (strncmp(name, first, n) == 0 && name[n] == ' ')
			offer(name + n + 1, strlen(name + n + 1), have);
	}
}

/* ---- names, of the gateway ---- */

static void
offer_names(struct ctl *c, const char *ask, const char *list, const char *key,
    const char *have)
{
	const struct link_val *all;
	char name[256], err[WIRE_ERR_MAX];
	struct link_out *o;
	struct link_msg m;
	size_t i;

	alarm(LIMIT_S);
	c->wire = wire_open(c->socket, err);
	if (c->wire == NULL)
		return;
	o = wire_begin(c->wire, ask, NULL);
	link_map(o, 0);
	if (wire_end(c->wire) != 0 || wire_recv(c->wire, &m) != 0)
		return;
	all = link_find(m.details, list);
	for (i = 0; all != NULL && i < link_count(all); i++)
		if (link_find_str(link_at(all, i), key, name, sizeof(name)))
			offer(name, strlen(name), have);
}

static void
offer_value(struct ctl *c, const char *what, const char *have)
{
	if (strcmp(what, "SESSION") == 0 || strcmp(what, "SESSION|all") == 0)
		offer_names(c, "SESSIONS", "SESSIONS", "SESSION", have);
	if (strcmp(what, "SESSION|all") == 0)
		offer("all", 3, have);
	if (strcmp(what, "TABLE") == 0)
		offer_names(c, "TABLES", "TABLES", "TABLE", have);
	if (strcmp(what, "COMMAND") == 0)
		offer_first_words(have);
	if (strncmp(what, "FILE", 4) == 0 || strcmp(what, "A") == 0 ||
	    strcmp(what, "B") == 0)
		printf(":file\n"); /* the shell knows them better */
}

/* ---- the arguments of a command, as help shows them ---- */

/* The next word of p without brackets, or NULL. */
static const char *
next_word(const char *p, char out[NAME_MAX_])
{
	size_t n;

	p += strspn(p, "[] \n");
	if (*p == '\0')
		return NULL;
	n = strcspn(p, "] \n");
	if (n >= NAME_MAX_)
		n = NAME_MAX_ - 1;
	memcpy(out, p, n);
	out[n] = '\0';
	return p + n;
}

/* The word behind the option in help, or "". */
static void
find_value_of(const char *args, const char *option, char out[NAME_MAX_])
{
	char word[NAME_MAX_];
	const char *p = args;

	out[0] = '\0';
	while ((p = next_word(p, word)) != NULL)
		if (strcmp(word, option) == 0 && *p == ' ') {
			if (next_word(p, word) != NULL && word[0] != '-' &&
			    word[0] != '|')
				strcpy(out, word);
			return;
		}
}

static void
offer_options(const char *args, const char *have)
{
	char word[NAME_MAX_];
	const char *p = args;

	while ((p = next_word(p, word)) != NULL)
		if (strncmp(word, "--", 2) == 0)
			offer(word, strlen(word), have);
	offer("--json", 6, have);
}

/* Argument i that is no option, or ""; "..." repeats the last one. */
static void
find_operand(const char *args, int i, char out[NAME_MAX_])
{
	char word[NAME_MAX_], value[NAME_MAX_];
	const char *p = args;

	out[0] = '\0';
	while ((p = next_word(p, word)) != NULL) {
		if (word[0] == '-') {
			find_value_of(args, word, value);
			if (value[0] != '\0')
				p = next_word(p, word);
			continue;
		}
		if (strcmp(word, "...") == 0)
			return;
		if (strcmp(word, "|") == 0)
			continue;
		strcpy(out, word);
		if (i-- == 0)
			return;
	}
	if (i >= 0)
		out[0] = '\0';
}

static void
complete_arguments(struct ctl *c, const struct ctl_cmd *cmd, int argc,
    char **argv)
{
	const char *have = argv[argc - 1];
	char what[NAME_MAX_] = "", value[NAME_MAX_];
	int i, operands = 0;

	for (i = 0; i < argc - 1; i++) {
		if (argv[i][0] != '-') {
			operands++;
			continue;
		}
		find_value_of(cmd->args, argv[i], value);
		if (value[0] == '\0')
			continue;
		if (i == argc - 2) {
			offer_value(c, value, have);
			return;
		}
		i++;
	}
	if (have[0] == '-') {
		offer_options(cmd->args, have);
		return;
	}
	find_operand(cmd->args, operands, what);
	offer_value(c, what, have);
}

/* argv are the words behind "fixgatectl", the last one not yet whole. */
static void
complete(struct ctl *c, int argc, char **argv)
{
	const struct ctl_cmd *cmd;
	int words;

	while (argc > 1 && argv[0][0] == '-') {
		if (strlen(argv[0]) == 2 && strchr("saT", argv[0][1]) != NULL) {
			if (argc == 2) {
				if (argv[0][1] != 'a')
					printf(":file\n");
				return;
			}
			if (argv[0][1] == 'T')
				secure_folder(argv[1]);
			else
				c->socket = argv[1];
			argc--;
			argv++;
		}
		argc--;
		argv++;
	}
	if (argc == 1 && argv[0][0] == '-') {
		offer("--json", 6, argv[0]);
		offer("-T", 2, argv[0]);
		offer("-a", 2, argv[0]);
		offer("-s", 2, argv[0]);
		return;
	}
	if (argc == 1) {
		offer_first_words(argv[0]);
		return;
	}
	cmd = ctl_find(argc - 1, argv, &words);
	if (cmd != NULL)
		complete_arguments(c, cmd, argc - words, argv + words);
	else if (argc == 2)
		offer_second_words(argv[0], argv[1]);
}

int
cmd_complete(struct ctl *c, int argc, char **argv)
{
	if (argc > 0 && strcmp(argv[0], "--") == 0) {
		argc--;
		argv++;
	}
	if (argc > 0)
		complete(c, argc, argv);
	return CTL_OK;
}
