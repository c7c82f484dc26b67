#!/usr/bin/env node
// Opens the page of `testfest serve` in two browsers and does what two teams do at a table.
//
//     npm install --prefix TOOLS axe-core@4.14.1 playwright-core@1.65.1
//     check-serve.mjs TOOLS SCREENSHOTS TESTFEST
//
// Makes sessions of its own in a folder that goes away. What one browser changes shows in the other within a second, nothing that
// is being typed is lost, a killed server is found again, a run shows its messages and asks; axe finds no violation, wide, narrow and dark.

import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";

import { AXE, CHROMIUM } from "./browser.mjs";

const SETTINGS = [
  { name: "wide", width: 1280, colorScheme: "light" },
  { name: "narrow", width: 390, colorScheme: "light" },
  { name: "dark", width: 1280, colorScheme: "dark" },
];

const HOSTILE = `<img src=x onerror="document.title='owned'"><script>document.title='owned'</script>`;

const PROFILE = `name: Asked client
vendor: Nobody
role: client
ics:
  lwm2m: ["1.1"]
  transports: [udp]
  security: [nosec]
  content-formats: [text, tlv]
  operations: [register, update, deregister, read]
  objects: {1: {version: "1.1"}, 3: {version: "1.1", resources: [0]}}
ixit: {startup-time: 1s}
control: {start: {prompt: "Start the client; its server is \${server.uri}."}}
`;

const found = [];
const say = (line) => found.push(line.replace(/\s+/g, " "));

/** Waits until something holds in a page; a complaint if it does not in time. */
async function holds(page, what, test, argument, within = 1000) {
  try {
    await page.waitForFunction(test, argument, { timeout: within, polling: 20 });
    return true;
  } catch (error) {
    say(`${what}: not within ${within} ms (${error.message.split("\n")[0]})`);
    return false;
  }
}

const select = (page, team, number) => page.locator(`#case-${number} select`).nth(team === "client" ? 0 : 1);
const comment = (page, team, number) => page.locator(`#case-${number} textarea`).nth(team === "client" ? 0 : 1);
const valueOf = ([query, place, value]) => document.querySelectorAll(query)[place]?.value === value;
const open = (page, number) => page.evaluate((id) => document.querySelectorAll(`#${id} details`).forEach((one) => { one.open = true; }), `case-${number}`);

/** A session, with a server for it. */
class Session {
  constructor(testfest, folder, client) {
    Object.assign(this, { testfest, folder, listen: "127.0.0.1:0" });
    const made = spawnSync(testfest, ["session", "new", folder, "--name", `SVE ${HOSTILE}`, "--session", "1", "--lwm2m", "1.1",
      "--ets", "OMA-ETS-LightweightM2M-V1_1", "--client", client, "--server", "emulator"], { encoding: "utf8" });
    if (made.status !== 0) throw new Error(made.stderr);
  }

  async serve() {
    this.server = spawn(this.testfest, ["serve", this.folder, "--listen", this.listen], { stdio: ["ignore", "pipe", "inherit"] });
    const printed = await new Promise((resolve) => this.server.stdout.once("data", (data) => resolve(String(data))));
    this.url = printed.match(/http:\S+/)[0];
    this.listen = new URL(this.url).host;
  }

  /** Ends the server; how it ended. */
  end(signal) {
    const ended = new Promise((resolve) => this.server.once("exit", (code) => resolve(code)));
    this.server.kill(signal);
    return ended;
  }

  /** Plays cases; ends with the run. */
  run(...words) {
    const run = spawn(this.testfest, ["run", "--session", this.folder, ...words], { stdio: "ignore" });
    return new Promise((resolve) => run.once("exit", resolve));
  }
}

/** A page that says what it must not do. */
async function visit(browser, url, options = {}) {
  const { width = 1280, ...rest } = options;
  const context = await browser.newContext({ ...rest, viewport: { width, height: 900 } });
  const page = await context.newPage();
  const origin = new URL(url).origin;
  page.on("request", (request) => request.url().startsWith(origin) || request.url().startsWith("data:") || say(`requests ${request.url()}`));
  page.on("pageerror", (error) => say(`throws ${error.message}`));
  page.on("console", (message) => message.type() === "error" && !/ERR_CONNECTION|ERR_INCOMPLETE|ERR_EMPTY/.test(message.text())
    && say(`logs an error: ${message.text()}`));
  await page.goto(url, { waitUntil: "load" });
  await holds(page, "the table is there", () => document.querySelectorAll("tr.case").length > 100, null, 5000);
  return page;
}

