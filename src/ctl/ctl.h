/*
 * ctl.h: fixgatectl as a whole: its commands, and what they share.
 *
 *	main.c         options, finding the command, connecting
 *	cmds.c         the table of commands, help
 *	opt.c          options of a command
 *	order.c        those of orders that cannot be taken back
 *	ask.c          a password from standard input
 *	input.c        lines of a file or of standard input
 *	progress.c     how far long work is, on a terminal
 *	wire.c         the connection to a process (fixgate-link(7))
 *	cmd_*.c        the commands, one file per group
 *	out_text.c     what they print, for people
 *	out_json.c     ... and for programs
 *	dict_file.c    a dictionary out of a file
 *	query.c        rows by field, time, session and type
 *	job.c          long work of the gateway
 *	sessions.c     the sessions and their dictionaries
 *	dicts.c        dictionaries of rows, fetched from the gateway
 *	offline.c      archive files without a gateway
 *	chain.c        what a message says about an order
 *	row.c          a row of a table as one line
 *	pretty.c       ... and for people, by its dictionary
 *	json.c         a value of a message as JSON
 *	line.c         a line of `send --file`
 *	json_line.c    a line of `append`
 *	list.c         an array of maps as a table
 *	flat.c         maps inside of maps as one list
 */
#ifndef FG_CTL_CTL_H
#define FG_CTL_CTL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "ctl/out.h"
#include "ctl/wire.h"

#define CTL_SOCKET "/run/fixgate/gateway.sock" /* unless told otherwise */

/* Exit codes: fixgatectl(8). */
enum ctl_exit {
	CTL_OK = 0,
	CTL_USAGE = 1,
	CTL_NO_GATEWAY = 2,
	CTL_REFUSED = 3,
	CTL_UNHEALTHY = 4,
};

struct ctl {
	const char *socket;
	struct wire *wire; /* after ctl_connect */
	const struct ctl_output *out;
};

struct ctl_cmd {
	const char *name; /* one or two words */
	const char *args; /* as help shows them */
	/* argv are the arguments after the name. Returns an enum ctl_exit. */
	int (*run)(struct ctl *c, int argc, char **argv);
	const char *help;
};

extern const struct ctl_cmd ctl_cmds[];
extern const size_t ctl_ncmds;

/* The command that the first words of argv name, *words of them, or NULL. */
const struct ctl_cmd *ctl_find(int argc, char **argv, int *words);

