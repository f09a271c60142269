/*
 * shim.c: the little of a PostgreSQL backend that src/forest calls, for running it alone.
 *
 * Every palloc is a malloc of its own, so that AddressSanitizer sees each overrun; contexts own
 * their chunks, so that it sees each leak and each use after MemoryContextDelete. An ERROR jumps
 * back to shim_try(). String and number routines are PostgreSQL's own, from libpgcommon.
 */
#include "core/jorge.h"

#include <setjmp.h>

#include "core/settings.h"
#include "forest/internal.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "shim.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

/* Largest chunk and largest sum: a document that makes us ask for more is a finding */
#define MOST_MEMORY ((Size) 1 << 30)

/* Before each chunk; the context comes last, where GetMemoryChunkContext() of PostgreSQL 15 looks
 */
typedef struct Chunk
{
	struct Chunk *next;
	struct Chunk *before;
	Size size;
	MemoryContext context;
} Chunk;

typedef struct Context
{
	MemoryContextData base; /* first: a MemoryContext points here */
	Chunk chunks;           /* ring */
} Context;

volatile sig_atomic_t InterruptPending = false;
MemoryContext CurrentMemoryContext = NULL;
JorgeSettings jorge_settings = {.forest_cache_kb = 64 * 1024};
static sigjmp_buf *handler = NULL;
static int error_code;
static Size total;

/* ---- memory ---- */

MemoryContext
AllocSetContextCreateInternal(MemoryContext parent, const char *name, Size minContextSize,
							  Size initBlockSize, Size maxBlockSize)
{
	Context *context = calloc(1, sizeof(Context));

	context->base.type = T_AllocSetContext;
	context->base.name = name;
	context->chunks.next = context->chunks.before = &context->chunks;
	MemoryContextSetParent(&context->base, parent);
	return &context->base;
}

void
MemoryContextSetParent(MemoryContext context, MemoryContext parent)
{
	if (context->parent != NULL)
	{
		if (context->prevchild != NULL)
			context->prevchild->nextchild = context->nextchild;
		else
			context->parent->firstchild = context->nextchild;
		if (context->nextchild != NULL)
			context->nextchild->prevchild = context->prevchild;
	}
	context->parent = parent;
	context->prevchild = context->nextchild = NULL;
	if (parent != NULL)
	{
		context->nextchild = parent->firstchild;
		if (parent->firstchild != NULL)
			parent->firstchild->prevchild = context;
		parent->firstchild = context;
	}
}

void *
MemoryContextAllocExtended(MemoryContext context, Size size, int flags)
{
	Context *owner = (Context *) context;
	Chunk *chunk;

	if (size > MaxAllocSize && !(flags & MCXT_ALLOC_HUGE))
		elog(ERROR, "invalid memory alloc request size %zu", size);
	if (size > MOST_MEMORY || total + size > MOST_MEMORY)
	{
		fprintf(stderr, "shim: %zu bytes asked for, %zu held\n", size, total);
		abort();
	}
	chunk = malloc(sizeof(Chunk) + size);
	/* not zero, as a backend's memory isn't */
	memset(chunk + 1, flags & MCXT_ALLOC_ZERO ? 0 : 0x7f,
		   flags & MCXT_ALLOC_ZERO ? size : Min(size, 65536));
	total += size;
	chunk->size = size;
	chunk->context = context;
	chunk->next = owner->chunks.next;
	chunk->before = &owner->chunks;
	chunk->next->before = chunk;
	owner->chunks.next = chunk;
	return chunk + 1;
}

void
pfree(void *pointer)
{
	Chunk *chunk = (Chunk *) pointer - 1;

	chunk->before->next = chunk->next;
	chunk->next->before = chunk->before;
	total -= chunk->size;
	free(chunk);
}

void
MemoryContextReset(MemoryContext context)
{
	Context *owner = (Context *) context;

	while (context->firstchild != NULL)
		MemoryContextDelete(context->firstchild);
	while (owner->chunks.next != &owner->chunks)
		pfree(owner->chunks.next + 1);
}

void
MemoryContextDelete(MemoryContext context)
{
	MemoryContextReset(context);
	MemoryContextSetParent(context, NULL);
	free(context);
}

Size
MemoryContextMemAllocated(MemoryContext context, bool recurse)
{
	Context *owner = (Context *) context;
	Size sum = 0;

	for (Chunk *chunk = owner->chunks.next; chunk != &owner->chunks; chunk = chunk->next)
		sum += chunk->size;
	if (recurse)
		for (MemoryContext child = context->firstchild; child != NULL; child = child->nextchild)
			sum += MemoryContextMemAllocated(child, true);
	return sum;
}

void *
MemoryContextAlloc(MemoryContext context, Size size)
{
	return MemoryContextAllocExtended(context, size, 0);
}

void *
MemoryContextAllocZero(MemoryContext context, Size size)
{
	return MemoryContextAllocExtended(context, size, MCXT_ALLOC_ZERO);
}

void *
MemoryContextAllocHuge(MemoryContext context, Size size)
{
	return MemoryContextAllocExtended(context, size, MCXT_ALLOC_HUGE);
}

