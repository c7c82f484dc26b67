#!/usr/bin/env node
// Opens HTML pages in headless Chromium and says who could not read them.
//
//     npm install --prefix TOOLS axe-core@4.14.1 playwright-core@1.65.1
//     check-pages.mjs TOOLS SCREENSHOTS PAGE...
//
// PAGE is a file or an address of 127.0.0.1. Each is opened wide, narrow, dark and in print. In each setting axe finds no
// violation, nothing but the page itself is loaded, no error is logged and nothing is cut off; Tab reaches all that can be operated.

import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";

import { AXE, CHROMIUM } from "./browser.mjs";

// dark has the layout of wide, and paper no keyboard
const SETTINGS = [
  { name: "wide", width: 1280, colorScheme: "light", media: "screen", hasKeyboard: true },
  { name: "narrow", width: 390, colorScheme: "light", media: "screen", hasKeyboard: true },
  { name: "dark", width: 1280, colorScheme: "dark", media: "screen", hasKeyboard: false },
  { name: "print", width: 1280, colorScheme: "light", media: "print", hasKeyboard: false },
];

// What a page may hold for a keyboard; a value of tabindex below 0 is no excuse.
const INTERACTIVE = [
  "a[href]", "area[href]", "button", "input:not([type=hidden])", "select", "textarea", "summary", "iframe", "audio[controls]",
  "video[controls]", "[contenteditable]:not([contenteditable=false])", "[onclick]", "[tabindex]:not([tabindex^='-'])",
  ...["button", "checkbox", "combobox", "link", "menuitem", "option", "radio", "searchbox", "slider", "spinbutton", "switch", "tab",
    "textbox"].map((role) => `[role=${role}]`),
].join(", ");

const TARGETS_SHOWN = 3; // of one rule
const TABS_AT_ONCE = 25;
const HEIGHT = 900;
const SCREENSHOT_HEIGHT = 10_000; // Chromium's surfaces end at 16384

/** What is found on one page, setting after setting. */
class Visit {
  constructor(browser, address, axe, screenshot) {
    Object.assign(this, { browser, address, axe, screenshot, found: [] });
  }

  async look() {
    await Promise.all([
      this.open({ bypassCSP: false }, (page, setting) => this.use(page, setting)),
      // axe is a script that the page's policy forbids; nothing else is done without the policy
      this.open({ bypassCSP: true }, (page, setting) => this.judge(page, setting)),
    ]);
    return this.found.sort((a, b) => SETTINGS.indexOf(a.setting) - SETTINGS.indexOf(b.setting));
  }

  /** Loads the page afresh for each setting, in one window. */
  async open(options, use) {
    const context = await this.browser.newContext(options);
    const page = await context.newPage();
    let setting;
    this.listen(page, (line) => this.say(setting, line));
    for (setting of SETTINGS) {
      try {
        await page.emulateMedia({ media: setting.media, colorScheme: setting.colorScheme });
        await page.setViewportSize({ width: setting.width, height: HEIGHT });
        const response = await page.goto(this.address, { waitUntil: "load" });
        if (this.address.startsWith("http") && !response?.ok()) this.say(setting, `answers ${response?.status()}`);
        if (setting.media === "print") {
          await page.setViewportSize({ width: await page.evaluate(paperWidth), height: HEIGHT });
        }
        await use(page, setting);
      } catch (error) {
        this.say(setting, `cannot be checked: ${error.message.split("\n")[0]}`);
      }
    }
    await context.close();
  }

  async use(page, setting) {
    const path = this.screenshot(setting);
    if (setting.media === "print") {
      await page.pdf({ path: path.replace(/png$/, "pdf"), preferCSSPageSize: true, printBackground: true });
    }
    await this.capture(page, path);
    await this.measure(page, setting);
    if (await page.evaluate(openDetails)) await this.measure(page, setting, ", details open");
    if (setting.hasKeyboard) await this.tab(page, setting);
  }

  async judge(page, setting) {
    await page.evaluate(this.axe);
    await this.runAxe(page, setting);
    if (await page.evaluate(openDetails)) await this.runAxe(page, setting, ", details open");
  }

