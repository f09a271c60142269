/*
 * blocks.h: storing the blocking keys of leads (jorge.lead_block).
 */
#ifndef JORGE_BLOCKS_H
#define JORGE_BLOCKS_H

typedef struct LeadBlock
{
	Datum location_id;
	int64 key;
	Datum lead_id;
} LeadBlock;

/* Leave out rows that are stored already, a key may be under a lead twice; returns how many are left. */
extern int jorge_new_blocks(LeadBlock *rows, int n);

/* Store rows, sorting them; what comes after in the transaction sees them. As the owner of the managed tables. */
extern void jorge_write_blocks(LeadBlock *rows, int n);

#endif
