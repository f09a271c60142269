#!/usr/bin/python3
"""jorge.phone_key() against libphonenumber: the same E.164 for numbers it calls valid, in any writing."""
import random
import subprocess
import sys

try:
    import phonenumbers
    from phonenumbers import PhoneMetadata, PhoneNumberFormat
except ImportError:
    print("1..0 # SKIP python3-phonenumbers is not installed")
    sys.exit(0)

COUNTRIES = ["MX", "GB", "DE", "FR", "ES", "IT", "NL", "CH", "SE", "PL", "IN", "CN", "JP", "KR", "PH", "VN", "BR", "AU", "IL", "NG",
             "IE", "PT", "CO", "AE"]
US, ABROAD = 25_000, 700
rng = random.Random(20)


def candidates(region):
    """Yield numbers near the region's examples until enough are valid."""
    examples = [phonenumbers.example_number_for_type(region, kind) for kind in (0, 1, 2)]
    examples = [phonenumbers.national_significant_number(example) for example in examples if example]
    code = phonenumbers.country_code_for_region(region)
    while True:
        digits = list(rng.choice(examples))
        keep = rng.randint(0, 4)
        for i in range(keep, len(digits)):
            digits[i] = rng.choice("0123456789")
        number = phonenumbers.parse(f"+{code}{''.join(digits)}", None)
        if phonenumbers.is_valid_number(number):
            yield number


def us_writing(number):
    """Write a US number as people do."""
    d = phonenumbers.national_significant_number(number)
    a, b, c = d[:3], d[3:6], d[6:]
    text = rng.choice([f"{a}{b}{c}", f"({a}) {b}-{c}", f"{a}-{b}-{c}", f"{a}.{b}.{c}", f"{a} {b} {c}", f"({a}){b}-{c}", f"{a}/{b}-{c}",
                       f"{a}\u2013{b}\u2013{c}", f"{a}\u00a0{b}\u00a0{c}"])
    text = rng.choice(["", "", "1", "1-", "1 ", "+1", "+1 ", "+1-", "011 1 ", "001 ", "tel:+1", "p:+1"]) + text
    text += rng.choice(["", "", "", " ", "\n", " x12", " ext. 4", ", ext 77", " #9", " (cell)", "; 512-867-0000"])
    if rng.random() < .1:
        text = text.translate({ord("0") + i: 0xFF10 + i for i in range(10)} | {ord("+"): 0xFF0B})
    return text


def abroad_writing(number):
    """Write a number in international form, with other separators and prefixes now and then."""
    text = phonenumbers.format_number(number, rng.choice([PhoneNumberFormat.INTERNATIONAL, PhoneNumberFormat.E164]))
    metadata = PhoneMetadata.metadata_for_region_or_calling_code(number.country_code, phonenumbers.region_code_for_number(number))
    if " " in text and metadata.national_prefix == "0" and rng.random() < .3:
        text = text.replace(" ", rng.choice([" (0)", " (0) ", " 0"]), 1)
    text = "".join(rng.choice([" ", "-", "."]) if char == " " and rng.random() < .5 else char for char in text)
    if rng.random() < .3:
        text = rng.choice(["00", "011", "011 "]) + text[1:]
    return rng.choice(["", "", " ", "tel:"]) + text + rng.choice(["", "", " ", "\n", " x12"])


def main():
    """Compare."""
    written = []
    for region in ["US", *COUNTRIES]:
        source = candidates(region)
        for _ in range(US if region == "US" else ABROAD):
            number = next(source)
            text = us_writing(number) if region == "US" else abroad_writing(number)
            written.append((region, text, phonenumbers.format_number(number, PhoneNumberFormat.E164)))
    rows = "".join(text.replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t") + "\n" for _, text, _ in written)
    answer = subprocess.run(
        ["psql", "-qXAt", "-v", "ON_ERROR_STOP=1"], capture_output=True, text=True, check=True,
        input=f"CREATE TEMP TABLE n (id serial, t text);\nCOPY n (t) FROM STDIN;\n{rows}\\.\n"
              "SELECT coalesce(jorge.phone_key(t), '') FROM n ORDER BY id;").stdout.splitlines()
    assert len(answer) == len(written)
    regions = ["US", *COUNTRIES]
    print(f"1..{len(regions) + 1}")
    failed = 0
    for i, region in enumerate(regions, 1):
        mine = [(text, key, expected) for (where, text, expected), key in zip(written, answer) if where == region]
        wrong = [(text, key, expected) for text, key, expected in mine if key != expected]
        # numbers set aside for fiction and directory assistance are valid by their form and no keys
        made_up = [expected for _, key, expected in wrong if not key and expected[5:10] == "55501" or expected[5:] == "5551212"] if region == "US" else []
        good = len(wrong) == len(made_up)
        failed += not good
        print(f"{'ok' if good else 'not ok'} {i} - {region}: {len(mine) - len(wrong)} of {len(mine)} equal, {len(made_up)} made up")
        for case in [case for case in wrong if case[2] not in made_up][:10]:
            print("#", *map(repr, case))
    total = sum(key == expected for (_, _, expected), key in zip(written, answer))
    print(f"{'ok' if total >= 20_000 else 'not ok'} {len(regions) + 1} - {total} numbers in all have libphonenumber's form")
    sys.exit(failed > 0)


main()
