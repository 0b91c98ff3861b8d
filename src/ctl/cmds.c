/* cmds.c: the table of commands, and help. */
#include <string.h>

#include "ctl/ctl.h"

#define USAGE                                                                  \
	"usage: fixgatectl [--json] [-s SOCKET | -a ADDRESS] [-T FOLDER] "     \
	"COMMAND ...\n"

const struct ctl_cmd ctl_cmds[] = {
	{ "append", "TABLE [--as NAME]", cmd_append,
	    "rows from JSON lines on standard input; with --as each line "
	    "exactly once" },
	{ "archive",
	    "--days N | --before TIME [--delete-days N] [--dry-run]\n"
	    "          [--force --yes]", cmd_archive,
	    "put old rows of all tables into compressed files" },
	{ "backup", "DIRECTORY [--logs] [--without-archives]", cmd_backup,
	    "copy the store while the gateway works; --logs: only what is new "
	    "of the log" },
	{ "chain", "CLORDID [--session SESSION]", cmd_chain,
	    "the whole life of an order, in words" },
	{ "clients", "[--process ADDRESS]", cmd_clients,
	    "how far the clients of a fixgate-client are, and what to do" },
	{ "complete", "-- WORD ...", cmd_complete,
	    "what may stand next, for the completion of shells" },
	{ "cursor clear", "CLIENT KEY TABLE --reason TEXT --yes",
	    cmd_cursor_clear, "forget how far a client is" },
	{ "cursor set", "CLIENT KEY TABLE SEQUENCE --reason TEXT --yes",
	    cmd_cursor_set, "let a client go on behind a row" },
	{ "cursor show", "", cmd_cursor_show,
	    "how far the clients are with the tables of this gateway" },
	{ "dict check", "[--lenient] FILE ...", cmd_dict_check,
	    "all that is wrong with dictionaries; needs no gateway" },
	{ "dict convert", "FILE [--version VERSION] [--scenario NAME]",
	    cmd_dict_convert,
	    "the dictionary in the QuickFIX format" },
	{ "dict diff", "A B", cmd_dict_diff,
	    "what differs between two dictionaries" },
	{ "dict dry-run",
	    "FILE [--session SESSION] [--since TIME | --after SEQ]\n"
	    "          [--limit N]",
	    cmd_dict_dry_run,
	    "what a new dictionary would have rejected of FIX_IN" },
	{ "dict show", "[FILE | --session SESSION] MESSAGE|FIELD|FIELD=VALUE ...",
	    cmd_dict_show,
	    "messages, fields and values, by name or by number" },
	{ "export",
	    "[TABLE] [--since TIME] [--until TIME] [--session SESSION]\n"
	    "          [--type MSGTYPE] [--format fix|json|csv]\n"
	    "          [--archive FILE|FOLDER]",
	    cmd_export,
	    "messages to standard output; without TABLE FIX_IN and FIX_OUT, by "
	    "time" },
	{ "find",
	    "FIELD=VALUE ... [--since TIME] [--until TIME]\n"
	    "          [--session SESSION] [--type MSGTYPE] [--pretty]\n"
	    "          [--archive FILE|FOLDER]",
	    cmd_find,
	    "messages in and out that have these fields, by time" },
	{ "halt", "SESSION|all [--cancel] --reason TEXT --yes", cmd_halt,
	    "let no message of an application leave, until it is resumed; "
	    "--cancel: and have all orders cancelled" },
	{ "help", "[COMMAND]", cmd_help, "show this, or one command" },
	{ "password", "USER [COMPID ...]", cmd_password,
	    "a line for a UsersFile; the password comes on standard input; "
	    "needs no gateway" },
	{ "quarantine drop", "SEQUENCE --reason TEXT --yes",
	    cmd_quarantine_drop, "an event that is not to be done" },
	{ "quarantine list", "[--all]", cmd_quarantine_list,
	    "events that were given up; --all: those that are settled, too" },
	{ "quarantine retry", "SEQUENCE --reason TEXT --yes",
	    cmd_quarantine_retry, "do an event after all" },
	{ "quarantine show", "SEQUENCE", cmd_quarantine_show,
	    "all about one event" },
	{ "recover", "STORE [--backup DIRECTORY]", cmd_recover,
	    "put damaged files of a closed store back from its backup and the "
	    "log" },
	{ "reload", "[-n] [--reason TEXT]", cmd_reload,
	    "read the settings file again; -n: only say what would change" },
	{ "replay",
	    "TABLE --to SESSION [--process ADDRESS] [--after SEQ]\n"
	    "          [--since TIME] [--until TIME] [--session SESSION]\n"
	    "          [--type MSGTYPE] [--same]",
	    cmd_replay,
	    "messages of FIX_IN or FIX_OUT once more, into a test gateway" },
	{ "restore", "BACKUP DIRECTORY [--logs STORE] [--archives DIRECTORY] "
	    "[--complete]", cmd_restore,
	    "make a store of a backup in a new directory" },
	{ "resume", "SESSION|all --reason TEXT --yes", cmd_resume,
	    "let them leave again, and first those that waited" },
	{ "send", "SESSION NAME=VALUE ... | --raw BODY | --file FILE|-",
	    cmd_send,
	    "send application messages; names and values by the session's "
	    "dictionary" },
	{ "session create", "NAME KEY=VALUE ... [--reason TEXT]",
	    cmd_session_create, "a new session, kept in the store" },
	{ "session delete", "SESSION --reason TEXT --yes", cmd_session_delete,
	    "log out and forget a session that was created" },
	{ "session disable", "SESSION [--reason TEXT]", cmd_session_disable,
	    "log a session out and keep it out, after restarts, too" },
	{ "session enable", "SESSION [--reason TEXT]", cmd_session_enable,
	    "let a session connect and log on, after restarts, too" },
	{ "session reset", "SESSION --reason TEXT --yes", cmd_session_reset,
	    "both sequence numbers to 1, in a new epoch" },
	{ "session schedule", "SESSION", cmd_session_schedule,
	    "when a session opens and closes: the next 20 times (UTC)" },
	{ "session seq",
	    "SESSION [--next-in N] [--next-out N] --reason TEXT --yes",
	    cmd_session_seq, "set sequence numbers" },
	{ "session show", "[SESSION]", cmd_session_show,
	    "the sessions, or all about one" },
	{ "session start", "SESSION [--reason TEXT]", cmd_session_start,
	    "let a session connect and log on" },
	{ "session stop", "SESSION [--text TEXT] [--reason TEXT]", cmd_session_stop,
	    "log a session out and keep it out" },
	{ "settings", "[NAME]", cmd_settings,
	    "the settings of fixgate.conf: values and defaults; needs no "
	    "gateway" },
	{ "show", "TABLE SEQUENCE [--archive FILE|FOLDER]", cmd_show,
	    "one message, with its names" },
	{ "status", "[--watch] [--every SECONDS]", cmd_status,
	    "is all well, and if not, what to do" },
	{ "streams", "[--process ADDRESS]", cmd_streams,
	    "the streams of a fixgate-streamer, who is logged on, and what to "
	    "do" },
	{ "table list", "[TABLE]", cmd_table_list,
	    "the tables, with their columns" },
	{ "tail",
	    "TABLE [--follow] [--lines N] [--after SEQ] [--session SESSION]\n"
	    "          [--pretty | --json] [--all]",
	    cmd_tail,
	    "rows of FIX_IN, FIX_OUT, FIX_IN_OTHER, SESSION_EVENT, "
	    "OUT_PENDING, QUARANTINE or a table of your own" },
	{ "user list", "", cmd_user_list,
	    "the users whose passwords the gateway keeps" },
	{ "user remove", "SESSION USER --reason TEXT --yes", cmd_user_remove,
	    "a user may not log on any more" },
	{ "user set", "SESSION USER [--reason TEXT]", cmd_user_set,
	    "the password of a user, from standard input" },
	{ "verify", "[--store FOLDER [--archive FOLDER] [--key PUBLIC.pem]\n"
	    "          [--heads FILE]]",
	    cmd_verify,
	    "is each row what it was when it was written; --store: of a store "
	    "that no gateway has" },
	{ "version", "", cmd_version, "the version of fixgatectl" },
};
const size_t ctl_ncmds = sizeof(ctl_cmds) / sizeof(ctl_cmds[0]);

