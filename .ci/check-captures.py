#!/usr/bin/env python3
"""Lets tshark dissect every capture of a session folder.

    check-captures.py FOLDER

Every datagram has to be CoAP to tshark, and no frame that the harness sent may be malformed, unless its case sends such a thing on purpose
(its text says `datagram:`, `coap:` or `payload:`). What DTLS or TLS protects has to be CoAP too: the secrets are in the capture.
"""

import concurrent.futures
import json
import os
import pathlib
import re
import subprocess
import sys

ON_PURPOSE = re.compile(r"\b(datagram|coap|payload):")


ANY = "1-65535"
DECODE = {
    "UDP": ["udp.port==%s,coap" % ANY],
    "DTLS": ["dtls.port==%s,coap" % ANY],
    "TCP": ["tcp.port==%s,coap" % ANY],
    "TLS": ["tcp.port==%s,tls" % ANY, "tls.port==%s,coap" % ANY],
}


def channel(record, session):
    """UDP, DTLS, TCP or TLS: that of the case, or that of the run."""
    for binding in record["bindings"]:
        if binding["name"] == "channel":
            return binding["value"].split(",")[0]
    secured = session["parameters"]["security"] in ("psk", "rpk", "certificate")
    return {("udp", False): "UDP", ("udp", True): "DTLS", ("tcp", False): "TCP", ("tcp", True): "TLS"}[
        (session["parameters"]["transport"], secured)]


def tshark(capture, fields, decode):
    command = ["tshark", "-n", "-r", str(capture), "-T", "fields", "-E", "separator=/t"]
    for rule in decode:
        command += ["-d", rule]
    for field in fields:
        command += ["-e", field]
    result = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
    if result.returncode != 0:
        raise SystemExit("check-captures: tshark cannot read %s: %s" % (capture, result.stderr.strip()))
    return [line.split("\t") for line in result.stdout.splitlines()]


def trouble(capture, record, session, implementations):
    below = channel(record, session)
    frames = tshark(capture, ["frame.number", "frame.protocols", "_ws.malformed", "_ws.col.Info"], DECODE[below])
    if not frames:
        yield "no frame"
    if ON_PURPOSE.search(record["text"]):
        return
    # what an implementation sends until it is started belongs to the case before, whose secrets are not here
    starts = {c["seat"]: c["time"] for c in reversed(record["controls"]) if c["action"] == "start"}
    before = {f["number"] for f in record["frames"] if f["from"] in implementations and f["time"] < starts.get(f["from"], 0)}
    senders = {frame["number"]: frame["from"] for frame in record["frames"]}
    inside = {frame["number"] for frame in record["frames"] if any(note.startswith(("in DTLS", "in TLS")) for note in frame["notes"])}
    for number, protocols, malformed, info in frames:
        if int(number) in before:
            continue
        layers = protocols.split(":")
        sender = senders.get(int(number), "nobody in case.json")
        # tshark takes a ClientHello within a session for the beginning of another one, even if it is refused
        again = record["summary"]["id"].startswith("con-renegotiation")
        if int(number) in inside and "coap" not in layers and not again:
            yield "frame %s is not decrypted to CoAP (%s)" % (number, protocols)
        elif "udp" in layers and "coap" not in layers and "dtls" not in layers:
            yield "frame %s is not CoAP (%s)" % (number, protocols)
        elif malformed and sender not in implementations and not info.startswith("7.0"):  # tshark reads options of signals as ordinary ones
            yield "frame %s, sent by %s (ours), is malformed: %s" % (number, sender, info)


def main():
    folder = pathlib.Path(sys.argv[1])
    session = json.loads((folder / "session.json").read_text())
    implementations = {i["seat"] for i in session["implementations"] if i["profile"]}
    captures = sorted(folder.rglob("capture.pcapng"))
    found = 0
    records = {capture: json.loads((capture.parent / "case.json").read_text()) for capture in captures}
    look = lambda capture: list(trouble(capture, records[capture], session, implementations))
    secured = sum(channel(record, session) in ("DTLS", "TLS") for record in records.values())
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for capture, lines in zip(captures, pool.map(look, captures)):
            for line in lines:
                print("check-captures: %s: %s" % (capture.relative_to(folder), line), file=sys.stderr)
                found += 1
    if not captures:
        print("check-captures: no capture in %s" % folder, file=sys.stderr)
    print("  %d captures dissected, %d of them decrypted, %d complaints" % (len(captures), secured, found))
    return 1 if found or not captures else 0


if __name__ == "__main__":
    sys.exit(main())
