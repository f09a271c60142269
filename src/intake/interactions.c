/*
 * interactions.c: the way of an interaction: its lead's row, fold, score, rows.
 */
#include "core/jorge.h"

#include "intake/intake.h"
#include "intake/statements.h"

#include "utils/builtins.h"

/*
 * Order events by the lead they belong to
 */
static int
compare_leads(const void *a, const void *b)
{
	const LeadEvent *x = a;
	const LeadEvent *y = b;

	return jorge_compare_leads(x->values[INTERACTION_lead_id], x->values[INTERACTION_location_id],
							   y->values[INTERACTION_lead_id], y->values[INTERACTION_location_id]);
}

/*
 * Does the event belong to this lead?
 */
static bool
belongs_to(const LeadEvent *event, const IntakeLead *lead)
{
	return jorge_compare_leads(event->values[INTERACTION_lead_id], event->values[INTERACTION_location_id],
							   lead->state.values[LEAD_lead_id], lead->state.values[LEAD_location_id]) == 0;
}

void
jorge_take_in_interactions(LeadEvent *events, int n, bool small)
{
	IntakeLead *leads = palloc(sizeof(IntakeLead) * n);
	Datum *locations = palloc(sizeof(Datum) * n);
	Datum *ids = palloc(sizeof(Datum) * n);
	ErrorData *unscanned;
	int wanted = 0;
	int nleads;

	qsort(events, n, sizeof(LeadEvent), compare_leads);
	for (int i = 0; i < n; i++)
		if (i == 0 || compare_leads(&events[i], &events[i - 1]) != 0)
		{
			locations[wanted] = events[i].values[INTERACTION_location_id];
			ids[wanted++] = events[i].values[INTERACTION_lead_id];
		}
	nleads = jorge_lock_leads(locations, ids, wanted, leads);
	if (nleads == 0)
		return; /* the foreign key will say so */

	jorge_scan_events(events, n, &unscanned);
	for (int l = 0, e = 0; l < nleads; l++)
	{
		while (e < n && !belongs_to(&events[e], &leads[l]))
			e++;
		leads[l].events = &events[e];
		while (e < n && belongs_to(&events[e], &leads[l]))
		{
			leads[l].nevents++;
			e++;
		}
	}
	/*
	 * Rows of later batches are stored already, so an earlier batch may have folded them. Times tell, but for
	 * those of notes, which the row doesn't keep.
	 */
	for (int l = 0; !small && l < nleads; l++)
	{
		leads[l].anew = true;
		for (int e = 0; e < leads[l].nevents; e++)
			leads[l].anew &= leads[l].events[e].nulls[INTERACTION_direction];
	}
	jorge_fold_leads(leads, nleads);
	jorge_score_leads(leads, nleads);
	if (unscanned != NULL)
		leads[0].error = unscanned;

	jorge_write_leads(leads, nleads, NULL, NULL, "interaction");
}
