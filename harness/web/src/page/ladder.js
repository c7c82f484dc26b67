// The runs that go on: how far each is, and the messages of its cases as they pass.

import { badge, byId, element, speak, word } from "./element.js";

const SHOWN = 300; // messages of a case
const QUIET = 4_000; // ms between two things that are read out

/** Lifelines from left to right, as in the report. */
const rank = (seat) => {
  const place = ["client", "server", "bootstrap-server"].findIndex((role) => seat.startsWith(role));
  return place < 0 ? 3 : place;
};

const seconds = (nanoseconds) => (nanoseconds / 1e9).toFixed(3);

/** The ladder of one case. */
class Case {
  constructor(view) {
    this.seats = [];
    this.messages = [];
    this.next = 0; // number of the message that comes next
    this.list = element("ol");
    this.heads = element("div", { class: "seats", "aria-hidden": "true" });
    const name = `Messages of ${view.title}`;
    this.scroll = element("div", { class: "ladder", role: "region", "aria-label": name, tabIndex: 0 }, this.heads, this.list);
    this.verdict = element("p", { class: "notice" });
    this.steps = element("ol", { class: "steps" });
    this.more = element("details", { hidden: true }, element("summary", {}, "Steps"), this.steps);
    this.whole = element("div", { class: "playing" },
      element("h4", {}, `${view.title} `, element("span", { class: "soft" }, `${view.id}, ${view.seat} judged`)),
      this.scroll, this.verdict, this.more);
  }

  take(view) {
    const isAtEnd = this.scroll.scrollTop + this.scroll.clientHeight >= this.scroll.scrollHeight - 40;
    const fresh = view.messages.slice(Math.max(0, this.next - view.first));
    this.next = Math.max(this.next, view.first + view.messages.length);
    this.messages.push(...fresh);
    this.messages.splice(0, this.messages.length - SHOWN);
    const seats = [...new Set([...this.seats, ...fresh.flatMap(({ from, to }) => [from, to])])];
    if (seats.length > this.seats.length) {
      this.seats = seats.sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
      this.scroll.style.setProperty("--halves", 2 * seats.length);
      this.heads.replaceChildren(element("i"), ...seats.map((seat) => element("span", {}, seat)));
      this.list.replaceChildren(...this.messages.map((message) => this.arrow(message)));
    } else {
      this.list.append(...fresh.map((message) => this.arrow(message)));
      while (this.list.children.length > SHOWN) this.list.firstChild.remove();
    }
    if (view.verdict) this.end(view);
    if (isAtEnd) this.scroll.scrollTop = this.scroll.scrollHeight;
  }

  /** An arrow from the middle of one lifeline to that of another. */
  arrow({ time, from, to, label }) {
    const [start, end] = [this.seats.indexOf(from), this.seats.indexOf(to)];
    const line = element("span", { class: `arrow ${end < start ? "left" : "right"}` },
      element("span", { class: "unseen" }, `${from} to ${to}: `), label);
    line.style.gridColumn = `${2 * Math.min(start, end) + 3} / ${2 * Math.max(start, end) + (start === end ? 4 : 3)}`;
    return element("li", {}, element("span", { class: "time" }, seconds(time)), line);
  }

  end(view) {
    this.verdict.replaceChildren(badge(view.verdict), ` ${view.reason ?? ""}`);
    const step = ({ sentence, verdict }) => element("li", {}, `${sentence} `, badge(verdict, "not reached"));
    this.steps.replaceChildren(...view.steps.map(step));
    this.more.hidden = !view.steps.length;
  }
}

/** One run. */
class Run {
  constructor(name) {
    this.cases = new Map();
    this.progress = element("progress", { "aria-label": `How far the run ${name} is` });
    this.numbers = element("p", { class: "notice" });
    this.place = element("div");
    this.whole = element("div", { class: "run" }, element("h3", {}, name), this.progress, this.numbers, this.place);
  }

  take(view) {
    this.progress.max = Math.max(view.planned, 1);
    this.progress.value = view.ended;
    const verdicts = Object.entries(view.verdicts).map(([verdict, count]) => `${count} ${verdict}`);
    this.numbers.textContent = [`${view.ended} of ${view.planned} cases`, ...verdicts].join(", ");
    const known = this.cases;
    this.cases = new Map(view.cases.map((one) => [one.play, known.get(one.play) ?? new Case(one)]));
    const wanted = [...this.cases.values()].map((one) => one.whole);
    // what stays is not moved: it would lose its place in its own scrolling, and the focus
    for (const child of [...this.place.children]) if (!wanted.includes(child)) child.remove();
    for (const whole of wanted) if (!whole.parentElement) this.place.append(whole);
    view.cases.forEach((one) => this.cases.get(one.play).take(one));
  }
}

export class Runs {
  constructor() {
    this.runs = new Map();
    this.spoken = 0;
  }

  take({ runs }) {
    const names = runs.map(({ run }) => run);
    for (const [name, run] of this.runs) {
      if (names.includes(name)) continue;
      run.whole.remove();
      this.runs.delete(name);
      speak(`The run ${name} has ended.`);
    }
    for (const view of runs) {
      if (!this.runs.has(view.run)) {
        this.runs.set(view.run, new Run(view.run));
        byId("live").append(this.runs.get(view.run).whole);
        speak(`The run ${view.run} goes on.`);
      }
      this.runs.get(view.run).take(view);
      this.say(view);
    }
    byId("idle").hidden = runs.length > 0;
  }

  /** Reads the latest verdict out, now and then. */
  say({ cases, ended, planned }) {
    const last = cases.findLast(({ verdict }) => verdict);
    if (!last || Date.now() - this.spoken < QUIET) return;
    this.spoken = Date.now();
    speak(`${ended} of ${planned}: ${last.title}: ${word(last.verdict)}`);
  }
}