char *
MemoryContextStrdup(MemoryContext context, const char *string)
{
	Size size = strlen(string) + 1;

	return memcpy(MemoryContextAlloc(context, size), string, size);
}

void *
palloc_extended(Size size, int flags)
{
	return MemoryContextAllocExtended(CurrentMemoryContext, size, flags);
}

void *
palloc(Size size)
{
	return palloc_extended(size, 0);
}

void *
palloc0(Size size)
{
	return palloc_extended(size, MCXT_ALLOC_ZERO);
}

void *
repalloc_huge(void *pointer, Size size)
{
	Chunk *chunk = (Chunk *) pointer - 1;
	void *moved = MemoryContextAllocHuge(chunk->context, size);

	memcpy(moved, pointer, Min(size, chunk->size));
	pfree(pointer);
	return moved;
}

void *
repalloc(void *pointer, Size size)
{
	return repalloc_huge(pointer, size);
}

char *
pnstrdup(const char *string, Size length)
{
	char *copy;

	length = strnlen(string, length);
	copy = palloc(length + 1);
	memcpy(copy, string, length);
	copy[length] = '\0';
	return copy;
}

char *
pstrdup(const char *string)
{
	return pnstrdup(string, strlen(string));
}

Size
mul_size(Size a, Size b)
{
	Size product;

	if (__builtin_mul_overflow(a, b, &product))
		elog(ERROR, "overflow");
	return product;
}

/* ---- errors ---- */

int
shim_try(void (*function)(void *), void *argument)
{
	sigjmp_buf here;
	MemoryContext old = CurrentMemoryContext;

	error_code = 0;
	handler = &here;
	if (sigsetjmp(here, 0) == 0)
		function(argument);
	handler = NULL;
	CurrentMemoryContext = old;
	return error_code;
}

bool
errstart(int elevel, const char *domain)
{
	error_code = ERRCODE_INTERNAL_ERROR;
	return elevel >= ERROR;
}

bool
errstart_cold(int elevel, const char *domain)
{
	return errstart(elevel, domain);
}

int
errcode(int code)
{
	error_code = code;
	return 0;
}

/* Write a message somewhere, so that its arguments are read as the server would read them */
static int
format(const char *text, va_list arguments)
{
	char room[1024];

	vsnprintf(room, sizeof(room), text, arguments);
	return 0;
}

#define MESSAGE_FUNCTION(name)                                                                     \
	int name(const char *text, ...)                                                                \
	{                                                                                              \
		va_list arguments;                                                                         \
		va_start(arguments, text);                                                                 \
		format(text, arguments);                                                                   \
		va_end(arguments);                                                                         \
		return 0;                                                                                  \
	}

MESSAGE_FUNCTION(errmsg)
MESSAGE_FUNCTION(errmsg_internal)
MESSAGE_FUNCTION(errhint)
MESSAGE_FUNCTION(errdetail)

void
errfinish(const char *filename, int lineno, const char *funcname)
{
	if (handler == NULL)
		abort();
	siglongjmp(*handler, 1);
}

void
ExceptionalCondition(const char *condition, const char *type, const char *file, int line)
{
	fprintf(stderr, "assertion failed: %s at %s:%d\n", condition, file, line);
	abort();
}

void
ProcessInterrupts(void)
{
}

/* ---- a server in UTF-8 ---- */

int
GetDatabaseEncoding(void)
{
	return PG_UTF8;
}

char *
pg_any_to_server(const char *text, int length, int encoding)
{
	if (pg_encoding_verifymbstr(PG_UTF8, text, length) != length)
		ereport(ERROR, (errcode(ERRCODE_CHARACTER_NOT_IN_REPERTOIRE), errmsg("not UTF-8")));
	return unconstify(char *, text);
}

int
pg_encoding_mbcliplen(int encoding, const char *text, int length, int limit)
{
	int clipped = 0;

	while (clipped < length)
	{
		int n = pg_utf_mblen((const unsigned char *) text + clipped);

		if (clipped + n > limit)
			break;
		clipped += n;
	}
	return Min(clipped, length);
}

int
pg_lltoa(int64 value, char *text)
{
	return sprintf(text, INT64_FORMAT, value);
}

/* ---- jorge ---- */

void
jorge_forest_cache_grew(const Forest *forest, Size more)
{
}

bool
jorge_cpu_has(JorgeKernel kernel)
{
#ifdef __x86_64__
	if (kernel == JORGE_KERNEL_AVX2)
		return __builtin_cpu_supports("avx2");
	if (kernel == JORGE_KERNEL_AVX512)
		return __builtin_cpu_supports("avx512f");
#endif
	return kernel == JORGE_KERNEL_AUTO || kernel == JORGE_KERNEL_SCALAR;
}

/* A calibration is read with the server's jsonb: the target is the model, so none is. */
ForestCalibration *
jorge_forest_read_calibration(UbjReader *reader, const Forest *forest, const char *text,
							  MemoryContext mcxt)
{
	return NULL;
}

void
jorge_forest_read_encoding(UbjReader *reader, Forest *forest, const char *text, MemoryContext mcxt)
{
}

float
jorge_forest_link(const Forest *forest, float margin)
{
	return jorge_forest_response(forest, margin);
}

const Forest *
jorge_forest_from_datum(Datum value)
{
	abort();
}
