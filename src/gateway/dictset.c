#include "gateway/dictset.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "dict/xml/xml.h"
#include "log/log.h"

struct dict_file {
	struct dict_file *next;
	char *path; /* without links */
	struct dict *owned;
	struct driver_dict dict;
};

struct dictset {
	struct store *store;
	struct dict_file *first;
	size_t n;
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

/* Parse the text, log every fault of it. */
static struct dict *
parse(const char *path, const struct buf *text)
{
	struct dict_faults faults = { 0 };
	struct dict *dict = NULL;
	size_t i;

	if (dict_xml_load_mem(&dict, text->p, text->len, 0, &faults) != 0)
		dict = NULL;
	for (i = 0; i < faults.n; i++)
		(faults.fault[i].error ? log_error : log_warnx)("%s:%u: %s",
		    path, faults.fault[i].line, faults.fault[i].text);
	dict_faults_free(&faults);
	return dict;
}

/* Takes real. */
static struct dict_file *
load(struct dictset *s, const char *path, char *real)
{
	struct dict_file *f = calloc(1, sizeof(*f));
	struct buf text = { 0 };
	int err;

	if (f == NULL) {
		free(real);
		return NULL;
	}
	f->path = real;
	err = dict_xml_read(&text, path);
	if (err != 0)
		log_error("%s: cannot read this dictionary: %s", path,
		    fg_strerror(err));
	else
		f->owned = parse(path, &text);
	f->dict.dict = f->owned;
	if (f->owned != NULL && s->store != NULL &&
	    store_dict(s->store, path, text.p, text.len, &f->dict.id) != 0)
		log_warnx("%s: cannot be kept in the store", path);
	buf_free(&text);
	if (f->owned != NULL)
		return f;
	file_free(f);
	return NULL;
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
	for (f = s->first; f != NULL; f = f->next) {
		if (strcmp(f->path, real) == 0) {
			free(real);
			return &f->dict;
		}
	}
	f = load(s, path, real);
	if (f == NULL)
		return NULL;
	f->next = s->first;
	s->first = f;
	s->n++;
	return &f->dict;
}
