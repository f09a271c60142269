#!/usr/bin/env bash
# Eight clients book one agent's deals at once: the cap is never passed, and nobody loses a booking.
[ -n "${JORGE_CLUSTER:-}" ] || exec "$(dirname "$0")/../bin/cluster" run bash "$0"
. "$(dirname "$0")/../bin/tap.sh"

sql "CREATE EXTENSION jorge; SELECT jorge.install();
     INSERT INTO jorge.commission_plan (name, plan) VALUES ('standard', '{\"side\": \"buyer\", \"split\": {\"agent\": 0.7, \"cap\": 20000}}')" >/dev/null

book() {
	local client=$1 level=$2 done=0
	while [ "$done" -lt 10 ]; do
		# a booking that lost a race under REPEATABLE READ is tried again, as the error asks
		if sql "SET default_transaction_isolation = '$level'; SELECT jorge.book_commission('Ann', 100000 + $client * 1000 + $done, '2026-05-01')" | grep -qE '[0-9a-f]{8}-'; then
			done=$((done + 1))
		fi
	done
}
for client in 1 2 3 4 5 6 7 8; do
	book "$client" "$([ $((client % 2)) = 0 ] && echo 'repeatable read' || echo 'read committed')" &
done
wait

is "$(sql "SELECT count(*) FROM jorge.commission_entry")" 80 "all 80 deals are booked"
is "$(sql "SELECT sum(company) FROM jorge.commission_entry")" 20000.00 "the brokerage has its cap, not a cent more"
is "$(sql "SELECT bookings FROM jorge.commission_year")" 80 "the year's row counted them"
is "$(sql "SELECT count(*) FROM jorge.commission_entry WHERE company > 0 AND (plan #>> '{split,ytd_paid}')::numeric + company > 20000")" 0 "no booking overran it by what it knew"
is "$(sql "SELECT count(DISTINCT plan #>> '{split,ytd_income}') FROM jorge.commission_entry")" 80 "each saw all that came before"
done_testing