  listen(page, say) {
    const isOwn = (url) => {
      if (url.startsWith("data:")) return true;
      if (this.address.startsWith("http")) return url.startsWith(`${new URL(this.address).origin}/`);
      return url.split("#")[0] === this.address.split("#")[0];
    };
    page.on("request", (request) => isOwn(request.url()) || say(`requests ${request.url()}`));
    page.on("websocket", (socket) => isOwn(socket.url().replace(/^ws/, "http")) || say(`connects to ${socket.url()}`));
    page.on("console", (message) => {
      const isIcon = message.location().url.endsWith("/favicon.ico"); // what the browser asks for, not the page
      if (message.type() === "error" && !isIcon) say(`logs an error: ${message.text()}`);
    });
    page.on("pageerror", (error) => say(`throws ${error.message}`));
  }

  /** Notes a complaint once, in the first state that gives cause for it. */
  say(setting, line, state = "") {
    const one = line.replace(/\s+/g, " ");
    const isKnown = this.found.some((known) => known.setting === setting && known.line === one);
    if (!isKnown) this.found.push({ setting, line: one, state });
  }

  /** Says the first few of a kind, and how many more there are. */
  list(setting, kind, nodes, state) {
    for (const [selector, summary] of nodes.slice(0, TARGETS_SHOWN)) {
      this.say(setting, `${kind}: ${selector}${summary && `: ${summary}`}`, state);
    }
    if (nodes.length > TARGETS_SHOWN) this.say(setting, `${kind}: ${nodes.length - TARGETS_SHOWN} more`, state);
  }

  async capture(page, path) {
    const { width } = page.viewportSize();
    const height = await page.evaluate(() => document.documentElement.scrollHeight);
    const clip = { x: 0, y: 0, width, height: Math.min(height, SCREENSHOT_HEIGHT) };
    await page.screenshot({ path, fullPage: true, clip, animations: "disabled" });
  }

  /** Nobody scrolls a page sideways, a keyboard scrolls what does scroll, and nobody scrolls paper. */
  async measure(page, setting, state) {
    for (const line of await page.evaluate(cutOff, setting.media === "print")) this.say(setting, line, state);
  }

  /** Goes through the page by Tab until it begins again, the key held down, as many at once as need no answer in between. */
  async tab(page, setting) {
    const count = await page.evaluate(watchFocus, INTERACTIVE);
    for (let pressed = 0; pressed < 2 * count + TABS_AT_ONCE; pressed += TABS_AT_ONCE) {
      await Promise.all(Array.from({ length: TABS_AT_ONCE }, () => page.keyboard.down("Tab")));
      if (await page.evaluate(() => window.pageFocus.ended)) break;
    }
    await page.keyboard.up("Tab");
    const missed = await page.evaluate(() => window.pageFocus.missed());
    this.list(setting, "Tab never reaches", missed.map((selector) => [selector, ""]));
  }

  async runAxe(page, setting, state) {
    const violations = await page.evaluate(async (options) => {
      const { violations } = await window.axe.run(document, options);
      return violations.map(({ id, nodes }) => ({ id, nodes: nodes.map((n) => [n.target.join(" "), n.failureSummary ?? ""]) }));
    }, AXE);
    for (const { id, nodes } of violations) this.list(setting, id, nodes, state);
  }
}

// ---- run within the page ----

/** Opens what is folded up; says how many there were. */
function openDetails() {
  const closed = document.querySelectorAll("details:not([open])");
  closed.forEach((details) => { details.open = true; });
  return closed.length;
}

/** Width of the text on paper, in CSS pixels: A4 or what `@page` says. */
function paperWidth() {
  const rules = [...document.styleSheets].flatMap((sheet) => [...sheet.cssRules]);
  const style = rules.filter((rule) => rule instanceof CSSPageRule).map((rule) => rule.style).at(-1);
  const size = style?.getPropertyValue("size") ?? "";
  const portrait = /a3/i.test(size) ? [297, 420] : [210, 297];
  const sheet = portrait[/landscape/.test(size) ? 1 : 0];
  const margin = (side) => parseFloat(style?.getPropertyValue(`margin-${side}`) || "10mm");
  return Math.floor(((sheet - margin("left") - margin("right")) / 25.4) * 96);
}