/* "fixgatectl: ..." to stderr. */
void ctl_complain(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* "usage: fixgatectl name args" to stderr, after the reason if not NULL;
 * returns CTL_USAGE. */
int ctl_usage(const char *name, const char *why);

/* Connect to the gateway; a command calls it when its arguments are right. An
 * enum ctl_exit; the reason was printed. */
int ctl_connect(struct ctl *c);
/* The same, and begin a request with n members of DETAILS. NULL: there is no
 * gateway (CTL_NO_GATEWAY). */
struct link_out *ctl_begin(struct ctl *c, const char *type, unsigned n);
/* Send what was put with wire_begin, wait for the answer. CTL_OK: it is *m
 * (valid until the next wire call) and of the type wanted; else the reason was
 * printed. */
int ctl_ask(struct ctl *c, const char *wanted, struct link_msg *m);
/* The same for a request that is answered by ACK; its text is printed. */
int ctl_done(struct ctl *c);
/* The same for an answer that came. */
int ctl_answer(struct ctl *c, const char *wanted, const struct link_msg *m);
/* Complain if it is a refusal. */
int ctl_refusal(const struct link_msg *m);
/* Print why the connection failed; returns CTL_NO_GATEWAY. */
int ctl_lost(const struct wire *w);

/* cmds.c */
int cmd_help(struct ctl *c, int argc, char **argv);
int cmd_version(struct ctl *c, int argc, char **argv);
/* cmd_complete.c */
int cmd_complete(struct ctl *c, int argc, char **argv);
/* cmd_append.c */
int cmd_append(struct ctl *c, int argc, char **argv);
/* cmd_backup.c */
int cmd_backup(struct ctl *c, int argc, char **argv);
int cmd_recover(struct ctl *c, int argc, char **argv);
int cmd_restore(struct ctl *c, int argc, char **argv);
/* cmd_cursor.c */
int cmd_cursor_show(struct ctl *c, int argc, char **argv);
int cmd_cursor_set(struct ctl *c, int argc, char **argv);
int cmd_cursor_clear(struct ctl *c, int argc, char **argv);
/* cmd_chain.c */
int cmd_chain(struct ctl *c, int argc, char **argv);
/* cmd_replay.c */
int cmd_replay(struct ctl *c, int argc, char **argv);
/* cmd_export.c */
int cmd_export(struct ctl *c, int argc, char **argv);
/* cmd_find.c */
int cmd_find(struct ctl *c, int argc, char **argv);
int cmd_show(struct ctl *c, int argc, char **argv);
/* cmd_password.c */
int cmd_password(struct ctl *c, int argc, char **argv);
/* cmd_quarantine.c */
int cmd_quarantine_list(struct ctl *c, int argc, char **argv);
int cmd_quarantine_show(struct ctl *c, int argc, char **argv);
int cmd_quarantine_retry(struct ctl *c, int argc, char **argv);
int cmd_quarantine_drop(struct ctl *c, int argc, char **argv);
/* cmd_table.c */
int cmd_table_list(struct ctl *c, int argc, char **argv);
/* cmd_status.c */
int cmd_status(struct ctl *c, int argc, char **argv);
/* cmd_session.c */
int cmd_session_create(struct ctl *c, int argc, char **argv);
int cmd_session_delete(struct ctl *c, int argc, char **argv);
int cmd_session_enable(struct ctl *c, int argc, char **argv);
int cmd_session_disable(struct ctl *c, int argc, char **argv);
int cmd_session_show(struct ctl *c, int argc, char **argv);
int cmd_session_schedule(struct ctl *c, int argc, char **argv);
int cmd_session_start(struct ctl *c, int argc, char **argv);
int cmd_session_stop(struct ctl *c, int argc, char **argv);
int cmd_session_reset(struct ctl *c, int argc, char **argv);
int cmd_session_seq(struct ctl *c, int argc, char **argv);
/* cmd_halt.c */
int cmd_halt(struct ctl *c, int argc, char **argv);
int cmd_resume(struct ctl *c, int argc, char **argv);
/* cmd_tail.c */
int cmd_tail(struct ctl *c, int argc, char **argv);
/* cmd_dict.c */
int cmd_dict_check(struct ctl *c, int argc, char **argv);
int cmd_dict_show(struct ctl *c, int argc, char **argv);
int cmd_dict_diff(struct ctl *c, int argc, char **argv);
int cmd_dict_convert(struct ctl *c, int argc, char **argv);
/* cmd_dict_dry.c */
int cmd_dict_dry_run(struct ctl *c, int argc, char **argv);
/* cmd_reload.c */
int cmd_reload(struct ctl *c, int argc, char **argv);
/* cmd_settings.c */
int cmd_settings(struct ctl *c, int argc, char **argv);
/* cmd_user.c */
int cmd_user_list(struct ctl *c, int argc, char **argv);
int cmd_user_remove(struct ctl *c, int argc, char **argv);
int cmd_user_set(struct ctl *c, int argc, char **argv);
/* cmd_archive.c */
int cmd_archive(struct ctl *c, int argc, char **argv);
/* cmd_verify.c */
int cmd_verify(struct ctl *c, int argc, char **argv);
/* cmd_watch.c */
int cmd_streams(struct ctl *c, int argc, char **argv);
int cmd_clients(struct ctl *c, int argc, char **argv);
/* cmd_send.c */
int cmd_send(struct ctl *c, int argc, char **argv);

#endif
