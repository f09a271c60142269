#!/usr/bin/env bash
# The model reader, evaluator and SHAP under libFuzzer, AddressSanitizer and UndefinedBehaviorSanitizer: 10
# minutes a core, in the long run only. Needs no server.
. "$(dirname "$0")/../bin/tap.sh"

if [ -z "${JORGE_LONG:-}" ]; then
	echo "ok 1 # SKIP ten minutes a core: make test-long"
	echo "1..1"
	exit
fi
seconds=600 cores=$(nproc)
work=$(mktemp -d --suffix=.jorge)
trap 'rm -rf "$work"' EXIT

for ((i = 0; i < cores; i++)); do
	nice -n 10 timeout $((seconds + 300)) "$(dirname "$0")/../fuzz/run" "$seconds" "$work/$i" >"$work/log.$i" 2>&1 &
	pids[i]=$!
done
for ((i = 0; i < cores; i++)); do
	status=0
	wait "${pids[i]}" || status=$?
	if [ "$status" -eq 77 ]; then
		tap_count=$((tap_count + 1))
		echo "ok $tap_count # SKIP ${CLANG:-clang} has no libFuzzer: install libclang-rt-14-dev (make deps)"
		continue
	fi
	runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$work/log.$i")
	if [ "$status" -ne 0 ]; then
		grep -v '^#[0-9]' "$work/log.$i" | tail -60 | sed 's/^/# /'
		# the document that did it, to be put back together with base64 -d
		find "$work/$i" -maxdepth 1 -name '*-*' -type f -exec base64 {} + | sed 's/^/# /'
	fi
	is "$status" 0 "$seconds s of damaged documents: no crash, no undefined behaviour, no broken promise"
	is "$((${runs:-0} > 1000))" 1 "${runs:-0} documents tried"
done

done_testing
