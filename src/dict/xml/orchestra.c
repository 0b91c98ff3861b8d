/*
 * orchestra.c: FIX Orchestra, the forms of 2020 and 2024: everything refers by
 * id, a field's values stand in a code set, and StandardHeader and
 * StandardTrailer are components. Elements are known by their names without the
 * namespace, whose year does not matter.
 *
 * A group becomes a component that holds its members, and each reference to it
 * a group with those, so that its tables are made once.
 */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "dict/xml/index.h"
#include "dict/xml/load.h"

#define KEY_MAX 400	   /* bytes of a component's name for the tables */
#define DATATYPE_STEPS 16 /* from a datatype to what it is based on */

enum kind { CODE_SET, COMPONENT, DATATYPE, FIELD, GROUP, MESSAGE, KINDS };

struct orchestra {
	struct load *l;
	const char *scenario;
	struct index index[KINDS];
	struct index counters; /* of groups, by id */
};

static const struct {
	const char *element;
	const char *key; /* attribute that others refer to */
} kinds[KINDS] = {
	[CODE_SET] = { "codeSet", "name" },
	[COMPONENT] = { "component", "id" },
	[DATATYPE] = { "datatype", "name" },
	[FIELD] = { "field", "id" },
	[GROUP] = { "group", "id" },
	[MESSAGE] = { "message", "msgType" },
};

static bool
is_one_of(const xmlNode *n, const char *const *name)
{
	while (*name != NULL && !load_is(n, *name))
		name++;
	return *name != NULL;
}

static xmlNode *
child(const xmlNode *n, const char *name)
{
	xmlNode *c = load_element(n->children);

	while (c != NULL && !load_is(c, name))
		c = load_element(c->next);
	return c;
}

static const struct def *
find(const struct orchestra *o, enum kind kind, const char *key,
    const xmlNode *ref)
{
	return index_find(&o->index[kind], key,
	    ref == NULL ? NULL : load_attr(ref, "scenario"), o->scenario);
}

static int
index_section(struct orchestra *o, const xmlNode *section)
{
	const char *key, *scenario, *counter;
	const xmlNode *n, *c;
	int i, err = 0;

	for (n = load_element(section->children); n != NULL && err == 0;
	    n = load_element(n->next)) {
		for (i = 0; i < KINDS && !load_is(n, kinds[i].element); i++)
			;
		if (i == KINDS) {
			if (!load_is(n, "annotation"))
				load_odd(o->l, n);
			continue;
		}
		key = load_needed(o->l, n, kinds[i].key);
		if (key == NULL)
			continue;
		scenario = load_attr(n, "scenario");
		err = index_add(&o->index[i], key,
		    scenario == NULL ? "base" : scenario, n);
		c = i == GROUP ? child(n, "numInGroup") : NULL;
		counter = c == NULL ? NULL : load_attr(c, "id");
		if (counter != NULL && err == 0)
			err = index_add(&o->counters, counter, "base", n);
	}
	return err;
}

static int
index_file(struct orchestra *o, const xmlNode *root)
{
	static const char *const sections[] = { "codeSets", "components",
		"datatypes", "fields", "groups", "messages", NULL };
	static const char *const ignored[] = { "abbreviations", "actors",
		"annotation", "categories", "concepts", "metadata", "sections",
		NULL };
	const xmlNode *n;
	int i, err = 0;

	for (n = load_element(root->children); n != NULL && err == 0;
	    n = load_element(n->next)) {
		if (is_one_of(n, sections))
			err = index_section(o, n);
		else if (!is_one_of(n, ignored))
			load_odd(o->l, n);
	}
	for (i = 0; i < KINDS; i++)
		index_sort(&o->index[i]);
	index_sort(&o->counters);
	return err;
}

/* A name of the standard's types, or what the file calls the type. */
static const char *
base_type(const struct orchestra *o, const char *type)
{
	const char *name = type;
	const struct def *d;
	int i;

	for (i = 0; i < DATATYPE_STEPS && name != NULL; i++) {
		if (dict_type_find(name) >= 0)
			return name;
		d = find(o, DATATYPE, name, NULL);
		name = d == NULL ? NULL : load_attr(d->node, "baseType");
	}
	return type;
}

