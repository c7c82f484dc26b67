#!/usr/bin/env bash
# A TestFest from agenda to consolidated results: three clients, three servers, nine sessions, each reviewed and signed by both
# teams. Leshan takes a seat in five of them, the harness's emulators all others.
# usage: play-event.sh TESTFEST FOLDER      UPDATE_GOLDEN=1 writes the golden results anew
set -Eeuo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
testfest=$1 out=$2
readonly testfest out given=fixtures/events/scripted
mkdir -p "$out"

# Ends with the number that was wanted, or with what was found.
ends_with() {
    local wanted=$1 status=0
    shift
    "$@" >"$out/last.log" 2>&1 || status=$?
    [[ $status == "$wanted" ]] || { cat "$out/last.log"; echo "exit $wanted wanted, found $status: $*"; return 1; }
}

profile_of() {
    case $1 in
    leshan-*) echo "profiles/leshan-demo-${1#leshan-}.yaml" ;;
    *) echo "$given/$1.yaml" ;;
    esac
}

# The cases that Leshan plays here; it plays all of them elsewhere.
cases_of() {
    case $1 in
    leshan-*) echo 101 102 203 205 ;;
    esac
}

echo "keys"
for team in Eclipse Ohmwerk Lumen Kap stranger; do
    ends_with 0 "$testfest" key new "$team" --out "$out/keys"
done
key_of() {
    case $1 in
    leshan-*) echo "$out/keys/Eclipse.key" ;;
    meterling | torwache) echo "$out/keys/Ohmwerk.key" ;;
    lampion) echo "$out/keys/Lumen.key" ;;
    leuchtturm) echo "$out/keys/Kap.key" ;;
    esac
}

echo "agenda"
# everyone has registered a key
python3 - "$given/event.yaml" "$out" <<'PYTHON'
import pathlib, re, sys
text, out = pathlib.Path(sys.argv[1]).read_text(), pathlib.Path(sys.argv[2])
companies = {"Eclipse": "Eclipse", "Ohmwerk": "Ohmwerk", "Lumen, Inc.": "Lumen", "Kap & Co.": "Kap"}
def with_key(line):
    company = re.search(r'company: (?:"([^"]*)"|([^,]*)), product', line)
    if not company:
        return line
    file = out / "keys" / (companies[company[1] or company[2]] + ".pub")
    sign = re.search(r"^sign: (\S+)", file.read_text(), re.M)[1].strip('"')
    return line.replace("}", f', key: "{sign}"}}')
