// The head of the page: who sits at the table, how much time is left, what the reader has to know.

import { byId, element } from "./element.js";

/** What a title begins with while somebody is asked. */
export const WAITS = "(!) ";

const side = ({ company, product, version, team }) => {
  const party = [company, product, version].filter(Boolean).join(" ");
  return team.length ? `${party} (${team.join(", ")})` : party;
};

export class Head {
  constructor() {
    this.head = null;
    setInterval(() => this.head && this.showTime(), 5_000);
  }

  take(head) {
    this.head = head;
    const name = `${head.event}, session ${head.session}`;
    byId("title").textContent = name;
    document.title = `${document.title.startsWith(WAITS) ? WAITS : ""}${name}: testfest`;
    const facts = [
      ["Client", side(head.client)],
      ["Server", side(head.server)],
      ["Day", [head.date, head.place].filter(Boolean).join(", ")],
      ["LwM2M", head.lwm2m],
      ["ETS", head.ets],
    ];
    this.time = element("dd");
    byId("facts").replaceChildren(
      ...facts.map(([key, value]) => element("div", {}, element("dt", {}, key), element("dd", {}, value))),
      ...(head.budget ? [element("div", {}, element("dt", {}, "Time"), this.time)] : []),
      ...this.reports(head.reports),
    );
    this.showTime();
    byId("remarks").replaceChildren(...head.remarks.map((remark) => element("li", {}, remark)));
    byId("remarks").hidden = !head.remarks.length;
    const signers = head.signed.map(({ team, name }) => `the ${team}’s team (“${name}”)`).join(" and ");
    byId("signed").textContent = signers && `Signed by ${signers}. What is changed from now on has to be signed anew.`;
    byId("signed").hidden = !signers;
    const problem = byId("problem");
    if (problem.textContent !== (head.problem ?? "")) problem.textContent = head.problem ?? "";
    problem.hidden = !head.problem;
  }

  reports(names) {
    if (!names.length) return [];
    const links = names.flatMap((name, index) => [index ? ", " : "", element("a", { href: `/${name}` }, name)]);
    return [element("div", {}, element("dt", {}, "Report"), element("dd", {}, ...links))];
  }

  showTime() {
    const { budget, ends } = this.head;
    const left = ends === null ? null : Math.ceil((ends * 1000 - Date.now()) / 60_000);
    let text = `${left} of ${budget} minutes left`;
    if (left === null) text = `${budget} minutes from the first run on`;
    else if (left <= 0) text = `the ${budget} minutes are over`;
    if (this.time.textContent !== text) this.time.textContent = text;
  }
}
