#!/usr/bin/python3
"""10,000 damaged documents, JSON and UBJ: each is served or refused with a proper error, never a crash."""
import random
import time

import numpy as np

from forest_models import Tap, load, psql, random_model

MUTANTS = 10_000
# refused: invalid text, invalid binary, not served, too big, not in the encoding
REFUSALS = {"22P02", "22P03", "0A000", "54000", "22021"}


def bases():
    """Small documents of all shapes, as JSON and UBJ."""
    rng = np.random.default_rng(3)
    for i in range(12):
        document, loadable = random_model(rng, 1 + i % 4, 3, 1 + i, 30, ("1.7", "2.x", "3.x", "1.0")[i % 4])
        yield "json", document.encode()
        yield "ubj", bytes(load(loadable).save_raw(raw_format="ubj"))


def mutate(random_, data):
    """Damage a document in one to four places."""
    data = bytearray(data)
    for _ in range(random_.randint(1, 4)):
        at = random_.randrange(len(data))
        kind = random_.randrange(7)
        if kind == 0:
            data[at] ^= 1 << random_.randrange(8)
        elif kind == 1:
            data[at] = random_.choice(b'\x00\x01\x7f\x80\xff09-.eE"\\[]{},:#$LdSiUZTFNlI')
        elif kind == 2:
            del data[at:]
            data += b"\x00" if not data else b""
        elif kind == 3:
            del data[at:at + random_.randint(1, 40)]
            data += b"\x00" if not data else b""
        elif kind == 4:
            other = random_.randrange(len(data))
            data[at:at] = data[other:other + random_.randint(1, 40)]
        elif kind == 5:  # a length or count that lies
            lengths = [i for i in range(len(data) - 9) if data[i:i + 6] == b"L\0\0\0\0\0"]
            if lengths:
                i = random_.choice(lengths)
                value = random_.choice([-1, 0, 1, 2, 255, 2**31 - 1, 2**31, 2**32, 2**62, 2**63 - 1, -2**63])
                data[i + 1:i + 9] = value.to_bytes(8, "big", signed=True)
        else:  # a number that lies
            digits = [i for i in range(len(data)) if 48 <= data[i] <= 57]
            if digits:
                i = random_.choice(digits)
                data[i:i + 1] = random_.choice([b"-1", b"1e39", b"99999", b"2147483648", b"NaN", b"0.5", b"null"])
    return bytes(data)


def main():
    tap = Tap(4)
    random_ = random.Random(11)
    documents = list(bases())
    script = ["select pg_backend_pid();",
              "create temp table mutant (i int, form text, b bytea);", "copy mutant from stdin;"]
    for i in range(MUTANTS):
        form, data = documents[i % len(documents)]
        script.append(f"{i}\t{form}\t\\\\x{mutate(random_, data).hex()}")
    script += ["\\.", """
        create function pg_temp.try(form text, b bytea) returns text language plpgsql as $$
        declare
            f jorge.forest;
            x float4[];
        begin
            if form = 'json' then
                f := convert_from(b, 'UTF8')::jorge.forest;
            else
                f := jorge.forest_from_ubj(b);
            end if;
            x := array_fill(0.5::float4, array[(jorge.forest_info(f)).features]);
            perform jorge.predict(f, x), jorge.predict_margin(f, x);
            if form = 'json' and jorge.forest_ubj(f::text::jorge.forest) <> jorge.forest_ubj(f) then
                return 'changed by its text form';
            end if;
            begin
                perform jorge.contributions(f, x);
            exception when invalid_parameter_value then
                null; -- no covers
            end;
            return 'served';
        exception when others then
            return sqlstate;
        end $$;
        select form || ' ' || pg_temp.try(form, b), count(*) from mutant group by 1 order by 1;
        select pg_backend_pid();"""]
    lines = psql("\n".join(script))
    outcomes = {k: int(n) for k, n in (line.split("|") for line in lines[1:-1])}
    tap.ok(lines[0] == lines[-1], "the same backend answers at the end")
    tap.ok(sum(outcomes.values()) == MUTANTS, f"{MUTANTS} documents tried", outcomes)
    other = {k: n for k, n in outcomes.items() if k.split(' ', 1)[1] not in REFUSALS | {"served"}}
    tap.ok(not other, "refusals have a SQLSTATE that says why", other)
    served = sum(n for k, n in outcomes.items() if k.endswith("served"))
    tap.ok(0 < served < MUTANTS / 2, f"most are refused, {served} harmless ones served", outcomes)
    print(f"# {outcomes}")
    print(f"# {time.process_time():.0f} s CPU")
    tap.exit()


main()