/** The table in two browsers. */
async function share(_, one, other) {
  await select(one, "client", 101).selectOption("fail");
  await holds(other, "a verdict shows in the other browser", valueOf, ["#case-101 select", 0, "fail"]);
  await open(one, 203);
  await open(other, 203);
  // one writes into the field in which the other is typing
  await comment(other, "server", 203).pressSequentially("half a sen");
  await comment(one, "server", 203).fill(HOSTILE);
  await comment(one, "server", 203).blur();
  await holds(other, "what was entered meanwhile is said", () => /meanwhile/.test(document.querySelector("#case-203").textContent));
  const kept = await comment(other, "server", 203).inputValue();
  if (kept !== "half a sen") say(`typing is lost: "${kept}"`);
  const focus = await other.evaluate(() => document.activeElement.tagName);
  if (focus !== "TEXTAREA") say(`the focus is taken away, to ${focus}`);
  await comment(other, "server", 203).pressSequentially("tence");
  await comment(other, "server", 203).blur();
  await holds(one, "the last word counts", valueOf, ["#case-203 textarea", 1, "half a sentence"], 2000);
  // a text is saved without leaving its field, too
  await comment(one, "client", 203).pressSequentially(HOSTILE);
  await holds(other, "a text is saved when its writer pauses", valueOf, ["#case-203 textarea", 0, HOSTILE], 4000);
  for (const page of [one, other]) {
    if (await page.evaluate(() => document.images.length || document.title === "owned")) say("a text became markup");
  }
}

/** The server is killed, something is entered, and a new server comes. */
async function reconnect(session, one, other) {
  await session.end("SIGKILL");
  await holds(one, "a lost connection is said", () => /No connection/.test(document.querySelector("#connection").textContent), null, 3000);
  await select(one, "server", 102).selectOption("pass");
  await open(one, 102);
  await comment(one, "client", 102).fill("while nobody listened");
  await session.serve();
  await holds(other, "a verdict of that time arrives", valueOf, ["#case-102 select", 1, "pass"], 8000);
  await holds(other, "a comment of that time arrives", valueOf, ["#case-102 textarea", 0, "while nobody listened"], 8000);
  await holds(other, "what was said before is still there", valueOf, ["#case-203 textarea", 1, "half a sentence"]);
  await holds(one, "nothing is left unsaved", () => !document.querySelector(".unsaved"), null, 5000);
}

/** Nothing happens for a while: the connection holds, and the server says so. */
async function wait(_, one) {
  await one.waitForTimeout(11_000);
  await holds(one, "a quiet connection holds", () => /^Connected/.test(document.querySelector("#connection").textContent));
}

/** The emulators play, and the teams accept. */
async function play(session, one, other) {
  const ended = session.run("registration/**", "device-management/int-2*");
  await holds(one, "messages of the run show", () => document.querySelectorAll(".ladder li").length > 0, null, 20_000);
  await one.locator("#live").screenshot({ path: `${session.screenshots}/live.png` });
  await ended;
  await holds(one, "the end of the run is said", () => /Has ended/.test(document.querySelector(".run")?.textContent), null, 5000);
  await holds(one, "what it found is proposed", () => document.querySelectorAll("#case-203 .badge.pass").length > 0, null, 5000);
  await holds(one, "the evidence is linked", () => document.querySelector("#case-203 .attempts a"), null, 20_000);
  const link = await one.locator("#case-203 .attempts a").first().getAttribute("href");
  const evidence = await one.context().newPage();
  const response = await evidence.goto(new URL(link, session.url).href);
  if (!response.ok()) say(`the evidence answers ${response.status()}`);
  // the report's own script opens the case that the link names
  await holds(evidence, "the link leads to its case", () => document.querySelector("details.case[open]"));
  await evidence.close();
  for (const team of ["client", "server"]) await one.locator(`#accept button[data-team=${team}]`).click();
  await holds(other, "accepted proposals show", () => document.querySelector("#case-203 .agreed .badge.pass"), null, 2000);
  await other.locator("#filter input[value=open]").check();
  await holds(other, "the filter hides what is decided and nothing else",
    () => document.querySelector("#case-203").hidden && [...document.querySelectorAll("tr.case")].some((row) => !row.hidden));
  await other.locator("#filter input[value=all]").check();
}

