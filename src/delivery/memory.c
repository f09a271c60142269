/*
 * memory.c: how much memory the worker's process holds.
 *
 * A process that works for long ends up with every page of shared_buffers mapped. It owns none of them, but its resident size
 * and its page tables (2 MB a GB) count them all, and the kernel's OOM killer goes by these: it would pick the worker first,
 * free nothing, and take the whole server down with it. So the worker unmaps them whenever there are many, and claims no more at once
 * than it can stay small with.
 */
#include "delivery/delivery.h"

#include "storage/bufmgr.h"

#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <inttypes.h>
#include <sys/mman.h>
#include <unistd.h>

/*
 * The process is to stay below 60 MB. It has 14 to 20 of its own, and 100 kB for each TLS connection, and 15 of libraries; the rest may be
 * mapped shared memory, but not less than it takes to get on. A message maps 60 kB where its lead lies beside the one before, as leads do
 * in the order they came in, and 600 where leads lie anywhere: the kernel maps sixteen pages at a fault.
 */
#define MOST_RESIDENT_KB (50 * 1024)
#define LEAST_MAPPED_KB (8 * 1024)

/* Look for freed pages when the process has so much of its own; without large messages it has 14 MB */
#define MOST_OWN_KB (24 * 1024)

static int at_once = FEWEST_AT_ONCE;

/*
 * Read how much of this process is resident: its own pages, and those it may share with others
 */
static bool
resident_kb(int64 *own, int64 *shared)
{
	FILE *file = fopen("/proc/self/statm", "r");
	int64 page_kb = sysconf(_SC_PAGESIZE) / 1024;
	long pages, shared_pages;
	bool found;

	if (file == NULL)
		return false;
	found = fscanf(file, "%*d %ld %ld", &pages, &shared_pages) == 2;
	fclose(file);
	if (found)
	{
		*own = (pages - shared_pages) * page_kb;
		*shared = shared_pages * page_kb;
	}
	return found;
}

/*
 * Private memory of this process, kB; 0 where the system doesn't tell
 */
int64
memory_private_kb(void)
{
	int64 own, shared;

	return resident_kb(&own, &shared) ? own : 0;
}

#ifdef __linux__
/*
 * Find where the server's shared memory is mapped: shared_buffers, and with them the WAL's buffers and the tables of locks; false
 * where the system doesn't tell
 */
static bool
shared_memory(void **start, size_t *size)
{
	FILE *file = fopen("/proc/self/maps", "r");
	char line[1024];
	bool found = false;

	if (file == NULL)
		return false;
	while (!found && fgets(line, sizeof(line), file) != NULL)
	{
		uintptr_t first, end;
		char kind;

		if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " %*3c%c", &first, &end, &kind) == 3 && kind == 's' && (uintptr_t) BufferBlocks >= first &&
			(uintptr_t) BufferBlocks < end)
		{
			*start = (void *) first;
			*size = end - first;
			found = true;
		}
	}
	fclose(file);
	return found;
}
#endif

/*
 * Unmap the server's shared memory; false where that can't be done
 *
 * Nothing is lost: on a shared mapping Linux drops the page table entries only, and the next access maps the same page again
 * (madvise(2), MADV_DONTNEED). Other systems may drop the contents.
 */
static bool
unmap_shared(void)
{
#ifdef __linux__
	static void *start = NULL;
	static size_t size = 0;

	if (start == NULL && !shared_memory(&start, &size))
		return false;
	/* huge pages can't be unmapped by parts before Linux 5.18, and don't count as resident */
	return madvise(start, size, MADV_DONTNEED) == 0;
#else
	return false;
#endif
}

int
memory_at_once(void)
{
	return at_once;
}

/*
 * Look what a statement has mapped, which has decided about so many deliveries or none, and unmap shared memory if the next one
 * could map too much of it
 */
void
memory_unmap(int decided)
{
	static int64 stays = 0;		/* libraries, kB */
	static int64 most_own = 0;	/* with all connections open */
	static int64 widest = 0;	/* what statements have mapped lately */
	static int64 before = 0;
	int64 own, shared, grown, room;

	if (!resident_kb(&own, &shared))
	{
		at_once = MOST_AT_ONCE;
		return;
	}
	grown = shared - before;
	widest = Max(grown, widest - widest / 8);
	most_own = Max(own, most_own);
	room = Max(LEAST_MAPPED_KB, MOST_RESIDENT_KB - most_own - stays);
	/* a few map as much each as what all claims have in common */
	if (decided * 2 >= at_once)
		at_once = Max(FEWEST_AT_ONCE, Min(MOST_AT_ONCE, room * 3 / 4 / Max(1, grown / decided)));
	if (shared - stays + widest > room && unmap_shared() && resident_kb(&own, &shared))
		stays = shared;
	before = shared;
}

/*
 * Give freed pages back
 */
void
memory_trim(void)
{
#ifdef __GLIBC__
	if (memory_private_kb() > MOST_OWN_KB)
		(void) malloc_trim(0);
#endif
}
