"""The deliveries of test/data/payloads: read by adapter_corpus.py and adapter_fuzz.py."""
import ast
import base64
import json
import os
import subprocess
import sys

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "data", "payloads")


def body_bytes(text, how):
    if how == "crlf":
        return text.replace("\n", "\r\n").encode()
    if how == "base64":
        return base64.b64decode(text)
    if how == "bytes":
        return ast.literal_eval('b"""' + text + '"""')
    return text.encode()


def cases():
    """(name, [(source, bytes)], expectation) of every case."""
    for file in sorted(os.listdir(FOLDER)):
        if not file.endswith(".txt"):
            continue
        with open(os.path.join(FOLDER, file), encoding="utf-8", newline="\n") as f:
            for block in f.read().split("=== ")[1:]:
                head, rest = block.split("\n", 1)
                name, source, how = [part.strip() for part in head.split("|")]
                bodies, expect = rest.split("\n--- expect\n")
                deliveries, lines = [], []
                for line in bodies.split("\n") + ["+++"]:
                    if line.startswith("+++"):
                        deliveries.append((source, body_bytes("\n".join(lines), how)))
                        lines = []
                        if line != "+++":
                            source, how = [part.strip() for part in line[3:].split("|")]
                    else:
                        lines.append(line)
                yield file[:-4] + ": " + name, deliveries, json.loads(expect)


def psql(script):
    """Run a script; its rows as text."""
    done = subprocess.run(["psql", "-qXAt", "-v", "ON_ERROR_STOP=1"], input=script.encode(), capture_output=True)
    if done.returncode != 0:
        sys.exit("Bail out! " + done.stderr.decode()[:2000])
    return done.stdout.decode()