(out / "event.yaml").write_text("\n".join(map(with_key, text.split("\n"))))
PYTHON
ends_with 0 "$testfest" agenda --event "$out/event.yaml" --own-company --out "$out/agenda"
cat "$out"/agenda/*sessions*.yaml >>"$out/event.yaml"

# One session: SESSION CLIENT SERVER
play() {
    local number=$1 client=$2 server=$3 dir="$out/sessions/$1-$2-$3" side cases
    ends_with 0 "$testfest" session new "$dir" --event "$out/event.yaml" --session "$number" --lwm2m 1.1 \
        --client "$client" --server "$server" --client-team Ada --server-team Grace --date 2026-11-30
    for side in "$client" "$server"; do
        cases=$(cases_of "$side")
        # shellcheck disable=SC2086
        ends_with 0 "$testfest" run --session "$dir" --quick --jobs 2 --profile "$(profile_of "$side")" $cases
    done
    ends_with 0 "$testfest" session review "$dir" --team client --accept --rest out-of-time
    if [[ $client == meterling && $server == torwache ]]; then
        # the teams do not agree on one case, and hold the specification to be at fault for it
        ends_with 0 "$testfest" session review "$dir" --team server --verdict 203=fail --comment '203=the instance is not 0 <b>here</b>' \
            --specification '203=OMA-TS-LightweightM2M_Core-V1_1-20190617-A, 7.4.3'
        ends_with 0 "$testfest" session issues "$dir"
    fi
    ends_with 0 "$testfest" session review "$dir" --team server --accept --rest out-of-time
    ends_with 5 "$testfest" session verify "$dir"
    ends_with 0 "$testfest" session sign "$dir" --team client --key "$(key_of "$client")"
    ends_with 0 "$testfest" session sign "$dir" --team server --key "$(key_of "$server")"
    ends_with 0 "$testfest" session verify "$dir" --event "$out/event.yaml"
    ends_with 0 "$testfest" session submit "$dir" --out "$out/submissions"
}

python3 - "$out/event.yaml" >"$out/pairs.txt" <<'PYTHON'
import re, sys
session = None
for line in open(sys.argv[1]):
    session = (re.search(r'session: "?([^",}\s]+)', line) or [None, session])[1]
    pair = re.search(r'client: "?([\w-]+)"?, server: "?([\w-]+)', line)
    if pair:
        print(session, pair[1], pair[2])
PYTHON
[[ $(wc -l <"$out/pairs.txt") == 9 ]] || { cat "$out/pairs.txt"; echo "nine pairs wanted"; exit 1; }
while read -r number client server; do
    echo "session $number: $client with $server"
    play "$number" "$client" "$server" </dev/null
done <"$out/pairs.txt"

echo "consolidated"
ends_with 0 "$testfest" consolidate "$out/submissions" --event "$out/event.yaml" --out "$out/results"
grep -q "^9 submissions" "$out/last.log" || { cat "$out/last.log"; exit 1; }
! grep -qE "^(warning|error)" "$out/last.log" || { cat "$out/last.log"; exit 1; }
results=TF-0_Consolidated-Results-LwM2M-v1_1.csv
if [[ -n ${UPDATE_GOLDEN:-} ]]; then cp "$out/results/$results" "$given/$results"; fi
diff "$given/$results" "$out/results/$results"

echo "what is altered is caught"
one=$(ls -d "$out"/sessions/*-meterling-torwache)
cp -r "$one" "$out/altered"
capture=$(find "$out/altered/runs" -name capture.pcapng | sort | sed -n 1p)
printf x >>"$capture"
ends_with 1 "$testfest" session verify "$out/altered" --event "$out/event.yaml"
grep -q "altered: .*capture.pcapng" "$out/last.log"
ends_with 0 "$testfest" session report "$out/altered"
grep -q "ALTERED AFTER SIGNING" "$out/altered/report.html"
cp -r "$out/submissions" "$out/altered-submissions"
sed -i '0,/"verdict": "inconclusive"/s//"verdict": "pass"/' "$out"/altered-submissions/*Meterling*Torwache*.json
ends_with 2 "$testfest" consolidate "$out/altered-submissions" --event "$out/event.yaml" --out "$out/none"
grep -q "is not of this submission" "$out/last.log"
[[ ! -e $out/none ]]
# signed, but by a key that nobody registered
cp -r "$one" "$out/stranger"
ends_with 0 "$testfest" session sign "$out/stranger" --team server --key "$out/keys/stranger.key"
ends_with 1 "$testfest" session verify "$out/stranger" --event "$out/event.yaml"
# one is missing, one is doubled
rm "$(find "$out/altered-submissions" -name '*.json' | sort | sed -n 1p)"
cp "$(find "$out/submissions" -name '*Leuchtturm*.json' | sort | sed -n 1p)" "$out/altered-submissions/again.submission.json"
ends_with 2 "$testfest" consolidate "$out/altered-submissions" --event "$out/event.yaml" --out "$out/none"
grep -q "^warning: no submission: " "$out/last.log"
grep -q "the submission was made before" "$out/last.log"

echo "sealed"
ends_with 0 "$testfest" session seal "$one" --to "$out/keys/Ohmwerk.pub" --out "$out/sealed.age"
ends_with 2 "$testfest" session open "$out/sealed.age" --key "$out/keys/stranger.key" --out "$out/opened"
ends_with 0 "$testfest" session open "$out/sealed.age" --key "$out/keys/Ohmwerk.key" --out "$out/opened"
ends_with 0 "$testfest" session verify "$out/opened" --event "$out/event.yaml"
