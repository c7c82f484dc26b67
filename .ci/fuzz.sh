#!/usr/bin/env bash
# A bounded, repeatable run of every fuzz target: fuzz.sh [TARGET...]. RUNS=N runs each N times as long.
#
# The coverage that libFuzzer wants comes from flags of the stable compiler, so that no nightly is needed; without a sanitizer, since
# the crates deny unsafe code. Seeds are made of the fixtures; what a run adds to them is thrown away.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../harness/fuzz"

target=$(rustc -vV | sed -n 's/^host: //p')
readonly target binaries=target/$target/release
flags="--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4"
flags+=" -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table"
flags+=" -Cllvm-args=-sanitizer-coverage-trace-compares"
readonly flags
# a target of its own: build scripts are not instrumented
RUSTFLAGS="$flags" cargo build --quiet --locked --release --target "$target"

work=$(mktemp -d "${TMPDIR:-/tmp}/testfest-fuzz.XXXXXX")
readonly work
trap 'rm -rf "$work"' EXIT
./seeds.py "$work/seeds"

# Runs of each target, by what a run takes: some four seconds each on one core.
declare -rA runs=(
    [case_yaml]=5000 [profile_yaml]=5000 [event_yaml]=40000 [session_files]=25000 [submission_json]=60000 [ddf_xml]=60000
    [tls_watcher]=12000 [watch_wire]=12000 [oscore_exchange]=60000 [capture_file]=150000 [certificate_pem]=150000
    [certificate_der]=150000 [payload_tlv]=60000 [payload_lwm2m_cbor]=50000
)
readonly usual=300000 longest=4096

run_target() {
    local name=$1 log=$work/$1.log arguments status=0
    mkdir -p "$work/grown/$name" artifacts/"$name"
    arguments=("$work/grown/$name" "$work/seeds/small/$name" -seed=7 "-max_len=$longest" "-runs=$((${runs[$name]:-$usual} * ${RUNS:-1}))" -timeout=20 -rss_limit_mb=2048
        "-artifact_prefix=artifacts/$name/" -print_final_stats=1)
    mkdir -p "$work/seeds"/{small,large}/"$name"
    [[ -f $work/seeds/$name.dict ]] && arguments+=("-dict=$work/seeds/$name.dict")
    local large=("$work/seeds/large/$name"/*)
    # the large ones as they are; then the small ones, changed
    if [[ -e ${large[0]} ]]; then
        RUST_BACKTRACE=0 "$binaries/$name" "${large[@]}" -timeout=20 "-artifact_prefix=artifacts/$name/" >"$log" 2>&1 || status=$?
    fi
    if [[ $status == 0 ]]; then
        RUST_BACKTRACE=0 "$binaries/$name" "${arguments[@]}" >"$log" 2>&1 || status=$?
    fi
    # a run that does not tell its end did not come to it
    grep -q "^stat::number_of_executed_units: [1-9]" "$log" || status=${status/#0/1}
    if [[ $status == 0 ]]; then
        printf '%-24s %8s runs %5ss\n' "$name" "$(sed -n 's/^stat::number_of_executed_units: //p' "$log")" "$(sed -n 's/^Done .* in \([0-9]*\) second.*/\1/p' "$log")"
        return
    fi
    echo "$name: exit $status"
    grep -aE "panicked|takes more|assertion|ERROR|left:|right:|Test unit" -A1 "$log" | head -20 | cut -c1-600
    return 1
}

# what finds nothing here would find nothing anywhere
if RUST_BACKTRACE=0 "$binaries/glutton" -seed=7 -runs=2000000 "-artifact_prefix=$work/" >"$work/glutton.log" 2>&1 || ! grep -q "takes more than" "$work/glutton.log"; then
    echo "the fuzzer misses a reader that takes too much memory"
    tail -5 "$work/glutton.log"
    exit 1
fi

names=("$@")
((${#names[@]})) || mapfile -t names < <(sed -n 's/^name = "\(.*\)"/\1/p' Cargo.toml | grep -vx -e fuzz -e glutton)
failed=0
queue() {
    local running=0 name
    for name in "${names[@]}"; do
        run_target "$name" &
        if ((++running >= ${JOBS:-$(nproc)})); then
            wait -n || failed=1
            running=$((running - 1))
        fi
    done
    while ((running-- > 0)); do
        wait -n || failed=1
    done
}
queue
((failed == 0)) || { echo "an input broke a reader; it is in harness/fuzz/artifacts"; exit 1; }
echo "${#names[@]} fuzz targets, nothing broke"
