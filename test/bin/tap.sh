# tap.sh: helpers for tests in shell, sourced by test/t/*.sh. Prints TAP.

tap_count=0
tap_failed=0

# is GOT EXPECTED WHAT
is() {
	tap_count=$((tap_count + 1))
	if [ "$1" = "$2" ]; then
		echo "ok $tap_count - $3"
	else
		tap_failed=$((tap_failed + 1))
		printf 'not ok %d - %s\n# got:      %s\n# expected: %s\n' "$tap_count" "$3" "$1" "$2"
	fi
}

# like GOT PATTERN WHAT
like() {
	if grep -qE -- "$2" <<<"$1"; then is yes yes "$3"; else is "$1" "something like: $2" "$3"; fi
}

# unlike GOT PATTERN WHAT
unlike() {
	if grep -qE -- "$2" <<<"$1"; then is "$1" "nothing like: $2" "$3"; else is yes yes "$3"; fi
}

# sql [psql option...] TEXT: the answer of a session of its own, errors with their SQLSTATE included
sql() {
	local text=${*: -1}
	psql -qXAt -v VERBOSITY=sqlstate "${@:1:$#-1}" <<<"$text" 2>&1
}

done_testing() {
	echo "1..$tap_count"
	[ "$tap_failed" -eq 0 ]
}
