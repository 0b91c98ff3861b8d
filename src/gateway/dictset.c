#include "gateway/dictset.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "dict/xml/xml.h"
#include "log/log.h"

struct dict_file {
	struct dict_file *next;
	char *path; /* without links */
	uint64_t hash; /* of its text */
	size_t len;
	unsigned refs;
	unsigned looked; /* at the file, in this round */
	struct dict *owned;
	struct driver_dict dict;
};

struct dictset {
	struct store *store;
	struct dict_file *first; /* the newest of a path before older ones */
	size_t n;
	unsigned round;
	dictset_fault_fn fault;
	void *fault_arg;
};

struct dictset *
dictset_new(struct store *store)
{
	struct dictset *s = calloc(1, sizeof(*s));

	if (s != NULL)
		s->store = store;
	return s;
}

static void
file_free(struct dict_file *f)
{
	dict_free(f->owned);
	free(f->path);
	free(f);
}

void
dictset_free(struct dictset *s)
{
	struct dict_file *f;

	if (s == NULL)
		return;
	while ((f = s->first) != NULL) {
		s->first = f->next;
		file_free(f);
	}
	free(s);
}

size_t
dictset_count(const struct dictset *s)
{
	return s->n;
}

void
dictset_refresh(struct dictset *s)
{
	s->round++;
}

void
dictset_on_fault(struct dictset *s, dictset_fault_fn fn, void *arg)
{
	s->fault = fn;
	s->fault_arg = arg;
}

static void
complain(const struct dictset *s, bool is_error, const char *path,
    unsigned line, const char *text)
{
	char where[32] = "";

	if (s->fault != NULL) {
		s->fault(s->fault_arg, is_error, path, line, text);
		return;
	}
	if (line != 0)
		snprintf(where, sizeof(where), ":%u", line);
	log_event(is_error ? LOG_LEVEL_ERROR : LOG_LEVEL_WARN, "dictionary",
	    NULL, "%s%s: %s", path, where, text);
}

/* Parse the text, name every fault of it. */
static struct dict *
parse(const struct dictset *s, const char *path, const struct buf *text)
{
	struct dict_faults faults = { 0 };
	struct dict *dict = NULL;
	size_t i;

	if (dict_xml_load_mem(&dict, text->p, text->len, 0, &faults) != 0)
		dict = NULL;
	for (i = 0; i < faults.n; i++)
		complain(s, faults.fault[i].error, path, faults.fault[i].line,
		    faults.fault[i].text);
	dict_faults_free(&faults);
	return dict;
}

/* FNV-1a */
static uint64_t
hash(const struct buf *text)
{
	uint64_t h = 0xcbf29ce484222325ULL;
	size_t i;

	for (i = 0; i < text->len; i++)
		h = (h ^ (unsigned char)text->p[i]) * 0x100000001b3ULL;
	return h;
}

/* Takes real. */
static struct dict_file *
load(struct dictset *s, const char *path, char *real, const struct buf *text)
{
	struct dict_file *f = calloc(1, sizeof(*f));

	if (f == NULL) {
		free(real);
		return NULL;
	}
	f->path = real;
	f->hash = hash(text);
	f->len = text->len;
	f->looked = s->round;
	f->owned = parse(s, path, text);
	f->dict.dict = f->owned;
	if (f->owned != NULL && s->store != NULL &&
	    store_dict(s->store, path, text->p, text->len, &f->dict.id) != 0)
		complain(s, false, path, 0, "cannot be kept in the store");
	if (f->owned != NULL)
		return f;
	file_free(f);
	return NULL;
}

/* One of the path and with this text; NULL: any text, if it was looked at in
 * this round. */
static struct dict_file *
find(struct dictset *s, const char *real, const struct buf *text)
{
	struct dict_file *f;

	for (f = s->first; f != NULL; f = f->next) {
		if (strcmp(f->path, real) != 0)
			continue;
		if (text == NULL ? f->looked == s->round :
		    f->len == text->len && f->hash == hash(text))
			return f;
	}
	return NULL;
}

/* Takes real. */
static struct dict_file *
look(struct dictset *s, const char *path, char *real)
{
	struct buf text = { 0 };
	struct dict_file *f = NULL;
	int err = dict_xml_read(&text, path);
	char why[128];

	if (err != 0) {
		snprintf(why, sizeof(why), "cannot read this dictionary: %s",
		    fg_strerror(err));
		complain(s, true, path, 0, why);
		free(real);
		return NULL;
	}
	f = find(s, real, &text);
	if (f != NULL) {
		f->looked = s->round;
		free(real);
	} else if ((f = load(s, path, real, &text)) != NULL) {
		f->next = s->first;
		s->first = f;
		s->n++;
	}
	buf_free(&text);
	return f;
}

const struct driver_dict *
dictset_load(struct dictset *s, const char *path)
{
	char *real = realpath(path, NULL);
	struct dict_file *f;

	if (real == NULL)
		real = strdup(path); /* dict_xml_read will say why */
	if (real == NULL)
		return NULL;
	f = find(s, real, NULL);
	if (f != NULL)
		free(real);
	else
		f = look(s, path, real);
	if (f == NULL)
		return NULL;
	f->refs++;
	return &f->dict;
}

void
dictset_release(struct dictset *s, const struct dict *dict)
{
	struct dict_file *f;

	for (f = s->first; f != NULL; f = f->next)
		if (f->owned == dict)
			f->refs--;
}

void
dictset_tidy(struct dictset *s)
{
	struct dict_file *f, **p = &s->first;

	while ((f = *p) != NULL) {
		if (f->refs > 0) {
			p = &f->next;
			continue;
		}
		*p = f->next;
		file_free(f);
		s->n--;
	}
}
