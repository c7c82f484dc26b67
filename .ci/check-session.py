#!/usr/bin/env python3
"""Checks what a run left in its session folder: session.json against what the run had to be.

    check-session.py FOLDER [--seat SEAT] [--ets-at-least N] [--expected-at-most N] [--fails NUMBER LETTER] [--passes NUMBER...]

Without --fails every case has to be Pass or an agreed deviation.
"""

import argparse
import json
import pathlib
import re
import sys

def ets_number(case):
    found = re.search(r"-int-(\d+)$", case["id"])
    return int(found.group(1)) if found else None


def describe(case):
    letters = " ".join("%s:%s" % (c["letter"], c["verdict"]) for c in case["criteria"])
    agreed = " (agreed)" if case["expected"] else ""
    return "%-14s%s %s [%s] %s" % (case["verdict"], agreed, case["id"], letters, case["reason"] or "")


def trouble(session, arguments):
    cases = [c for c in session["cases"] if arguments.seat in (None, c["seat"])]
    if session["ended"] is None:
        yield "the session did not end"
    if not cases:
        yield "no case was played"
    passed = {ets_number(c) for c in cases if c["verdict"] == "pass"}
    for number in arguments.passes:
        if number not in passed:
            yield "case %d did not pass" % number
    if arguments.fails:
        yield from wrong_failure(cases, int(arguments.fails[0]), arguments.fails[1])
        return
    for case in cases:
        if case["verdict"] != "pass" and not case["expected"]:
            yield "not Pass: " + describe(case)
    agreed = sum(1 for c in cases if c["expected"])
    if agreed > arguments.expected_at_most:
        yield "%d agreed deviations, at most %d are allowed" % (agreed, arguments.expected_at_most)
    played = {ets_number(c) for c in cases} - {None}
    if len(played) < arguments.ets_at_least:
        yield "%d ETS cases were selected, %d are wanted" % (len(played), arguments.ets_at_least)
    asked = sum(c["operator"] for c in cases)
    if asked:
        yield "the operator was waited for, %.1f s" % (asked / 1e9)


def wrong_failure(cases, number, letter):
    case = next((c for c in cases if ets_number(c) == number), None)
    if case is None:
        yield "case %d was not played" % number
    elif case["verdict"] != "fail":
        yield "case %d ought to fail, found %s" % (number, describe(case))
    elif not any(c["letter"] == letter and c["verdict"] == "fail" for c in case["criteria"]):
        yield "case %d ought to fail by letter %s, found %s" % (number, letter, describe(case))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--seat")
    parser.add_argument("--ets-at-least", type=int, default=0)
    parser.add_argument("--expected-at-most", type=int, default=3)
    parser.add_argument("--fails", nargs=2, metavar=("NUMBER", "LETTER"))
    parser.add_argument("--passes", nargs="+", type=int, default=[], metavar="NUMBER")
    arguments = parser.parse_args()
    session = json.loads((arguments.folder / "session.json").read_text())
    for case in session["cases"]:
        print("  " + describe(case))
    overhead = sum(c["overhead"] for c in session["cases"]) / 1e6
    print("  overhead %.1f ms of %.1f s, %.2f ms a case" % (
        overhead, session["wall_time"] / 1e9, overhead / max(1, len(session["cases"]))))
    for case in session["not_selected"]:
        print("  not applicable %s: %s" % (case["id"], case["reason"]))
    found = list(trouble(session, arguments))
    for line in found:
        print("check-session: " + line, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
