// The table of verdicts: one row for each case of the ETS, which both teams fill.

import { VERDICTS, badge, byId, element, post, remember, remembered, speak, word } from "./element.js";
import { Field } from "./field.js";

const TEAMS = ["client", "server"];
const WAITS = {
  "open": "nobody has spoken",
  "waits-for-client": "the client’s team has not spoken",
  "waits-for-server": "the server’s team has not spoken",
  "disagreed": "the teams disagree",
  "agreed": "",
};
const FLASH = 2_000; // ms for which a row shows that it has changed
const QUIET = 5_000; // ms between two things that are read out
const MANY = 3; // changes that are read out one by one

let ids = 0;

/** What one team says of one case. */
class Team {
  constructor(row, team) {
    const of = `the ${team}’s team on ${row.number}`;
    const say = (make) => (value) => ({ team, case: row.number, say: make(value) });
    const label = (name, input) => {
      input.id = `field-${ids++}`;
      return element("label", { htmlFor: input.id }, name, element("span", { class: "unseen" }, ` of ${of}`));
    };
    const options = Object.entries(VERDICTS).map(([value, name]) => element("option", { value }, name));
    const select = element("select", {}, element("option", { value: "" }, "none"), ...options);
    const verdict = (value) => (value ? { verdict: { verdict: value, proposed: row.view.proposal } } : "withdrawn");
    this.verdict = new Field(label("Verdict", select), select, say(verdict), word);
    const quoted = (value) => (value ? `“${value}”` : "nothing");
    const comment = element("textarea", { maxLength: 4000, rows: 2 });
    this.comment = new Field(label("Comment", comment), comment, say((value) => ({ comment: value })), quoted);
    const section = element("input", { type: "text", maxLength: 4000, autocomplete: "off" });
    this.specification = new Field(label("The specification is at fault: section", section), section,
      say((value) => ({ specification: value })), quoted);
    this.outdated = element("p", { class: "reason" });
    const summary = element("summary", {}, "Comment, specification", element("span", { class: "unseen" }, ` of ${of}`));
    this.more = element("details", {}, summary, this.comment.whole, this.specification.whole);
    this.cell = element("td", { class: "team", "data-team": `${team === "client" ? "Client" : "Server"}’s team` },
      this.verdict.whole, this.outdated, this.more);
    this.fields = [this.verdict, this.comment, this.specification];
    this.name = `the ${team}’s team`;
  }

  /** Takes what the server has; gives what others have changed, in words. */
  take({ verdict, outdated, comment, specification }) {
    const news = [];
    if (this.verdict.take(verdict ?? "")) news.push(`${this.name} says ${word(verdict)}`);
    if (this.comment.take(comment)) news.push(`${this.name} comments`);
    if (this.specification.take(specification)) news.push(`${this.name} holds the specification to be at fault`);
    if (news.length && (comment || specification)) this.more.open = true;
    this.outdated.textContent = outdated ? `said ${word(outdated)} when something else was proposed: say it anew` : "";
    return news;
  }

  enable(enabled) {
    this.fields.forEach(({ input }) => { input.disabled = !enabled; });
  }
}

class Row {
  constructor(view) {
    this.view = view;
    this.number = view.number;
    this.teams = Object.fromEntries(TEAMS.map((team) => [team, new Team(this, team)]));
    this.proposal = element("td");
    this.agreed = element("td", { class: "agreed" });
    const name = element("th", { scope: "row" }, element("span", { class: "number" }, view.number), ` ${view.title}`,
      element("span", { class: "id" }, view.id));
    this.whole = element("tr", { class: "case", id: `case-${view.number}` },
      name, this.proposal, this.teams.client.cell, this.teams.server.cell, this.agreed);
  }

  /** Takes what the server has; gives what others have changed, in words. */
  take(view) {
    const before = this.view;
    this.view = view;
    const news = TEAMS.flatMap((team) => this.teams[team].take(view[team]));
    if (before.proposal !== view.proposal) news.push(`${word(view.proposal)} is proposed`);
    // links that did not change stay, and with them the focus of whoever is at one
    const shown = JSON.stringify([view.proposal, view.reason, view.attempts]);
    if (shown !== this.shown) this.propose(view);
    this.shown = shown;
    this.agreed.replaceChildren(badge(view.agreed, "open"),
      element("p", { class: "reason" }, WAITS[view.state]));
    return news;
  }

  propose(view) {
    const attempt = ({ run, seat, verdict, reason, superseded, link }) => {
      const text = `${seat} judged: ${word(verdict)}${superseded ? ", played again since" : ""}`;
      const whose = element("span", { class: "unseen" }, `, ${view.number}, run ${run}`);
      const shown = link ? element("a", { href: link, title: run }, text, whose) : element("span", { title: run }, text);
      return element("li", {}, shown, superseded && reason ? `: ${reason}` : "");
    };
    this.proposal.replaceChildren(badge(view.proposal, "nothing yet"),
      element("p", { class: "reason" }, view.reason),
      element("ul", { class: "attempts" }, ...view.attempts.map(attempt)));
  }