static bool
has_long_codes(const xmlNode *set)
{
	const char *value;
	const xmlNode *n;

	for (n = load_element(set->children); n != NULL;
	    n = load_element(n->next)) {
		value = load_is(n, "code") ? load_attr(n, "value") : NULL;
		if (value != NULL && strlen(value) > 1)
			return true;
	}
	return false;
}

/*
 * The type to check by, where the file's own would refuse what the file
 * allows. *set is the code set, or NULL; also on return.
 */
static const char *
sound_type(const struct orchestra *o, const xmlNode *n, const char *type,
    const xmlNode **set)
{
	const char *also = load_attr(n, "unionDataType");
	const char *name = load_attr(n, "name");
	int t = dict_type_find(type), u;

	if (index_find(&o->counters, load_attr(n, "id"), NULL, "base") !=
		NULL && t != DICT_INT && t != DICT_NUMINGROUP) {
		LOAD_WARN(o->l, n, "field %s counts a group: its type is "
		    "NumInGroup, not %s", name, type);
		*set = NULL;
		return "NUMINGROUP";
	}
	if (t == DICT_CHAR && *set != NULL && has_long_codes(*set)) {
		LOAD_WARN(o->l, *set, "code set %s has longer codes than its "
		    "type char: %s is a String", load_attr(*set, "name"), name);
		return "STRING";
	}
	u = also == NULL ? -1 : dict_type_find(base_type(o, also));
	return u >= 0 && u != t ? "STRING" : type;
}

static void
load_codes(struct orchestra *o, const xmlNode *set, struct dict_fdef *f)
{
	static const char *const ignored[] = { "annotation", NULL };
	const char *value;
	const xmlNode *n;

	for (n = load_element(set->children); n != NULL;
	    n = load_element(n->next)) {
		if (load_is(n, "code")) {
			value = load_needed(o->l, n, "value");
			if (value != NULL)
				dict_build_value(o->l->b, f, value,
				    load_attr(n, "name"));
		} else if (!is_one_of(n, ignored)) {
			load_odd(o->l, n);
		}
	}
}

/* The field's code set, or NULL. In the form of 2020 type may name it. */
static const xmlNode *
code_set_of(struct orchestra *o, const xmlNode *n)
{
	const char *named = load_attr(n, "codeSet");
	const char *type = load_attr(n, "type");
	const struct def *d;

	if (named == NULL && type == NULL)
		return NULL;
	d = find(o, CODE_SET, named != NULL ? named : type, NULL);
	if (d == NULL && named != NULL)
		LOAD_SOFT(o->l, n, "code set %s is not defined", named);
	return d == NULL ? NULL : d->node;
}

static void
load_field(struct orchestra *o, const struct def *d)
{
	const char *name = load_needed(o->l, d->node, "name");
	const char *type = load_attr(d->node, "type"), *length;
	const xmlNode *set = code_set_of(o, d->node);
	struct dict_fdef *f;
	int32_t tag;

	/* Either form: what is no datatype by itself is the code set's. */
	if (set != NULL && (load_attr(d->node, "codeSet") == NULL ||
	    type == NULL))
		type = load_attr(set, "type");
	if (type == NULL)
		type = load_needed(o->l, set == NULL ? d->node : set, "type");
	if (name == NULL || type == NULL ||
	    !load_tag(o->l, d->node, name, d->key, &tag))
		return;
	type = sound_type(o, d->node, base_type(o, type), &set);
	/* A union allows values outside the code set, such as tenors. */
	f = dict_build_field(o->l->b, load_line(d->node), tag, name, type,
	    load_attr(d->node, "unionDataType") != NULL);
	length = load_attr(d->node, "lengthId");
	if (length != NULL && load_tag(o->l, d->node, name, length, &tag))
		dict_build_length(f, tag);
	if (set != NULL)
		load_codes(o, set, f);
}

static const char *
key_of(const struct def *d, enum kind kind, char key[static KEY_MAX])
{
	const char *name = load_attr(d->node, "name");
	bool base = strcmp(d->scenario, "base") == 0;

	snprintf(key, KEY_MAX, "%.150s (%s%.80s%s%.80s)",
	    name == NULL ? "?" : name, kind == GROUP ? "group " : "", d->key,
	    base ? "" : ", ", base ? "" : d->scenario);
	return key;
}