/** What does not fit, and what scrolls where no keyboard gets: axe asks that only of text, not of drawings. */
function cutOff(isPaper) {
  const found = [];
  const root = document.documentElement;
  const name = (e) => [e.tagName.toLowerCase(), ...e.classList].join(".");
  const all = [...document.querySelectorAll("body *")].filter((e) => e.checkVisibility());
  if (root.scrollWidth > root.clientWidth) {
    const wide = all.find((e) => e.getBoundingClientRect().right > root.clientWidth + 1);
    found.push(`the page is ${root.scrollWidth} px wide where ${root.clientWidth} are there${wide ? `, by ${name(wide)}` : ""}`);
  }
  for (const element of all) {
    const { overflowX, overflowY, clipPath } = getComputedStyle(element);
    const { scrollWidth, clientWidth, scrollHeight, clientHeight } = element;
    const [isWide, isHigh] = [scrollWidth > clientWidth + 1, scrollHeight > clientHeight + 1];
    const scrolls = (isWide && /auto|scroll/.test(overflowX)) || (isHigh && /auto|scroll/.test(overflowY));
    if (isPaper && isWide && overflowX !== "visible" && clipPath === "none") {
      found.push(`paper cuts ${name(element)} at ${clientWidth} of ${scrollWidth} px`);
    } else if (!isPaper && scrolls && element.tabIndex < 0 && !element.querySelector("a[href], button, input, [tabindex='0']")) {
      found.push(`no keyboard scrolls ${name(element)}`);
    }
  }
  return found;
}

/** Notes what gets the focus; says how much there is to reach. */
function watchFocus(interactive) {
  const reached = new Set();
  const group = (e) => (e.type === "radio" && e.name ? `radio ${e.name}` : e);
  const isShown = (e) => !e.disabled && e.checkVisibility({ visibilityProperty: true, contentVisibilityAuto: false });
  const all = [...document.querySelectorAll(interactive)].filter(isShown);
  const name = (e) => {
    const own = e.id ? `#${e.id}` : `${e.tagName.toLowerCase()}${[...e.classList].map((c) => `.${c}`).join("")}`;
    return `${own} "${e.textContent.trim().slice(0, 40)}"`;
  };
  window.pageFocus = { ended: false, missed: () => all.filter((e) => !reached.has(group(e))).map(name) };
  let first;
  document.addEventListener("focusin", ({ target }) => {
    window.pageFocus.ended ||= target === first;
    first ??= target;
    reached.add(group(target));
  });
  document.activeElement?.blur();
  return all.length;
}

// ---- the command ----

async function main([tools, screenshots, ...pages]) {
  if (!pages.length) {
    console.error("usage: check-pages.mjs TOOLS SCREENSHOTS PAGE...");
    return 2;
  }
  const require = createRequire(path.resolve(tools, "package.json"));
  const { chromium } = require("playwright-core");
  const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
  mkdirSync(screenshots, { recursive: true });
  const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: CHROMIUM });
  let complaints = 0;
  for (const [index, page] of pages.entries()) {
    const address = page.startsWith("http://127.0.0.1") ? page : pathToFileURL(path.resolve(page)).href;
    const stem = path.basename(page.replace(/[?#].*/, "")).replace(/\.html$/, "").slice(0, 60) || "page";
    const screenshot = ({ name }) => path.join(screenshots, `${index + 1}-${stem}-${name}.png`);
    const found = await new Visit(browser, address, axe, screenshot).look();
    complaints += found.length;
    for (const { setting, line, state } of found) console.error(`check-pages: ${page}, ${setting.name}: ${line}${state}`);
  }
  await browser.close();
  console.log(`  ${pages.length} pages in ${SETTINGS.length} settings, ${complaints} complaints`);
  return complaints ? 1 : 0;
}

process.exit(await main(process.argv.slice(2)));
