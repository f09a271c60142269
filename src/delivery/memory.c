/*
 * memory.c: how much memory the worker's process holds.
 *
 * A process that works for long ends up with every page of shared_buffers mapped. It owns none of them, but its resident size
 * and its page tables (2 MB a GB) count them all, and the kernel's OOM killer goes by these: it would pick the worker first,
 * free nothing, and take the whole server down with it. So the worker unmaps them whenever there are many. What it works with it
 * maps again, which costs an eighth of its CPU while there is much to send (doc/delivery.md).
 */
#include "delivery/delivery.h"

#include "storage/bufmgr.h"

#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <sys/mman.h>
#include <unistd.h>

/*
 * Unmap when so much more is mapped than what can't be: a statement about forty messages maps 10 to 20 MB, as the kernel maps sixteen
 * pages at a fault
 */
#define MOST_MAPPED_KB (4 * 1024)

/* Look for freed pages when the process has so much of its own; without large messages it has 14 MB */
#define MOST_OWN_KB (24 * 1024)

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

/*
 * Unmap shared_buffers where much of them is mapped
 *
 * Nothing is lost: on a shared mapping Linux drops the page table entries only, and the next access maps the same page again
 * (madvise(2), MADV_DONTNEED). Other systems may drop the contents.
 */
void
memory_unmap(void)
{
#ifdef __linux__
	uintptr_t page = (uintptr_t) sysconf(_SC_PAGESIZE);
	uintptr_t first = TYPEALIGN(page, BufferBlocks);
	uintptr_t end = TYPEALIGN_DOWN(page, BufferBlocks + (Size) NBuffers * BLCKSZ);
	static int64 stays = 0; /* libraries, kB */
	int64 own, shared;

	if (!resident_kb(&own, &shared) || shared < stays + MOST_MAPPED_KB)
		return;
	/* huge pages can't be unmapped by parts before Linux 5.18, and don't count as resident */
	(void) madvise((void *) first, end - first, MADV_DONTNEED);
	if (resident_kb(&own, &shared))
		stays = shared;
#endif
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