static bool
is_header_or_trailer(const struct def *d)
{
	const char *name = load_attr(d->node, "name");

	return name != NULL && (strcmp(name, "StandardHeader") == 0 ||
	    strcmp(name, "StandardTrailer") == 0);
}

enum presence { OPTIONAL, REQUIRED, IGNORED, FORBIDDEN };

static enum presence
presence_of(struct orchestra *o, const xmlNode *n)
{
	static const struct {
		const char *text;
		enum presence presence;
	} row[] = { { "optional", OPTIONAL }, { "required", REQUIRED },
		{ "constant", REQUIRED }, { "ignored", IGNORED },
		{ "forbidden", FORBIDDEN } };
	const char *s = load_attr(n, "presence");
	size_t i;

	if (s == NULL)
		return OPTIONAL;
	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++)
		if (strcmp(row[i].text, s) == 0)
			return row[i].presence;
	LOAD_WARN(o->l, n, "presence='%s' means optional", s);
	return OPTIONAL;
}

static void
load_field_ref(struct orchestra *o, struct dict_list *to, const xmlNode *n,
    const char *id, enum presence presence)
{
	const struct def *d = find(o, FIELD, id, n);
	const char *name = d == NULL ? NULL : load_attr(d->node, "name");

	/* An id without definition is a name without: the tables tell it. */
	if (name == NULL)
		name = id;
	if (presence == IGNORED)
		dict_build_add_unchecked(o->l->b, to, load_line(n), name);
	else
		dict_build_add_field(o->l->b, to, load_line(n), name,
		    presence == REQUIRED);
}

static void
load_component_ref(struct orchestra *o, struct dict_list *to, const xmlNode *n,
    const char *id, bool required)
{
	const struct def *d = find(o, COMPONENT, id, n);
	char key[KEY_MAX];

	if (d == NULL || !is_header_or_trailer(d))
		dict_build_add_component(o->l->b, to, load_line(n),
		    d == NULL ? id : key_of(d, COMPONENT, key), required);
}

static void
load_group_ref(struct orchestra *o, struct dict_list *to, const xmlNode *n,
    const char *id, bool required)
{
	const struct def *d = find(o, GROUP, id, n), *field;
	const xmlNode *counter;
	const char *name;
	char key[KEY_MAX];

	if (d == NULL) {
		/* The standard's own file of the latest version has one. */
		dict_faults_add(o->l->faults, required, load_line(n),
		    "group %s is not defined", id);
		return;
	}
	counter = child(d->node, "numInGroup");
	name = counter == NULL ? NULL : load_attr(counter, "id");
	if (name == NULL)
		return; /* told with the group */
	field = find(o, FIELD, name, NULL);
	if (field != NULL && load_attr(field->node, "name") != NULL)
		name = load_attr(field->node, "name");
	dict_build_add_shared_group(o->l->b, to, load_line(n), name,
	    key_of(d, GROUP, key), required);
}

static void
load_members(struct orchestra *o, const xmlNode *parent, struct dict_list *to)
{
	static const char *const ignored[] = { "annotation", "numInGroup",
		"rule", NULL };
	static const char *const refs[] = { "fieldRef", "componentRef",
		"groupRef", NULL };
	enum presence presence;
	const char *id;
	const xmlNode *n;

	for (n = load_element(parent->children); n != NULL;
	    n = load_element(n->next)) {
		if (!is_one_of(n, refs)) {
			if (!is_one_of(n, ignored))
				load_odd(o->l, n);
			continue;
		}
		id = load_needed(o->l, n, "id");
		presence = presence_of(o, n);
		if (id == NULL || presence == FORBIDDEN)
			continue;
		if (load_is(n, "fieldRef"))
			load_field_ref(o, to, n, id, presence);
		else if (load_is(n, "componentRef"))
			load_component_ref(o, to, n, id, presence == REQUIRED);
		else
			load_group_ref(o, to, n, id, presence == REQUIRED);
	}
}

