#!/usr/bin/env node
// Plays the steps of the documented pipelines in this shell, as far as they can be played without their services.
//
//     run-pipeline.mjs TOOLS FOLDER PROFILE CASES
//
// TOOLS has js-yaml and junit2json in node_modules, FOLDER is made. What a service would do (check out, keep and fetch artifacts)
// is done with files; every line of `run` and `script` is run as it is written.
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const [tools, folder, profile, cases] = process.argv.slice(2);
const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const require = createRequire(resolve(tools, "node_modules", "x.js"));
const yaml = require("js-yaml");

const fail = (text) => {
    console.error(`run-pipeline: ${text}`);
    process.exit(1);
};
const read = (name) => yaml.load(readFileSync(join(root, "harness/pipeline", name), "utf8"));

// A machine: an empty folder with the repository of the vendor in it, that is, with the profile and what it needs.
const machine = (...name) => {
    const here = resolve(folder, ...name);
    mkdirSync(here, { recursive: true });
    for (const part of ["profiles", "fixtures", ".ci"]) symlinkSync(join(root, part), join(here, part));
    return here;
};
// The checked out testfest is a link to this tree. Cargo would take it for another one and build all of it again, on each machine:
// this one follows the link first, and does what it is told.
const cargo = resolve(folder, "bin");
mkdirSync(cargo, { recursive: true });
const real = spawnSync("bash", ["-c", "command -v cargo"], { encoding: "utf8" }).stdout.trim();
writeFileSync(
    join(cargo, "cargo"),
    `#!/bin/bash\nfor word; do [[ $word == */Cargo.toml ]] && word=$(realpath "$word"); words+=("$word"); done\nexec ${real} "\${words[@]}"\n`,
    { mode: 0o755 },
);
const shell = (here, text, env) => {
    const path = `${cargo}:${process.env.PATH}`;
    const ended = spawnSync("bash", ["-e", "-o", "pipefail", "-c", text], { cwd: here, env: { ...process.env, PATH: path, ...env }, encoding: "utf8" });
    return { code: ended.status, text: `${ended.stdout}${ended.stderr}` };
};
const copy = (from, to) => existsSync(from) && cpSync(from, to, { recursive: true });

// Every combination of the values of a matrix.
const combined = (matrix) =>
    Object.entries(matrix ?? {}).reduce(
        (rows, [name, values]) => rows.flatMap((row) => values.map((value) => ({ ...row, [name]: value }))),
        [{}],
    );

// GitHub Actions: the jobs one after the other, each combination of the matrix on a machine of its own. Gives what was said and left
// in each security mode.
const github = () => {
    const workflow = read("github-actions.yaml");
    const artifacts = resolve(folder, "github", "artifacts");
    const runs = {};
    for (const [name, job] of Object.entries(workflow.jobs)) {
        for (const row of combined(job.strategy?.matrix)) {
            const mode = row.security;
            const run = (runs[mode] ??= { code: 0, said: "", summary: resolve(folder, "github", `summary-${mode}.md`), artifacts });
            const here = machine("github", [name, ...Object.values(row)].join("-"));
            const known = { "vars.LWM2M_PROFILE": profile, "vars.LWM2M_CASES": cases };
            for (const [key, value] of Object.entries(row)) known[`matrix.${key}`] = value;
            const filled = (text) => String(text).replace(/\$\{\{\s*(.*?)\s*\}\}/g, (whole, key) => known[key] ?? whole);
            const env = Object.fromEntries(Object.entries(workflow.env).map(([key, value]) => [key, filled(value)]));
            for (const step of job.steps) {
                const given = Object.fromEntries(Object.entries(step.with ?? {}).map(([key, value]) => [key, filled(value)]));
                if (step.run) {
                    const ended = shell(here, filled(step.run), { ...env, GITHUB_STEP_SUMMARY: run.summary });
                    run.said += ended.text;
                    if (ended.code !== 0) {
                        console.log(`github ${name} ${mode} "${step.name}": exit ${ended.code}`);
                        run.code = ended.code;
                    }
                } else if (step.uses.startsWith("actions/checkout@")) {
                    if (given.path) symlinkSync(root, join(here, given.path));
                } else if (step.uses.startsWith("actions/upload-artifact@")) {
                    copy(join(here, given.path), join(artifacts, given.name));
                } else if (step.uses.startsWith("actions/download-artifact@")) {
                    const wanted = given.pattern.replace("*", "");
                    for (const one of readdirSync(artifacts).filter((one) => one.startsWith(wanted))) {
                        copy(join(artifacts, one), join(here, given.path, one));
                    }
                } else if (!step.uses.startsWith("actions/cache@")) {
                    fail(`nobody knows what "${step.uses}" does`);
                }
            }
        }
    }
    for (const [mode, run] of Object.entries(runs)) {
        run.session = join(artifacts, `session-${mode}`);
        run.parts = readdirSync(artifacts).filter((one) => one.startsWith(`${mode}-`)).length;
    }
    return runs;
};

