#include "gateway/auth.h"

#include <openssl/crypto.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/err.h"
#include "base/thread.h"
#include "daemon/password.h"
#include "gateway/driver.h"
#include "gateway/users_file.h"
#include "log/log.h"

#define PREFIX     "\tuser\t" /* of the names of definitions */
#define JOBS_MAX   32  /* that wait: about as many as LogonTimeout allows */
#define TRIERS     512 /* addresses that are remembered */
#define FREE_TRIES 5
#define WAIT_MAX   60  /* s */

/* What is checked if there is no such user: it takes as long. */
#define NOBODY                                                                 \
	"scrypt:16384:8:1:00000000000000000000000000000000:"                   \
	"0000000000000000000000000000000000000000000000000000000000000000"

const char auth_wrong[] = "wrong Username or Password";

struct job {
	TAILQ_ENTRY(job) link;
	auth_fn fn; /* NULL: nobody wants to know */
	void *arg;
	char *file, *user, *comp_id;     /* of a UsersFile */
	char name[STORE_DEF_NAME_MAX];   /* of the definition */
	char kept[PASSWORD_TEXT_MAX];    /* "": there is none */
	bool check, change;              /* what is to be done */
	char password[PASSWORD_MAX + 1], fresh[PASSWORD_MAX + 1];
	const char *why;                 /* it went wrong, or NULL */
	char text[PASSWORD_TEXT_MAX];    /* what is to be kept */
};

TAILQ_HEAD(jobs, job);

/* Who gave wrong passwords. */
struct trier {
	char address[64];
	unsigned wrong;
	mono_t until; /* no try before */
};

struct auth {
	struct driver *driver;
	void (*notify)(void *arg);
	void *arg;
	struct trier trier[TRIERS];
	size_t njobs; /* not taken yet; the loop's */
	pthread_t thread;
	bool started;
	pthread_mutex_t lock; /* all below, and fn of jobs */
	pthread_cond_t more;
	struct jobs todo, done;
	struct job *now; /* the thread has it */
	bool stop;
};

/* ---- the thread ---- */

static struct job *
next_job(struct auth *a)
{
	struct job *j = NULL;

	pthread_mutex_lock(&a->lock);
	while (!a->stop && TAILQ_EMPTY(&a->todo))
		pthread_cond_wait(&a->more, &a->lock);
	if (!a->stop) {
		j = TAILQ_FIRST(&a->todo);
		TAILQ_REMOVE(&a->todo, j, link);
	}
	a->now = j;
	pthread_mutex_unlock(&a->lock);
	return j;
}

static const char *
check(struct job *j)
{
	int right = j->file == NULL ? 0 : users_file_find(j->file, j->user,
	    j->comp_id, j->kept);

	if (right < 0)
		return "the file of users cannot be read";
	right = password_check(j->kept[0] == '\0' ? NOBODY : j->kept,
	    j->password, strlen(j->password));
	if (right == FG_EINVAL)
		log_event(LOG_LEVEL_WARN, "user", NULL, "user %s: what is kept "
		    "of the password is no hash of fixgatectl", j->user);
	return right == 1 && j->kept[0] != '\0' ? NULL :
	    right < 0 ? "the password cannot be checked" : auth_wrong;
}

static void
do_job(struct job *j)
{
	if (j->check)
		j->why = check(j);
	if (j->why == NULL && j->change &&
	    password_hash(j->text, j->fresh, strlen(j->fresh)) != 0)
		j->why = "the new password cannot be kept: no memory";
	OPENSSL_cleanse(j->password, sizeof(j->password));
	OPENSSL_cleanse(j->fresh, sizeof(j->fresh));
}

static void *
run(void *arg)
{
	struct auth *a = arg;
	struct job *j;

	while ((j = next_job(a)) != NULL) {
		do_job(j);
		pthread_mutex_lock(&a->lock);
		TAILQ_INSERT_TAIL(&a->done, j, link);
		a->now = NULL;
		pthread_mutex_unlock(&a->lock);
		a->notify(a->arg);
	}
	return NULL;
}

/* ---- life ---- */

struct auth *
auth_new(struct driver *d, void (*notify)(void *arg), void *arg)
{
	struct auth *a = calloc(1, sizeof(*a));

	if (a == NULL)
		return NULL;
	a->driver = d;
	a->notify = notify;
	a->arg = arg;
	TAILQ_INIT(&a->todo);
	TAILQ_INIT(&a->done);
	pthread_mutex_init(&a->lock, NULL);
	pthread_cond_init(&a->more, NULL);
	a->started = thread_start(&a->thread, run, a) == 0;
	if (a->started)
		return a;
	auth_free(a);
	return NULL;
}