/** A run without a terminal asks in the browser. */
async function ask(session, one, other) {
  const ended = session.run("--profile", session.profile, "101");
  await holds(one, "the prompt shows", () => /Start the client/.test(document.querySelector(".prompt .question")?.textContent), null, 20_000);
  await one.screenshot({ path: `${session.screenshots}/prompt.png` });
  await holds(one, "it is read out", () => /Start the client/.test(document.querySelector("#asked").textContent));
  await other.locator(".prompt input").fill("it has no battery");
  await other.getByRole("button", { name: "Not possible" }).click();
  for (const page of [one, other]) {
    await holds(page, "the answered prompt goes away", () => !/Start the client/.test(document.querySelector(".prompt .question")?.textContent), null, 3000);
  }
  const stop = setInterval(() => one.getByRole("button", { name: "Done" }).click({ timeout: 500 }).catch(() => {}), 500);
  await ended;
  clearInterval(stop);
  await holds(one, "the reason is in the table", () => /it has no battery/.test(document.querySelector("#case-101").textContent), null, 5000);
}

/** How the page looks and what it is to those who do not see it. */
async function look(browser, axe, session) {
  for (const setting of SETTINGS) {
    const page = await visit(browser, session.url, { width: setting.width, colorScheme: setting.colorScheme, bypassCSP: true });
    for (const state of ["", ", details open"]) {
      if (state) await page.evaluate(() => document.querySelectorAll("details").forEach((one) => { one.open = true; }));
      await page.screenshot({ path: `${session.screenshots}/${setting.name}${state && "-open"}.png`, clip: { x: 0, y: 0, width: setting.width, height: 2600 }, fullPage: true });
      const [wide, there] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
      if (wide > there) say(`${setting.name}${state}: the page is ${wide} px wide where ${there} are there`);
      await page.evaluate(axe);
      const violations = await page.evaluate(async (options) => (await window.axe.run(document, options)).violations
        .map(({ id, nodes }) => [id, nodes.length, nodes[0].target.join(" "), nodes[0].failureSummary]), AXE);
      for (const [id, count, target, summary] of violations) say(`${setting.name}${state}: ${id}: ${count} times, first ${target}: ${summary}`);
    }
    await page.context().close();
  }
}

async function main([tools, screenshots, testfest]) {
  if (!testfest) {
    console.error("usage: check-serve.mjs TOOLS SCREENSHOTS TESTFEST");
    return 2;
  }
  const require = createRequire(path.resolve(tools, "package.json"));
  const { chromium } = require("playwright-core");
  const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
  mkdirSync(screenshots, { recursive: true });
  const folder = mkdtempSync(path.join(tmpdir(), "testfest-serve."));
  const profile = path.join(folder, "asked-client.yaml");
  writeFileSync(profile, PROFILE);
  const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: CHROMIUM });
  try {
    for (const [name, client, steps] of [["emulators", "emulator", [share, play, reconnect, wait]], ["asked", profile, [ask]]]) {
      const session = new Session(testfest, path.join(folder, name), client);
      Object.assign(session, { screenshots, profile });
      await session.serve();
      const [one, other] = [await visit(browser, session.url), await visit(browser, session.url, { width: 390 })];
      for (const step of steps) await step(session, one, other);
      if (name === "emulators") await look(browser, axe, session);
      const code = await session.end("SIGINT");
      if (code !== 0) say(`Ctrl-C ends the server with ${code}`);
    }
  } finally {
    await browser.close();
    rmSync(folder, { recursive: true, force: true });
  }
  for (const line of found) console.error(`check-serve: ${line}`);
  console.log(`  the page of a session in two browsers, ${found.length} complaints`);
  return found.length ? 1 : 0;
}

process.exit(await main(process.argv.slice(2)));