// GitLab CI: what a job extends comes first, then its script, once for each combination of its matrix.
const gitlab = () => {
    const file = read("gitlab-ci.yaml");
    const kept = resolve(folder, "gitlab", "artifacts");
    const runs = {};
    for (const name of ["lwm2m", "lwm2m-judge"]) {
        const job = { ...file[file[name].extends], ...file[name] };
        for (const row of job.parallel.matrix.flatMap(combined)) {
            const here = machine("gitlab", [name, ...Object.values(row)].join("-"));
            symlinkSync(root, join(here, "testfest"));
            // jobs of one stage do not see what the others leave
            if (name !== "lwm2m") copy(join(kept, "parts"), join(here, "parts"));
            const run = (runs[row.SECURITY] ??= { code: 0, said: "", parts: 0 });
            const env = { LWM2M_PROFILE: profile, LWM2M_CASES: cases, TESTFEST_URL: root, ...row };
            const ended = shell(here, [...job.before_script, ...job.script].join("\n"), env);
            run.said += ended.text;
            if (ended.code !== 0) {
                console.log(`gitlab ${name} ${row.SECURITY}: exit ${ended.code}`);
                run.code = ended.code;
            }
            if (name === "lwm2m") {
                copy(join(here, "parts"), join(kept, "parts"));
                run.parts += 1;
                continue;
            }
            run.session = join(here, "session");
            const [junit] = readdirSync(run.session, { recursive: true }).filter((one) => one.endsWith("junit.xml"));
            if (!junit) fail("gitlab: no junit.xml where the job looks for it");
        }
    }
    return runs;
};

// JUnit as a public parser reads it: each outcome once, with its verdict, failures where the record has them.
const checkJunit = async (session) => {
    const { parse } = await import(join(resolve(tools), "node_modules/junit2json/dist/esm/index.js"));
    const [name] = readdirSync(session);
    const record = JSON.parse(readFileSync(join(session, name, "session.json"), "utf8"));
    const suites = await parse(readFileSync(join(session, name, "junit.xml"), "utf8"));
    const found = suites.testsuite.flatMap((suite) => suite.testcase ?? []);
    const property = (one, wanted) => one.properties?.find((each) => each.name === wanted)?.value;
    for (const outcome of record.cases) {
        const [one, ...more] = found.filter((each) => each.name === outcome.case && each.classname === outcome.seat);
        if (!one || more.length) fail(`junit: ${outcome.case} is there ${one ? more.length + 1 : 0} times`);
        const verdict = { pass: "Pass", fail: "Fail", inconclusive: "Inconclusive", "out-of-time": "Out of Time", error: "Error" }[outcome.verdict];
        if (property(one, "verdict") !== verdict) fail(`junit: ${outcome.case} is ${property(one, "verdict")}, ${verdict} in the record`);
        const red = outcome.verdict === "fail" && !outcome.expected;
        if (Boolean(one.failure?.length) !== red) fail(`junit: ${outcome.case} has ${one.failure?.length ?? 0} failures`);
    }
    const skipped = found.filter((each) => each.skipped?.length).length;
    if (skipped !== record.not_selected.length) fail(`junit: ${skipped} skipped, ${record.not_selected.length} not selected`);
    return record;
};

const runs = [
    ...Object.entries(github()).map(([mode, run]) => ["github", mode, run]),
    ...Object.entries(gitlab()).map(([mode, run]) => ["gitlab", mode, run]),
];
for (const [name, mode, run] of runs) {
    writeFileSync(resolve(folder, `${name}-${mode}.log`), run.said);
    const record = await checkJunit(run.session);
    if (record.parameters.security !== mode) fail(`${name}: ${record.parameters.security} was played, ${mode} wanted`);
    const red = record.cases.filter((one) => one.verdict !== "pass" && !one.expected);
    const lines = run.said.split("\n");
    const verdicts = record.cases.map((one) => lines.filter((line) => / \(\s*\d+\/\d+\) /.test(line) && line.split(/\s+/).includes(one.case)).length);
    if (verdicts.some((count) => count !== 1)) fail(`${name} ${mode}: not one line for each case`);
    const wanted = red.some((one) => one.verdict === "fail") ? 1 : red.length ? 5 : 0;
    if (run.code !== wanted) fail(`${name} ${mode}: ended with ${run.code}, ${wanted} wanted`);
    if (name === "github") {
        const text = readFileSync(run.summary, "utf8");
        const annotated = lines.filter((line) => /^::(error|warning) title=/.test(line)).length;
        if (!text.startsWith("## testfest: ") || annotated !== red.length) fail(`${name} ${mode}: ${annotated} annotations for ${red.length} outcomes`);
    }
    if (run.parts !== 3) fail(`${name} ${mode}: three parts wanted, found ${run.parts}`);
    console.log(`  ${name}, ${mode}: ${record.cases.length} outcomes of ${record.planned} cases in 3 parts, ${red.length} not green, exit ${run.code}`);
}
