/*
 * guard.c: running pure work on many items so that one that fails loses only itself.
 */
#include "core/jorge.h"

#include "intake/guard.h"

#include "access/xact.h"
#include "utils/memutils.h"
#include "utils/resowner.h"

/*
 * Do the work for a range of items in a subtransaction; NULL, or the error it ended with
 */
static ErrorData *
attempt(GuardedWork work, void *context, int first, int last)
{
	MemoryContext mcxt = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	ErrorData *volatile error = NULL;

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(mcxt);
	PG_TRY();
	{
		work(context, first, last);
		ReleaseCurrentSubTransaction();
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(mcxt);
		error = CopyErrorData();
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
	}
	PG_END_TRY();
	MemoryContextSwitchTo(mcxt);
	CurrentResourceOwner = owner;

	if (error != NULL)
	{
		int class = ERRCODE_TO_CATEGORY(error->sqlerrcode);

		if (class == ERRCODE_TO_CATEGORY(ERRCODE_OPERATOR_INTERVENTION) ||
			class == ERRCODE_TO_CATEGORY(ERRCODE_TRANSACTION_ROLLBACK))
			ReThrowError(error);
	}
	return error;
}

void
jorge_guarded(GuardedWork work, GuardedFailure failed, void *context, int items)
{
	ErrorData *error = attempt(work, context, 0, items);

	if (error == NULL)
		return;
	if (items == 1)
	{
		failed(context, 0, error);
		return;
	}
	for (int i = 0; i < items; i++)
	{
		CHECK_FOR_INTERRUPTS();
		error = attempt(work, context, i, i + 1);
		if (error != NULL)
			failed(context, i, error);
	}
}
