/* faults.c: what is wrong with a dictionary, in the order of its lines. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "dict/build.h"

void
dict_faults_add(struct dict_faults *f, bool error, unsigned line,
    const char *fmt, ...)
{
	struct dict_fault *grown;
	va_list ap;
	char *text, *c;
	int n;

	if (error)
		f->errors++;
	else
		f->warnings++;
	if (f->n == DICT_FAULTS_MAX)
		return;
	if (f->n == f->cap) {
		grown = realloc(f->fault, (f->cap * 2 + 16) * sizeof(*grown));
		if (grown == NULL)
			return;
		f->fault = grown;
		f->cap = f->cap * 2 + 16;
	}
	va_start(ap, fmt);
	n = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	/* Names come from the file, and a fault is one line on a terminal. */
	for (c = text; *c != '\0'; c++)
		if ((unsigned char)*c < ' ' || *c == 127)
			*c = '?';
	f->fault[f->n++] = (struct dict_fault){ line, error, text };
}

/* Insertion keeps the order within a line, and lists are short or sorted. */
void
dict_faults_sort(struct dict_faults *f)
{
	struct dict_fault x;
	size_t i, j;

	for (i = 1; i < f->n; i++) {
		x = f->fault[i];
		for (j = i; j > 0 && f->fault[j - 1].line > x.line; j--)
			f->fault[j] = f->fault[j - 1];
		f->fault[j] = x;
	}
}

int
dict_faults_write(const struct dict_faults *f, const char *name,
    struct buf *out)
{
	const struct dict_fault *x;
	size_t i;
	int err = 0;

	for (i = 0; i < f->n && err == 0; i++) {
		x = &f->fault[i];
		err = buf_printf(out, "%s:%u: %s%s\n", name, x->line,
		    x->error ? "" : "warning: ", x->text);
	}
	if (err == 0 && f->errors + f->warnings > f->n)
		err = buf_printf(out, "%s: and %zu faults more\n", name,
		    f->errors + f->warnings - f->n);
	return err;
}

void
dict_faults_free(struct dict_faults *f)
{
	size_t i;

	for (i = 0; i < f->n; i++)
		free(f->fault[i].text);
	free(f->fault);
	*f = (struct dict_faults){ 0 };
}
