#!/usr/bin/env python3
"""Checks what pairs of implementations left in their session folders.

    check-pair.py --played N --passed N FOLDER...

Over all folders at least so many cases have to have been played for both seats, and to have passed for both. A Fail that is no
agreed deviation is one too many: it is looked at before it is agreed.
"""

import argparse
import collections
import json
import pathlib
import sys


def seats_by_case(folder):
    session = json.loads((folder / "session.json").read_text())
    seats = collections.defaultdict(dict)
    for case in session["cases"]:
        seats[case["case"]][case["seat"]] = case
    return session, seats


def trouble_of(folder, session, seats):
    if session["ended"] is None:
        yield "%s: the session did not end" % folder
    roles = sorted(one["seat"] for one in session["implementations"])
    if roles != ["client", "server"]:
        yield "%s: a client and a server are wanted, found %s" % (folder, roles)
    for name, cases in seats.items():
        hashes = {case["capture_hash"] for case in cases.values()}
        if len(hashes) != 1:
            yield "%s: the seats of %s have different captures" % (folder, name)
        for seat, case in cases.items():
            if not (folder / case["folder"] / "capture.pcapng").is_file():
                yield "%s: %s [%s] has no capture" % (folder, name, seat)
            if case["verdict"] in ("fail", "error") and not case["expected"]:
                yield "%s: %s [%s] %s: %s" % (folder, name, seat, case["verdict"], case["reason"])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--played", type=int, required=True)
    parser.add_argument("--passed", type=int, required=True)
    parser.add_argument("folders", nargs="+", type=pathlib.Path)
    arguments = parser.parse_args()
    trouble, played, passed = [], 0, 0
    for folder in arguments.folders:
        session, seats = seats_by_case(folder)
        trouble += trouble_of(folder, session, seats)
        both = [list(cases.values()) for cases in seats.values() if len(cases) == 2]
        played += len(both)
        passed += sum(1 for pair in both if all(case["verdict"] == "pass" for case in pair))
    if played < arguments.played:
        trouble.append("%d cases were played for both seats, %d are wanted" % (played, arguments.played))
    if passed < arguments.passed:
        trouble.append("%d cases passed for both seats, %d are wanted" % (passed, arguments.passed))
    print("  %d cases played for both seats, %d passed for both, %d complaints" % (played, passed, len(trouble)))
    for line in trouble:
        print("  " + line)
    return 1 if trouble else 0


if __name__ == "__main__":
    sys.exit(main())