static void
job_free(struct job *j)
{
	free(j->file);
	free(j->user);
	free(j->comp_id);
	OPENSSL_cleanse(j, sizeof(*j));
	free(j);
}

void
auth_free(struct auth *a)
{
	struct job *j;

	if (a == NULL)
		return;
	if (a->started) {
		pthread_mutex_lock(&a->lock);
		a->stop = true;
		pthread_cond_signal(&a->more);
		pthread_mutex_unlock(&a->lock);
		pthread_join(a->thread, NULL);
	}
	TAILQ_CONCAT(&a->done, &a->todo, link);
	while ((j = TAILQ_FIRST(&a->done)) != NULL) {
		TAILQ_REMOVE(&a->done, j, link);
		if (j->fn != NULL)
			j->fn(j->arg, "the gateway stops");
		job_free(j);
	}
	pthread_cond_destroy(&a->more);
	pthread_mutex_destroy(&a->lock);
	free(a);
}

/* ---- users ---- */

/* "TAB user TAB SESSION TAB USER": no session has such a name. */
static bool
make_name(char out[STORE_DEF_NAME_MAX], const char *session, const char *user)
{
	size_t n = strlen(user);

	return n > 0 && n <= AUTH_USER_MAX && strchr(user, '\t') == NULL &&
	    snprintf(out, STORE_DEF_NAME_MAX, "%s%s\t%s", PREFIX, session,
	    user) < STORE_DEF_NAME_MAX;
}

/* What is kept under the name of j. */
static bool
find_kept(const struct auth *a, struct job *j)
{
	size_t len;
	const char *text;

	text = store_definition_of(driver_store(a->driver), j->name, &len);
	if (text == NULL || len >= sizeof(j->kept))
		return false;
	memcpy(j->kept, text, len + 1);
	return true;
}

bool
auth_user(const struct auth *a, size_t i, char session[STORE_DEF_NAME_MAX],
    char user[AUTH_USER_MAX + 1])
{
	const struct store *st = driver_store(a->driver);
	size_t k, len, n = store_definitions(st);
	const char *name, *end;

	for (k = 0; k < n; k++) {
		store_definition(st, k, &name, &len);
		if (strncmp(name, PREFIX, sizeof(PREFIX) - 1) != 0 || i-- > 0)
			continue;
		name += sizeof(PREFIX) - 1;
		end = strchr(name, '\t');
		if (end == NULL)
			return false;
		snprintf(session, STORE_DEF_NAME_MAX, "%.*s",
		    (int)(end - name), name);
		snprintf(user, AUTH_USER_MAX + 1, "%s", end + 1);
		return true;
	}
	return false;
}

static int
remove_name(struct auth *a, const char *name)
{
	int err = driver_settle(a->driver);

	return err != 0 ? err : store_undefine(driver_store(a->driver), name);
}

int
auth_remove(struct auth *a, const char *session, const char *user)
{
	char name[STORE_DEF_NAME_MAX];

	if (!make_name(name, session, user))
		return FG_ENOENT;
	return remove_name(a, name);
}

void
auth_remove_all(struct auth *a, const char *session)
{
	char of[STORE_DEF_NAME_MAX], user[AUTH_USER_MAX + 1];
	size_t i = 0;

	while (auth_user(a, i, of, user))
		if (strcmp(of, session) != 0 ||
		    auth_remove(a, session, user) != 0)
			i++;
}

/* ---- asking ---- */

static int
put(char to[PASSWORD_MAX + 1], const char *password)
{
	size_t n = strlen(password);

	if (n == 0 || n > PASSWORD_MAX)
		return FG_EINVAL;
	memcpy(to, password, n + 1);
	return 0;
}

static void
ask(struct auth *a, struct job *j, auth_fn fn, void *arg)
{
	j->fn = fn;
	j->arg = arg;
	a->njobs++;
	pthread_mutex_lock(&a->lock);
	TAILQ_INSERT_TAIL(&a->todo, j, link);
	pthread_cond_signal(&a->more);
	pthread_mutex_unlock(&a->lock);
}

static int
fill_file(struct job *j, const struct auth_ask *x)
{
	j->file = strdup(x->file);
	j->comp_id = strdup(x->comp_id);
	return j->file == NULL || j->comp_id == NULL ? FG_ENOMEM : 0;
}

/* A user of the session itself, or of its template; else one whom nobody
 * knows. */
static int
fill_kept(const struct auth *a, struct job *j, const struct auth_ask *x)
{
	j->change = x->fresh != NULL;
	if (j->change && put(j->fresh, x->fresh) != 0)
		return FG_EINVAL;
	if (!make_name(j->name, x->session, x->user))
		return FG_EINVAL;
	if (find_kept(a, j) || x->base == NULL)
		return 0;
	if (!make_name(j->name, x->base, x->user))
		return FG_EINVAL;
	find_kept(a, j);
	return 0;
}

