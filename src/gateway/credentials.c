#include "gateway/credentials.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/err.h"
#include "daemon/password.h"
#include "log/log.h"

/* What is checked if there is no such user: it takes as long. */
#define NOBODY                                                                 \
	"scrypt:16384:8:1:00000000000000000000000000000000:"                   \
	"0000000000000000000000000000000000000000000000000000000000000000"

#define WRONG "wrong Username or Password"

struct job {
	TAILQ_ENTRY(job) link;
	uint64_t serial;
	char *file, *comp_id, *user, *password;
	const char *why;
};

TAILQ_HEAD(jobs, job);

struct credentials {
	void (*notify)(void *arg);
	void *arg;
	pthread_t thread;
	bool started;
	pthread_mutex_t lock; /* all below */
	pthread_cond_t more;
	struct jobs todo, done;
	bool stop;
};

static void
job_free(struct job *j)
{
	if (j->password != NULL)
		explicit_bzero(j->password, strlen(j->password));
	free(j->file);
	free(j->comp_id);
	free(j->user);
	free(j->password);
	free(j);
}

/* ---- the thread ---- */

/* May this CompID log on as the user of the line, whose words are left? */
static bool
may_be(char **rest, const char *comp_id)
{
	char *word = strtok_r(NULL, " \t\r\n", rest);

	if (word == NULL)
		return true;
	for (; word != NULL; word = strtok_r(NULL, " \t\r\n", rest))
		if (strcmp(word, comp_id) == 0)
			return true;
	return false;
}

/* The text of the user's password to hash, or NULL. */
static const char *
find_user(FILE *f, char **line, size_t *cap, const struct job *j)
{
	char *rest, *name, *text;

	while (getline(line, cap, f) != -1) {
		name = strtok_r(*line, " \t\r\n", &rest);
		if (name == NULL || name[0] == '#' ||
		    strcmp(name, j->user) != 0)
			continue;
		text = strtok_r(NULL, " \t\r\n", &rest);
		if (text != NULL && may_be(&rest, j->comp_id))
			return text;
	}
	return NULL;
}

static const char *
check(const struct job *j)
{
	FILE *f = fopen(j->file, "re");
	const char *text, *why;
	char *line = NULL;
	size_t cap = 0;
	int right;

	if (f == NULL) {
		log_warnx("%s: %s: nobody can log on by it", j->file,
		    strerror(errno));
		return "the file of users cannot be read";
	}
	text = find_user(f, &line, &cap, j);
	right = password_check(text == NULL ? NOBODY : text, j->password,
	    strlen(j->password));
	if (right == FG_EINVAL)
		log_warnx("%s: user %s: the second word is no hash of "
		    "fixgatectl password", j->file, j->user);
	why = text != NULL && right == 1 ? NULL :
	    right < 0 ? "the password cannot be checked" : WRONG;
	free(line);
	fclose(f);
	return why;
}

static struct job *
next_job(struct credentials *c)
{
	struct job *j = NULL;

	pthread_mutex_lock(&c->lock);
	while (!c->stop && TAILQ_EMPTY(&c->todo))
		pthread_cond_wait(&c->more, &c->lock);
	if (!c->stop) {
		j = TAILQ_FIRST(&c->todo);
		TAILQ_REMOVE(&c->todo, j, link);
	}
	pthread_mutex_unlock(&c->lock);
	return j;
}

static void *
run(void *arg)
{
	struct credentials *c = arg;
	struct job *j;

	while ((j = next_job(c)) != NULL) {
		j->why = check(j);
		pthread_mutex_lock(&c->lock);
		TAILQ_INSERT_TAIL(&c->done, j, link);
		pthread_mutex_unlock(&c->lock);
		c->notify(c->arg);
	}
	return NULL;
}

/* ---- the loop ---- */

/* Signals are for the loop's thread. */
static int
start(struct credentials *c)
{
	sigset_t all, before;
	int err;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	err = pthread_create(&c->thread, NULL, run, c);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	c->started = err == 0;
	return err;
}

struct credentials *
credentials_new(void (*notify)(void *arg), void *arg)
{
	struct credentials *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return NULL;
	c->notify = notify;
	c->arg = arg;
	TAILQ_INIT(&c->todo);
	TAILQ_INIT(&c->done);
	pthread_mutex_init(&c->lock, NULL);
	pthread_cond_init(&c->more, NULL);
	if (start(c) == 0)
		return c;
	credentials_free(c);
	return NULL;
}

int
credentials_ask(struct credentials *c, const struct credentials_ask *ask,
    uint64_t serial)
{
	struct job *j = calloc(1, sizeof(*j));

	if (j == NULL)
		return FG_ENOMEM;
	j->serial = serial;
	j->file = strdup(ask->file);
	j->comp_id = strdup(ask->comp_id);
	j->user = strdup(ask->user);
	j->password = strdup(ask->password);
	if (j->file == NULL || j->comp_id == NULL || j->user == NULL ||
	    j->password == NULL) {
		job_free(j);
		return FG_ENOMEM;
	}
	pthread_mutex_lock(&c->lock);
	TAILQ_INSERT_TAIL(&c->todo, j, link);
	pthread_cond_signal(&c->more);
	pthread_mutex_unlock(&c->lock);
	return 0;
}

void
credentials_take(struct credentials *c, void (*fn)(void *arg,
    uint64_t serial, const char *why), void *arg)
{
	struct jobs done = TAILQ_HEAD_INITIALIZER(done);
	struct job *j;

	pthread_mutex_lock(&c->lock);
	TAILQ_CONCAT(&done, &c->done, link);
	pthread_mutex_unlock(&c->lock);
	while ((j = TAILQ_FIRST(&done)) != NULL) {
		TAILQ_REMOVE(&done, j, link);
		fn(arg, j->serial, j->why);
		job_free(j);
	}
}

void
credentials_free(struct credentials *c)
{
	struct job *j;

	if (c == NULL)
		return;
	if (c->started) {
		pthread_mutex_lock(&c->lock);
		c->stop = true;
		pthread_cond_signal(&c->more);
		pthread_mutex_unlock(&c->lock);
		pthread_join(c->thread, NULL);
	}
	TAILQ_CONCAT(&c->todo, &c->done, link);
	while ((j = TAILQ_FIRST(&c->todo)) != NULL) {
		TAILQ_REMOVE(&c->todo, j, link);
		job_free(j);
	}
	pthread_cond_destroy(&c->more);
	pthread_mutex_destroy(&c->lock);
	free(c);
}
