#!/usr/bin/python3
"""Replies, opt-outs, do-not-disturb, outcomes and rows of the ledger race the claim of one delivery each, to the microsecond the server says who committed first.

Needs track_commit_timestamp. Prints TAP lines. Argument: number of races.
"""
import random
import sys
import threading
import time

import psycopg2

races = int(sys.argv[1])
seed = int(sys.argv[2]) if len(sys.argv) > 2 else random.randrange(10**6)
random.seed(seed)
print(f"# {races} races, seed {seed}")

setup = psycopg2.connect("")
setup.autocommit = True
with setup.cursor() as c:
    c.execute("UPDATE jorge.channel_policy SET quiet_hours = false")
    c.execute("SELECT jorge.run_job('upkeep')")
    c.execute("INSERT INTO jorge.inquiry (source, name, phone, email) SELECT 'web', 'Person ' || translate(n::text, '0123456789', 'abcdefghij'),"
              " '512-' || (200 + n / 10000) || '-' || lpad(mod(n, 10000)::text, 4, '0'), 'p' || n || '@example.com' FROM generate_series(1, %s) n", (races,))
    c.execute("SELECT lead_id FROM jorge.lead ORDER BY lead_id")
    leads = [row[0] for row in c.fetchall()]
    c.execute("SELECT jorge.enqueue('main', lead_id, 'email', 'ghl.email', '{\"subject\": \"s\", \"html\": \"h\"}', due_at => now() - interval '1 minute', dedupe_key => 'seq:' || lead_id, enrollment => jorge.enroll(lead_id)) FROM jorge.lead")

STOPS = {
    "reply": "INSERT INTO jorge.interaction (lead_id, channel, direction, body) VALUES (%s, 'sms', 'in', 'Yes, please')",
    "stop": "INSERT INTO jorge.interaction (lead_id, channel, direction, body) VALUES (%s, 'sms', 'in', 'STOP')",
    "opt_out": "SELECT jorge.opt_out(%s)",
    "dnd": "INSERT INTO jorge.lead_dnd (location_id, lead_id, channel, state) VALUES ('main', %s, 'all', 'active')",
    "outcome": "UPDATE jorge.lead SET outcome = 'lost' WHERE lead_id = %s",
    "ledger": "INSERT INTO jorge.consent (lead_id, channel, act, source) VALUES (%s, 'all', 'revoke', 'own application')",
}
plan = [(lead, random.choice(sorted(STOPS)), random.random() * 0.003 * random.choice((0, 1, 1)), random.random() * 0.002 * random.choice((0, 1)), random.random() * 0.003 * random.choice((0, 1, 1))) for lead in leads]
barrier = threading.Barrier(2)
sent, stopped, failures = {}, {}, []


def claimer():
    link = psycopg2.connect("")
    cursor = link.cursor()
    for lead, _, wait, inside, _ in plan:
        barrier.wait()
        time.sleep(wait)
        try:
            # as the worker claims: the delivery and the lead locked, never waited for; then the gate
            cursor.execute("SELECT o.outbox_id FROM jorge.outbox o JOIN jorge.lead l USING (location_id, lead_id) WHERE o.lead_id = %s AND o.state = 'pending' AND o.due_at <= now() FOR UPDATE OF o SKIP LOCKED FOR SHARE OF l SKIP LOCKED", (lead,))
            found = cursor.fetchone()
            if found:
                time.sleep(inside)
                cursor.execute("SELECT g.decision FROM jorge.outbox o, LATERAL jorge.send_gate(o.location_id, o.lead_id, o.channel, now(), o.dedupe_key) g WHERE o.outbox_id = %s", found)
                answer = cursor.fetchone()
                if answer and answer[0] == "send":
                    cursor.execute("UPDATE jorge.outbox SET state = 'sending', sent_at = now() WHERE outbox_id = %s", found)
                    cursor.execute("SELECT pg_current_xact_id()::text")
                    sent[lead] = cursor.fetchone()[0]
            time.sleep(inside / 2)
            link.commit()
        except psycopg2.Error as error:
            failures.append(str(error))
            link.rollback()
            sent.pop(lead, None)


def stopper():
    link = psycopg2.connect("")
    cursor = link.cursor()
    for lead, stop, _, inside, wait in plan:
        barrier.wait()
        time.sleep(wait)
        try:
            cursor.execute(STOPS[stop], (lead,))
            cursor.execute("SELECT pg_current_xact_id()::text")
            xid = cursor.fetchone()[0]
            time.sleep(inside)
            link.commit()
            stopped[lead] = xid
        except psycopg2.Error as error:
            failures.append(str(error))
            link.rollback()


threads = [threading.Thread(target=claimer), threading.Thread(target=stopper)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()

wrong, unmarked = [], 0
with setup.cursor() as c:
    for lead, stop, *_ in plan:
        if lead in sent and lead in stopped:
            c.execute("SELECT pg_xact_commit_timestamp(%s::xid) < pg_xact_commit_timestamp(%s::xid)", (stopped[lead], sent[lead]))
            if c.fetchone()[0]:
                wrong.append((lead, stop))
    c.execute("SELECT count(*) FROM jorge.outbox WHERE state = 'pending' AND lead_id NOT IN (SELECT lead_id FROM jorge.consent WHERE source = 'own application')")
    left = c.fetchone()[0]
    c.execute("SELECT count(*) FROM jorge.outbox WHERE state = 'sending' AND stop_reason IS NULL AND lead_id NOT IN (SELECT lead_id FROM jorge.consent WHERE source = 'own application')")
    unmarked = c.fetchone()[0]
print("1..5")
ok = lambda n, good, what: print(f"{'ok' if good else 'not ok'} {n} - {what}")
ok(1, not wrong, f"{len(sent)} of {races} sent, {len(wrong)} of them after the stop had committed {wrong[:3]}")
ok(2, not failures, f"no deadlock, nothing else failed {failures[:2]}")
ok(3, races * 0.1 < len(sent) < races * 0.9, "claims and stops both come first often enough to say so")
ok(4, left == 0, f"nothing that was stopped is left to be sent ({left})")
ok(5, unmarked == 0, f"what was on its way when it was stopped is marked, and never sent again ({unmarked} are not)")
sys.exit(bool(wrong or failures or left or unmarked))
