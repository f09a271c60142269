#!/usr/bin/python3
"""Ten people who say the same, arrive and are asked about at the same time get one score and one answer."""
import json
import subprocess
import threading

N = 10
NAMES = ["Ann Baker", "Boris Chan", "Carla Diaz", "Dmitri Evans", "Elena Ford", "Farid Gomez", "Greta Hill", "Hugo Ito", "Irma Jones", "Jamal Klein"]
PAYLOAD = "Pre-approved to $450k, want to see a house in south Austin this week"


def psql(sql):
    return subprocess.run(["psql", "-qXAt", "-v", "ON_ERROR_STOP=1", "-c", sql], capture_output=True, text=True)


def at_once(work):
    results = [None] * N
    gate = threading.Barrier(N)

    def one(i):
        gate.wait()
        results[i] = psql(work(i))

    threads = [threading.Thread(target=one, args=(i,)) for i in range(N)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


tests = []


def ok(good, what):
    tests.append(good)
    print(f"{'ok' if good else 'not ok'} {len(tests)} - {what}")


print("1..4")
stored = at_once(lambda i: "INSERT INTO jorge.inquiry (received_at, source, side, name, phone, message) VALUES "
                           f"('2026-03-02 15:00+00', 'zillow', 'buyer', '{NAMES[i]}', '512-777-80{i:02}', '{PAYLOAD}')")
ok(all(r.returncode == 0 for r in stored), "ten arrivals at once are stored")
scores = psql("SELECT count(*), count(DISTINCT (probability, class, confidence, lower, upper, model)) FROM jorge.lead_score s"
              " JOIN jorge.lead l USING (location_id, lead_id) WHERE l.phone LIKE '512-777-80%'").stdout.strip()
ok(scores == f"{N}|1", f"with one score ({scores})")

asked = at_once(lambda i: "SELECT jorge.score_lead(lead_id) FROM jorge.lead WHERE phone = " f"'512-777-80{i:02}'")
answers = [json.loads(r.stdout) if r.returncode == 0 else {"error": r.stderr} for r in asked]
for answer in answers:
    answer.pop("lead_id", None)
    answer.pop("processing_time_ms", None)
ok(all(a == answers[0] for a in answers) and "recommendations" in answers[0], "ten questions at once have one answer")

loose = at_once(lambda i: "SELECT jorge.score_lead('" + json.dumps({"source": "zillow", "side": "buyer", "name": NAMES[i], "message": PAYLOAD,
                "received_at": "2026-03-02 15:00+00", "phone": f"512-777-80{i:02}"}) + "'::jsonb)")
same = [json.loads(r.stdout)["probability"] if r.returncode == 0 else None for r in loose]
ok(set(same) == {answers[0].get("probability")}, "also where the lead is not stored")
psql("DELETE FROM jorge.inquiry_lead; DELETE FROM jorge.lead_key; DELETE FROM jorge.lead_score; DELETE FROM jorge.lead")
