/*
 * build.h: how a loader hands definitions over. The loader names everything as
 * its file does, in any order; dict_build_finish resolves the names, refuses
 * cycles and compiles the tables. Each definition carries the line it stood on,
 * so that one run reports all the faults of a file.
 */
#ifndef FG_DICT_BUILD_H
#define FG_DICT_BUILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "dict/dict.h"

struct dict_fault {
	unsigned line; /* 0: the file as a whole */
	bool error;    /* else a warning */
	char *text;
};

#define DICT_FAULTS_MAX 1000 /* texts kept; the counts go on */

/* All-zero is a valid empty list. */
struct dict_faults {
	struct dict_fault *fault; /* after a load: in the order of lines */
	size_t n;
	size_t cap;
	size_t errors;   /* all that occurred */
	size_t warnings; /* all that occurred */
};

void dict_faults_add(struct dict_faults *f, bool error, unsigned line,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));
void dict_faults_sort(struct dict_faults *f);
/* Append a line "name:line: text" for each fault; 0 or FG_ENOMEM. */
int dict_faults_write(const struct dict_faults *f, const char *name,
    struct buf *out);
void dict_faults_free(struct dict_faults *f);

/* The enum dict_type with this name, or -1. */
int dict_type_find(const char *name);

enum dict_build_flag {
	DICT_LENIENT = 1 << 0, /* drop what is optional and cannot be resolved */
};

struct dict_build;
struct dict_fdef; /* a field's definition */
struct dict_list; /* the members of a header, trailer, message, component or
		     group, in the order of the wire */

/* faults is borrowed until dict_build_free. NULL: no memory. */
struct dict_build *dict_build_new(unsigned flags, struct dict_faults *faults);
void dict_build_free(struct dict_build *b);

/*
 * The calls below copy their texts. Lack of memory is sticky and told by
 * dict_build_finish; until then NULL lists and fields are accepted.
 */

/* Version, from the attributes of the root; NULL: the attribute is absent. */
void dict_build_root(struct dict_build *b, const char *type, const char *major,
    const char *minor, const char *servicepack);

/* The same from a name such as "FIX.4.4", "FIXT.1.1", "FIX.5.0SP2" or
 * "FIX.Latest_EP301"; false, and nothing is set: the text is no such name. */
bool dict_build_version(struct dict_build *b, const char *name);

struct dict_fdef *dict_build_field(struct dict_build *b, unsigned line,
    int32_t tag, const char *name, const char *type, bool open);
/* label may be NULL. */
void dict_build_value(struct dict_build *b, struct dict_fdef *f,
    const char *value, const char *label);

/* The field of that tag holds the length of f; if it is no LENGTH field, this
 * is a warning and nothing else. */
void dict_build_length(struct dict_fdef *f, int32_t tag);

struct dict_list *dict_build_header(struct dict_build *b);
struct dict_list *dict_build_trailer(struct dict_build *b);
struct dict_list *dict_build_message(struct dict_build *b, unsigned line,
    const char *name, const char *type);
struct dict_list *dict_build_component(struct dict_build *b, unsigned line,
    const char *name);

/* Add a member to a list; a group returns the list of its own members. */
void dict_build_add_field(struct dict_build *b, struct dict_list *to,
    unsigned line, const char *name, bool required);
void dict_build_add_component(struct dict_build *b, struct dict_list *to,
    unsigned line, const char *name, bool required);
struct dict_list *dict_build_add_group(struct dict_build *b,
    struct dict_list *to, unsigned line, const char *name, bool required);

/* A group whose members are those of a component, which others may share. */
void dict_build_add_shared_group(struct dict_build *b, struct dict_list *to,
    unsigned line, const char *name, const char *component, bool required);
/* An optional field, of which any value is good. */
void dict_build_add_unchecked(struct dict_build *b, struct dict_list *to,
    unsigned line, const char *name);

/*
 * Compile what was defined: 0 and *out (owned by the caller), FG_EINVAL if the
 * faults hold an error, FG_ELIMIT or FG_ENOMEM. Call it once.
 */
int dict_build_finish(struct dict_build *b, struct dict **out);

#endif