static int
fill(const struct auth *a, struct job *j, const struct auth_ask *x)
{
	j->check = true;
	j->user = strdup(x->user);
	if (j->user == NULL)
		return FG_ENOMEM;
	if (put(j->password, x->password) != 0)
		return FG_EINVAL;
	return x->file == NULL ? fill_kept(a, j, x) : fill_file(j, x);
}

int
auth_check(struct auth *a, const struct auth_ask *x, auth_fn fn, void *arg)
{
	struct job *j;
	int err;

	if (a->njobs >= JOBS_MAX)
		return FG_ELIMIT;
	j = calloc(1, sizeof(*j));
	if (j == NULL)
		return FG_ENOMEM;
	err = fill(a, j, x);
	if (err == 0)
		ask(a, j, fn, arg);
	else
		job_free(j);
	return err;
}

int
auth_set(struct auth *a, const char *session, const char *user,
    const char *password, auth_fn fn, void *arg)
{
	struct job *j = calloc(1, sizeof(*j));

	if (j == NULL)
		return FG_ENOMEM;
	j->change = true;
	if (!make_name(j->name, session, user) ||
	    put(j->fresh, password) != 0) {
		job_free(j);
		return FG_EINVAL;
	}
	ask(a, j, fn, arg);
	return 0;
}

static void
forget_in(struct jobs *jobs, const void *arg)
{
	struct job *j;

	TAILQ_FOREACH(j, jobs, link)
		if (j->arg == arg)
			j->fn = NULL;
}

void
auth_forget(struct auth *a, void *arg)
{
	if (a->njobs == 0)
		return;
	pthread_mutex_lock(&a->lock);
	forget_in(&a->todo, arg);
	forget_in(&a->done, arg);
	if (a->now != NULL && a->now->arg == arg)
		a->now->fn = NULL;
	pthread_mutex_unlock(&a->lock);
}

/* A new password counts once it is on the disk. */
static void
keep(struct auth *a, struct job *j)
{
	int err = driver_settle(a->driver);

	if (err == 0)
		err = store_define(driver_store(a->driver), j->name, j->text,
		    strlen(j->text));
	if (err == 0)
		return;
	log_event(LOG_LEVEL_ERROR, "user", NULL, "a password cannot be kept: "
	    "%s", fg_strerror(err));
	j->why = "the new password cannot be kept in the store";
}

void
auth_take(struct auth *a)
{
	struct job *j;
	auth_fn fn;

	while (a != NULL && a->njobs > 0) {
		pthread_mutex_lock(&a->lock);
		j = TAILQ_FIRST(&a->done);
		if (j != NULL)
			TAILQ_REMOVE(&a->done, j, link);
		pthread_mutex_unlock(&a->lock);
		if (j == NULL)
			return;
		a->njobs--;
		fn = j->fn;
		/* Who asked may be gone; then nothing changes. */
		if (fn != NULL && j->why == NULL && j->change)
			keep(a, j);
		if (fn != NULL)
			fn(j->arg, j->why);
		job_free(j);
	}
}

/* ---- who tries too often ---- */

static struct trier *
find_trier(struct auth *a, const char *address)
{
	size_t i;

	for (i = 0; i < TRIERS; i++)
		if (a->trier[i].wrong > 0 && strncmp(a->trier[i].address,
		    address, sizeof(a->trier[i].address) - 1) == 0)
			return &a->trier[i];
	return NULL;
}

bool
auth_may_try(struct auth *a, const char *address, mono_t now)
{
	const struct trier *t = find_trier(a, address);

	return t == NULL || !mono_before(now, t->until);
}

void
auth_tried(struct auth *a, const char *address, mono_t now, bool good)
{
	struct trier *t = find_trier(a, address);
	int64_t wait = 1;
	unsigned i;

	if (good) {
		if (t != NULL)
			t->wrong = 0;
		return;
	}
	/* The one that may try again first makes room. */
	for (i = 0; t == NULL && i < TRIERS; i++)
		if (a->trier[i].wrong == 0)
			t = &a->trier[i];
	if (t == NULL) {
		t = &a->trier[0];
		for (i = 1; i < TRIERS; i++)
			if (mono_before(a->trier[i].until, t->until))
				t = &a->trier[i];
		t->wrong = 0;
	}
	snprintf(t->address, sizeof(t->address), "%s", address);
	t->until = now;
	if (++t->wrong <= FREE_TRIES)
		return;
	for (i = FREE_TRIES + 1; i < t->wrong && wait < WAIT_MAX; i++)
		wait *= 2;
	t->until = mono_add(now, (wait > WAIT_MAX ? WAIT_MAX : wait) *
	    NS_PER_S);
}