  is(filter) {
    const { agreed, proposal, state } = this.view;
    switch (filter) {
      case "open": return agreed === null;
      case "disagreed": return state === "disagreed";
      case "not-passed": return ["fail", "inconclusive", "out-of-time"].includes(agreed ?? proposal);
      default: return true;
    }
  }

  /** A row under somebody's hands does not go away. */
  isBusy() {
    return this.whole.contains(document.activeElement) || TEAMS.some((team) => this.teams[team].fields.some((one) => one.isBusy()));
  }

  flash() {
    this.whole.classList.add("changed");
    clearTimeout(this.flashing);
    this.flashing = setTimeout(() => this.whole.classList.remove("changed"), FLASH);
  }
}

export class Table {
  constructor() {
    this.rows = new Map();
    this.groups = [];
    this.news = [];
    this.table = byId("table");
    byId("filter").addEventListener("change", () => this.filter());
    byId("speaker").addEventListener("change", () => this.speakFor());
    this.table.addEventListener("focusout", () => setTimeout(() => this.filter()));
    byId("accept").addEventListener("click", ({ target }) => target.dataset.team && this.accept(target));
    for (const input of document.querySelectorAll("#speaker input")) input.checked ||= input.value === remembered("speaker");
  }

  /** Takes rows of the server; `fresh`: all of them, after a connection was made. */
  take(views, fresh) {
    for (const view of views) {
      const isNew = !this.rows.has(view.number);
      if (isNew) this.add(view);
      const row = this.rows.get(view.number);
      const news = row.take(view);
      if (isNew || !news.length) continue;
      row.flash();
      this.news.push(...news.map((text) => `${view.number}: ${text}`));
    }
    if (fresh) this.speakFor();
    this.filter();
    this.tell();
  }

  add(view) {
    const row = new Row(view);
    this.rows.set(view.number, row);
    let group = this.groups.find(({ heading }) => heading === view.heading);
    if (!group) {
      const head = element("tr", {}, element("th", { scope: "rowgroup", colSpan: 5 }, view.heading));
      group = { heading: view.heading, whole: element("tbody", {}, head), rows: [] };
      this.groups.push(group);
      this.table.append(group.whole);
    }
    group.rows.push(row);
    group.whole.append(row.whole);
  }

  filter() {
    const filter = document.querySelector("#filter input:checked").value;
    let left = 0;
    for (const { whole, rows } of this.groups) {
      for (const row of rows) row.whole.hidden = !row.is(filter) && !row.isBusy();
      const shown = rows.filter((row) => !row.whole.hidden).length;
      whole.hidden = !shown;
      left += shown;
    }
    byId("nothing").hidden = left > 0 || !this.rows.size;
    this.count();
  }

  count() {
    const rows = [...this.rows.values()];
    for (const input of document.querySelectorAll("#filter input")) {
      input.parentElement.querySelector(".count").textContent = rows.filter((row) => row.is(input.value)).length;
    }
    const counted = Object.keys(VERDICTS).map((verdict) => {
      const count = rows.filter((row) => row.view.agreed === verdict).length;
      return element("li", {}, badge(verdict), ` ${count}`);
    });
    const agreed = rows.filter((row) => row.view.agreed !== null).length;
    byId("counts").replaceChildren(...counted, element("li", {}, `of ${rows.length} cases ${agreed} are decided`));
    for (const button of byId("accept").children) {
      const left = this.open(button.dataset.team).length;
      const speaker = document.querySelector("#speaker input:checked").value;
      button.hidden = speaker !== "both" && speaker !== button.dataset.team;
      button.disabled = !left;
      const team = button.dataset.team === "client" ? "Client" : "Server";
      button.textContent = `${team}’s team: accept all proposals (${left})`;
    }
  }

  /** Rows with a proposal that a team has not spoken of. */
  open(team) {
    return [...this.rows.values()].filter(({ view }) => view.proposal && !view[team].verdict);
  }

  async accept(button) {
    const { team } = button.dataset;
    const cases = this.open(team).map(({ number, view }) => ({ case: number, proposed: view.proposal }));
    button.disabled = true;
    const answer = await post("/accept", { team, cases });
    const left = cases.length - (answer.accepted ?? 0);
    const rest = left ? `, ${left} have changed meanwhile` : "";
    byId("accepted").textContent = answer.ok ? `The ${team}’s team accepts ${answer.accepted} proposals${rest}.` : answer.error;
    this.count();
  }

  speakFor() {
    const speaker = document.querySelector("#speaker input:checked").value;
    remember("speaker", speaker);
    for (const row of this.rows.values()) {
      for (const team of TEAMS) row.teams[team].enable(speaker === "both" || speaker === team);
    }
    this.count();
  }

  /** Reads out what others have changed, not too often. */
  tell() {
    if (!this.news.length || this.telling) return;
    this.telling = setTimeout(() => {
      const news = this.news.splice(0);
      if (news.length > MANY) speak(`${news.length} changes, the last one: ${news.at(-1)}`);
      else news.forEach((text) => speak(text));
      this.telling = setTimeout(() => {
        this.telling = 0;
        this.tell();
      }, QUIET);
    }, 300);
  }
}
