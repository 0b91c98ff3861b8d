#include "dict/xml/xml.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <libxml/parser.h>

#include "base/err.h"
#include "dict/xml/load.h"

/* A DOCTYPE could define entities or name files: nothing of it is read. */
static void
refuse_doctype(void *ctx, const xmlChar *name, const xmlChar *id,
    const xmlChar *uri)
{
	xmlParserCtxt *p = ctx;
	struct load *l = p->_private;

	(void)name;
	(void)id;
	(void)uri;
	l->doctype = true;
	dict_faults_add(l->faults, true, (unsigned)xmlSAX2GetLineNumber(p),
	    "a DOCTYPE is not allowed");
	xmlStopParser(p);
}

/* Also keeps the line, for load_line. */
static void
start_element(void *ctx, const xmlChar *name, const xmlChar *prefix,
    const xmlChar *uri, int n_ns, const xmlChar **ns, int nattr, int ndefault,
    const xmlChar **attr)
{
	xmlParserCtxt *p = ctx;
	const xmlNode *before = p->node;

	xmlSAX2StartElementNs(ctx, name, prefix, uri, n_ns, ns, nattr, ndefault,
	    attr);
	if (p->node != NULL && p->node != before)
		p->node->_private =
		    (void *)(uintptr_t)xmlSAX2GetLineNumber(p);
}

static xmlDoc *
parse(struct load *l, const char *text, size_t len)
{
	xmlParserCtxt *p = xmlNewParserCtxt();
	const xmlError *e;
	xmlDoc *doc;
	size_t n;

	if (p == NULL)
		return NULL;
	p->_private = l;
	p->sax->internalSubset = refuse_doctype;
	p->sax->externalSubset = refuse_doctype;
	p->sax->startElementNs = start_element;
	doc = xmlCtxtReadMemory(p, text, (int)len, NULL, NULL,
	    XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING |
		XML_PARSE_NOCDATA);
	if (l->doctype || !p->wellFormed) {
		xmlFreeDoc(doc);
		doc = NULL;
	}
	if (doc == NULL && !l->doctype) {
		e = xmlCtxtGetLastError(p);
		n = e == NULL || e->message == NULL ? 0 : strlen(e->message);
		while (n > 0 && e->message[n - 1] == '\n')
			n--;
		dict_faults_add(l->faults, true,
		    e == NULL || e->line < 0 ? 0 : (unsigned)e->line,
		    "no well-formed XML: %.*s", (int)n,
		    n == 0 ? "" : e->message);
	}
	xmlFreeParserCtxt(p);
	return doc;
}

static int
load_text(struct load *l, struct dict **out, const char *text, size_t len)
{
	xmlDoc *doc;
	xmlNode *root;
	int err = 0;

	doc = parse(l, text, len);
	if (doc == NULL)
		return FG_EINVAL;
	root = xmlDocGetRootElement(doc);
	if (load_is(root, "fix")) {
		load_quickfix(l, root);
	} else if (load_is(root, "repository")) {
		err = load_orchestra(l, root);
	} else {
		dict_faults_add(l->faults, true, load_line(root),
		    "the root element is %s, neither fix nor repository",
		    (const char *)root->name);
		err = FG_EINVAL;
	}
	if (err == 0)
		err = dict_build_finish(l->b, out);
	xmlFreeDoc(doc);
	if (err == FG_ELIMIT)
		dict_faults_add(l->faults, true, 0, "too many definitions");
	return err;
}

int
dict_xml_load_with(struct dict **out, const char *text, size_t len,
    unsigned flags, const struct dict_xml_options *options,
    struct dict_faults *faults)
{
	struct load l = { .faults = faults,
		.flags = flags,
		.options = options };
	int err;

	if (len > DICT_XML_MAX) {
		dict_faults_add(faults, true, 0, "longer than %d bytes",
		    DICT_XML_MAX);
		return FG_ELIMIT;
	}
	l.b = dict_build_new(flags, faults);
	if (l.b == NULL)
		return FG_ENOMEM;
	err = load_text(&l, out, text, len);
	dict_build_free(l.b);
	dict_faults_sort(faults);
	return err;
}

int
dict_xml_load_mem(struct dict **out, const char *text, size_t len,
    unsigned flags, struct dict_faults *faults)
{
	return dict_xml_load_with(out, text, len, flags, NULL, faults);
}

int
dict_xml_read(struct buf *text, const char *path)
{
	FILE *f = fopen(path, "rbe");
	size_t n, first = text->len;
	int err = 0;

	if (f == NULL)
		return fg_errno(errno);
	do {
		err = buf_reserve(text, BUFSIZ);
		if (err != 0)
			break;
		n = fread(text->p + text->len, 1, BUFSIZ, f);
		text->len += n;
		if (text->len - first > DICT_XML_MAX)
			err = FG_ELIMIT;
	} while (n > 0 && err == 0);
	if (err == 0 && ferror(f))
		err = FG_EIO;
	fclose(f);
	return err;
}

int
dict_xml_load(struct dict **out, const char *path, unsigned flags,
    struct dict_faults *faults)
{
	struct buf text = { 0 };
	int err = dict_xml_read(&text, path);

	if (err != 0)
		dict_faults_add(faults, true, 0, "%s", fg_strerror(err));
	else
		err = dict_xml_load_mem(out, text.p, text.len, flags, faults);
	buf_free(&text);
	return err;
}
