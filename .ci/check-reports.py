#!/usr/bin/env python3
"""Opens a session's HTML report in headless Chromium and extracts the text of its PDF.

    check-reports.py FOLDER SCREENSHOT

The page has to show every case's id, the PDF every case's title.
"""

import html
import json
import pathlib
import re
import subprocess
import sys
import tempfile

# What a machine without a way out needs: no background connections, no profile of a user.
CHROMIUM = [
    "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip


def chromium(page, *flags):
    with tempfile.TemporaryDirectory() as profile:
        command = CHROMIUM + ["--user-data-dir=" + profile, *flags, page.resolve().as_uri()]
        result = subprocess.run(
            command, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=120, check=False
        )
    if result.returncode != 0:
        raise SystemExit("check-reports: chromium ended with %d: %s" % (result.returncode, result.stderr[-500:]))
    return result.stdout


def squeezed(text):
    """Letters and digits only: a PDF breaks lines where it likes."""
    return re.sub(r"[^0-9a-z]", "", text.lower())


def main():
    folder, screenshot = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    cases = json.loads((folder / "session.json").read_text())["cases"]
    dom = html.unescape(chromium(folder / "session.html", "--dump-dom"))
    chromium(folder / "session.html", "--window-size=1280,1600", "--screenshot=%s" % screenshot.resolve())
    pdf = subprocess.run(
        ["pdftotext", str(folder / "session.pdf"), "-"], capture_output=True, text=True, check=True
    ).stdout
    found = ["session.html lacks case %s" % c["id"] for c in cases if c["id"] not in dom]
    found += ["session.pdf lacks title %r" % c["title"] for c in cases if squeezed(c["title"]) not in squeezed(pdf)]
    if not screenshot.is_file() or screenshot.stat().st_size < 10_000:
        found.append("the screenshot %s is empty" % screenshot)
    for line in found:
        print("check-reports: " + line, file=sys.stderr)
    print("  %d cases in session.html and session.pdf, %d complaints" % (len(cases), len(found)))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
