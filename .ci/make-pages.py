#!/usr/bin/env python3
"""Writes pages to be looked at, without playing anything, and prints their paths.

    make-pages.py TESTFEST FOLDER

The sessions of fixtures/sessions, the sample of the matrix with a few rows of each table, the event of fixtures/events/results-2018.csv,
an event of companies with long and hostile names, its agenda, and that of fixtures/events/agenda-3x3.yaml; what a client that says
nothing misses before a TestFest, and the plan of what it should have done.
"""

import collections
import csv
import json
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
FIXTURES = ROOT / "fixtures"
ETS = "OMA-ETS-LightweightM2M-V1_0_2-20180608-D.zip"
ROWS = 6  # of a table of the matrix
VERDICTS = ["pass", "fail", "inconclusive", "not_applicable", "out_of_time"]
LONG = "Gesellschaft-für-Maschinenkommunikation-und-Fernablesung-mit-beschränkter-Haftung"
NAMES = ["=<b>&\u202e", "<script>alert(1)</script>", '"\' -->]]>{{ 7*7 }}', LONG, "Anjay", "a b " * 20]


def testfest(program, *words):
    subprocess.run([program, *map(str, words)], check=True, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL)


def write(path, value):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=1), encoding="utf-8")


def session(program, fixture, folder):
    """Lays a session out as a run leaves it, and renders it.

    `testfest report` wants a record of every case within the folder: one that left none gets an empty one.
    """
    whole = json.loads(fixture.read_text(encoding="utf-8"))
    key = lambda summary: (summary["case"], summary["seat"], summary["folder"])
    records = {key(case["summary"]): case for case in whole["cases"]}
    nothing = {name: [] if isinstance(value, list) else value for name, value in whole["cases"][0].items()}
    for nth, summary in enumerate(whole["session"]["cases"]):
        record = records.get(key(summary), nothing)
        summary["folder"] = "case-%d" % nth
        write(folder / summary["folder"] / "case.json", {**record, "summary": summary})
    write(folder / "session.json", whole["session"])
    testfest(program, "report", folder)
    return [folder / "session.html"]


def matrix(folder):
    """The sample with its rows cut, since a browser takes long for 63,000 cells; every column stays, and every cell that must not be."""
    page = (ROOT / "reports" / "samples" / "matrix.html").read_text(encoding="utf-8")
    row = re.compile(r"<tr><th scope=\"row\".*?</tr>\n", re.DOTALL)
    shorten = lambda table: "".join(row for nth, row in enumerate(row.findall(table[0])) if nth < ROWS or 'class="wrong"' in row)
    folder.mkdir(parents=True, exist_ok=True)
    short = re.sub(r"(?<=<tbody>\n).*?(?=</tbody>)", shorten, page, flags=re.DOTALL)
    (folder / "matrix.html").write_text(short, encoding="utf-8")
    return [folder / "matrix.html"]


def consolidated(program, folder, name, submissions):
    """Writes submissions, as pairs of parties with a list of results, and an event that all of them belong to."""
    registered = {}
    for nth, (client, server, results) in enumerate(submissions):
        for role, party in (("client", client), ("server", server)):
            registered.setdefault((role, *party.values()), {"id": "p%d" % len(registered), "role": role, **party})
        submission = {"format": 1, "session": str(nth + 1), "lwm2m": "1.0", "ets": ETS, "client": client, "server": server}
        write(folder / "submissions" / ("%d.submission.json" % nth), {**submission, "results": results})
    event = {"name": name, "dates": "09-12 July 2018", "ets": {"1.0": ETS}, "implementations": list(registered.values())}
    write(folder / "event.yaml", event)  # JSON is YAML
    testfest(program, "consolidate", folder / "submissions", "--event", folder / "event.yaml", "--out", folder / "pages")
    return sorted((folder / "pages").glob("*.html"))


def agenda(program, event, folder):
    testfest(program, "agenda", "--event", event, "--out", folder)
    return sorted(folder.glob("*.html"))


# It never registers, so that all of it is missing.
SILENT = """
name: "Silent <b>&amp; client"
vendor: Nobody
role: client
ics:
  lwm2m: ["1.1"]
  transports: [udp]
  security: [nosec]
  content-formats: [text, tlv]
  operations: [register, read]
  objects: {1: {version: "1.1"}, 3: {version: "1.1"}}
ixit: {startup-time: 200ms, latency: 100ms}
control: {start: [sleep, "5"]}
"""


def readiness(program, folder):
    """What is missing, and the plan of what was played."""
    folder.mkdir(parents=True, exist_ok=True)
    profile = folder / "silent.yaml"
    profile.write_text(SILENT, encoding="utf-8")
    command = [program, "entry", "--quick", "--profile", str(profile), "--out", str(folder / "sessions")]
    ended = subprocess.run(command, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL, check=False)
    if ended.returncode != 1:
        raise SystemExit("make-pages: testfest entry ended with %d, 1 wanted" % ended.returncode)
    testfest(program, "list", "--plan", "--profile", profile, "--out", folder / "plan")
    return sorted(folder.glob("sessions/*/readiness.html")) + [folder / "plan" / "plan.html"]


def party(company, product="LwM2M"):
    return {"company": company, "product": product, "version": "1"}


def published():
    tables = collections.defaultdict(list)
    with open(FIXTURES / "events" / "results-2018.csv", encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            tables[row["implementation"]].append(row)
    return tables


def event_of_2018():
    """Each published table, spread over as many submissions as it counts, with peers that are nobody."""
    for name, rows in published().items():
        for nth in range(int(rows[0]["response_count"])):
            results = []
            for row in rows:
                spread = [verdict for verdict in VERDICTS for _ in range(int(row[verdict]))]
                results.append({"id": "LightweightM2M-1.0-int-" + row["ets_case"], "verdict": spread[nth].replace("_", "-")})
            pair = party(name), party("peer-of-%s-%d" % (name, nth))
            yield *(pair if name.startswith("client") else pair[::-1]), results


def event_of_companies():
    """Every client with every server but one."""
    numbers = [row["ets_case"] for row in published()["server-a"]]
    for c, client in enumerate(NAMES):
        for s, server in enumerate(NAMES):
            verdict = lambda nth: VERDICTS[(c + s + nth) % 5].replace("_", "-")
            results = [{"id": "LightweightM2M-1.0-int-" + number, "verdict": verdict(nth)} for nth, number in enumerate(numbers)]
            if (c, s) != (1, 2):
                yield party(client, NAMES[-1 - c]), party(server, NAMES[-1 - s]), results


def main():
    program, folder = str(pathlib.Path(sys.argv[1]).resolve()), pathlib.Path(sys.argv[2])
    pages = []
    for fixture in sorted((FIXTURES / "sessions").glob("*.json")):
        pages += session(program, fixture, folder / fixture.stem)
    pages += matrix(folder)
    pages += consolidated(program, folder / "2018", "Seoul", list(event_of_2018()))
    pages += consolidated(program, folder / "companies", "Fest " + NAMES[1] + LONG, list(event_of_companies()))
    pages += agenda(program, folder / "companies" / "event.yaml", folder / "agenda")
    pages += agenda(program, FIXTURES / "events" / "agenda-3x3.yaml", folder / "agenda")
    pages += readiness(program, folder / "readiness")
    print("\n".join(map(str, pages)))


if __name__ == "__main__":
    main()