static void
load_component(struct orchestra *o, const struct def *d)
{
	struct dict_build *b = o->l->b;
	const char *name = load_needed(o->l, d->node, "name");
	char key[KEY_MAX];
	struct dict_list *to;

	if (name == NULL)
		return;
	if (!is_header_or_trailer(d))
		to = dict_build_component(b, load_line(d->node),
		    key_of(d, COMPONENT, key));
	else if (find(o, COMPONENT, d->key, NULL) != d)
		return; /* of another scenario */
	else if (strcmp(name, "StandardHeader") == 0)
		to = dict_build_header(b);
	else
		to = dict_build_trailer(b);
	load_members(o, d->node, to);
}

static void
load_group(struct orchestra *o, const struct def *d)
{
	const xmlNode *counter = child(d->node, "numInGroup");
	char key[KEY_MAX];

	if (counter == NULL)
		dict_faults_add(o->l->faults, true, load_line(d->node),
		    "group without numInGroup");
	else
		load_needed(o->l, counter, "id");
	load_members(o, d->node, dict_build_component(o->l->b,
	    load_line(d->node), key_of(d, GROUP, key)));
}

static void
load_message(struct orchestra *o, const struct def *d)
{
	static const char *const ignored[] = { "annotation", "responses",
		NULL };
	const char *name = load_needed(o->l, d->node, "name");
	struct dict_list *to;
	const xmlNode *n;

	if (name == NULL)
		return;
	to = dict_build_message(o->l->b, load_line(d->node), name, d->key);
	for (n = load_element(d->node->children); n != NULL;
	    n = load_element(n->next)) {
		if (load_is(n, "structure"))
			load_members(o, n, to);
		else if (!is_one_of(n, ignored))
			load_odd(o->l, n);
	}
}

/* Does an equal one stand before it? References could mean either. */
static bool
is_twice(struct orchestra *o, enum kind kind, const struct def *d)
{
	const struct def *before = d - 1;

	if (d == o->index[kind].def || strcmp(before->key, d->key) != 0 ||
	    strcmp(before->scenario, d->scenario) != 0)
		return false;
	LOAD_SOFT(o->l, d->node, "%s %s is defined twice (line %u)",
	    kinds[kind].element, d->key, load_line(before->node));
	return true;
}

/* Call for the definitions of a kind: of all scenarios, or the chosen one. */
static void
each(struct orchestra *o, enum kind kind, bool all,
    void (*call)(struct orchestra *, const struct def *))
{
	const struct index *x = &o->index[kind];
	const struct def *d, *best;
	size_t i;

	for (i = 0; i < x->n; i++) {
		d = &x->def[i];
		best = find(o, kind, d->key, NULL);
		if (d == best && strcmp(d->scenario, o->scenario) != 0 &&
		    strcmp(d->scenario, "base") != 0)
			LOAD_WARN(o->l, d->node, "%s %s is there in scenario "
			    "%s only", kinds[kind].element, d->key,
			    d->scenario);
		if (all ? !is_twice(o, kind, d)
			: strcmp(d->scenario, best->scenario) == 0)
			call(o, d);
	}
}

static void
load_orchestra_version(struct load *l, const xmlNode *root)
{
	static const char *const attribute[] = { "version", "name" };
	const char *text;
	size_t i;

	if (load_version(l, root))
		return;
	for (i = 0; i < sizeof(attribute) / sizeof(attribute[0]); i++) {
		text = load_attr(root, attribute[i]);
		if (text != NULL && dict_build_version(l->b, text))
			return;
	}
	LOAD_WARN(l, root, "neither version nor name is one of FIX");
}

int
load_orchestra(struct load *l, const xmlNode *root)
{
	struct orchestra o = { .l = l, .scenario = "base" };
	int i, err;

	if (l->options != NULL && l->options->scenario != NULL)
		o.scenario = l->options->scenario;
	err = index_file(&o, root);
	if (err == 0) {
		load_orchestra_version(l, root);
		each(&o, FIELD, false, load_field);
		each(&o, COMPONENT, true, load_component);
		each(&o, GROUP, true, load_group);
		each(&o, MESSAGE, false, load_message);
		if (o.index[MESSAGE].n == 0)
			LOAD_WARN(l, root, "there are no messages");
	}
	for (i = 0; i < KINDS; i++)
		index_free(&o.index[i]);
	index_free(&o.counters);
	return err;
}