/* How many words of argv the name is, or 0. */
static int
match(const char *name, int argc, char **argv)
{
	const char *blank = strchr(name, ' ');
	size_t first = blank == NULL ? strlen(name) : (size_t)(blank - name);

	if (argc < 1 || strlen(argv[0]) != first ||
	    memcmp(argv[0], name, first) != 0)
		return 0;
	if (blank == NULL)
		return 1;
	return argc > 1 && strcmp(argv[1], blank + 1) == 0 ? 2 : 0;
}

const struct ctl_cmd *
ctl_find(int argc, char **argv, int *words)
{
	size_t i;

	for (i = 0; i < ctl_ncmds; i++) {
		*words = match(ctl_cmds[i].name, argc, argv);
		if (*words != 0)
			return &ctl_cmds[i];
	}
	return NULL;
}

int
ctl_usage(const char *name, const char *why)
{
	size_t i;

	if (why != NULL)
		ctl_complain("%s", why);
	for (i = 0; name != NULL && i < ctl_ncmds; i++)
		if (strcmp(ctl_cmds[i].name, name) == 0)
			fprintf(stderr, "usage: fixgatectl %s %s\n", name,
			    ctl_cmds[i].args);
	if (name == NULL)
		fprintf(stderr, USAGE "(fixgatectl help lists the "
		    "commands)\n");
	return CTL_USAGE;
}

static void
help_one(const struct ctl_cmd *cmd)
{
	printf("  %s%s%s\n          %s\n", cmd->name,
	    *cmd->args == '\0' ? "" : " ", cmd->args, cmd->help);
}

int
cmd_help(struct ctl *c, int argc, char **argv)
{
	size_t i, shown = 0;

	(void)c;
	if (argc == 0)
		printf(USAGE "\n");
	for (i = 0; i < ctl_ncmds; i++) {
		if (argc > 0 && strncmp(ctl_cmds[i].name, argv[0],
			strlen(argv[0])) != 0)
			continue;
		help_one(&ctl_cmds[i]);
		shown++;
	}
	if (shown == 0)
		return ctl_usage(NULL, "there is no such command");
	if (argc == 0)
		printf("\nThe manual is fixgatectl(8).\n");
	return CTL_OK;
}

int
cmd_version(struct ctl *c, int argc, char **argv)
{
	(void)c;
	(void)argc;
	(void)argv;
	printf("fixgatectl " PACKAGE_VERSION "\n");
	return CTL_OK;
}
