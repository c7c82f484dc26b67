#!/usr/bin/env python3
"""Lets tshark dissect every capture of a session folder.

    check-captures.py FOLDER

Every datagram has to be CoAP to tshark, and no frame that the harness sent may be malformed, unless its case sends such a thing on purpose
(its text says `datagram:`, `coap:` or `payload:`).
"""

import concurrent.futures
import json
import os
import pathlib
import re
import subprocess
import sys

ON_PURPOSE = re.compile(r"\b(datagram|coap|payload):")


def tshark(capture, fields):
    command = ["tshark", "-n", "-r", str(capture), "-T", "fields", "-E", "separator=/t", "-d", "udp.port==1-65535,coap"]
    for field in fields:
        command += ["-e", field]
    result = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
    if result.returncode != 0:
        raise SystemExit("check-captures: tshark cannot read %s: %s" % (capture, result.stderr.strip()))
    return [line.split("\t") for line in result.stdout.splitlines()]


def trouble(capture, record, implementations):
    frames = tshark(capture, ["frame.number", "frame.protocols", "_ws.malformed", "_ws.col.Info"])
    if not frames:
        yield "no frame"
    if ON_PURPOSE.search(record["text"]):
        return
    senders = {frame["number"]: frame["from"] for frame in record["frames"]}
    for number, protocols, malformed, info in frames:
        layers = protocols.split(":")
        sender = senders.get(int(number), "nobody in case.json")
        if "udp" in layers and "coap" not in layers:
            yield "frame %s is not CoAP (%s)" % (number, protocols)
        elif malformed and sender not in implementations:
            yield "frame %s, sent by %s (ours), is malformed: %s" % (number, sender, info)


def main():
    folder = pathlib.Path(sys.argv[1])
    session = json.loads((folder / "session.json").read_text())
    implementations = {i["seat"] for i in session["implementations"] if i["profile"]}
    captures = sorted(folder.rglob("capture.pcapng"))
    found = 0
    look = lambda capture: list(trouble(capture, json.loads((capture.parent / "case.json").read_text()), implementations))
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for capture, lines in zip(captures, pool.map(look, captures)):
            for line in lines:
                print("check-captures: %s: %s" % (capture.relative_to(folder), line), file=sys.stderr)
                found += 1
    if not captures:
        print("check-captures: no capture in %s" % folder, file=sys.stderr)
    print("  %d captures dissected, %d complaints" % (len(captures), found))
    return 1 if found or not captures else 0


if __name__ == "__main__":
    sys.exit(main())
