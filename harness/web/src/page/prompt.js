// What a run asks its operator, with buttons. Whoever answers first counts: this browser, another one, or the terminal.

import { byId, element, post, speak } from "./element.js";
import { WAITS } from "./head.js";

const WORDS = { perform: ["Done", "Not possible"], ask: ["Yes", "No"] };
const SAID = { browser: "in a browser", terminal: "at the terminal" };

class Prompt {
  constructor(run, { prompt, kind, text }) {
    Object.assign(this, { run, prompt });
    const [yes, no] = WORDS[kind];
    const id = `prompt-${prompt}-${crypto.getRandomValues(new Uint32Array(1))[0]}`;
    const question = element("p", { class: "question", id }, text);
    this.reason = element("input", { type: "text", maxLength: 1000, autocomplete: "off" });
    const label = element("label", { class: "reason" }, `Reason, if ${kind === "ask" ? "no" : "it is not possible"} `, this.reason);
    const button = (word, reply) => {
      const made = element("button", { type: "button", "aria-describedby": id }, word);
      made.addEventListener("click", () => this.answer(reply()));
      return made;
    };
    this.buttons = [button(yes, () => "yes"), button(no, () => ({ no: this.reason.value.trim() }))];
    this.state = element("p", { class: "notice", role: "status" });
    this.whole = element("div", { class: "prompt", role: "group", "aria-labelledby": id },
      question, element("div", { class: "buttons" }, ...this.buttons, label), this.state);
    speak(`The operator is asked: ${text}`, "asked");
  }

  async answer(reply) {
    this.disable(true);
    this.state.textContent = "Answering.";
    const answer = await post("/answer", { run: this.run, prompt: this.prompt, reply });
    if (answer.ok) return;
    this.state.textContent = answer.error;
    this.disable(!answer.lost);
  }

  disable(disabled) {
    this.buttons.forEach((button) => { button.disabled = disabled; });
  }

  /** It was answered; a reason that somebody is typing stays in sight until they leave it. */
  close(answered) {
    const own = answered?.prompt === this.prompt ? answered : null;
    const [at, reply] = [SAID[own?.at], own?.reply];
    const said = reply === "yes" ? "yes" : reply && `no${reply.no ? `, “${reply.no}”` : ""}`;
    const text = said ? `Answered ${at}: ${said}.` : "Nobody waits for the answer any more.";
    speak(text);
    this.disable(true);
    this.state.textContent = text;
    if (this.reason.value && document.activeElement === this.reason) this.reason.addEventListener("blur", () => this.remove());
    else this.remove();
  }

  remove() {
    const hasFocus = this.whole.contains(document.activeElement);
    this.whole.remove();
    byId("prompts").hidden = !byId("prompts").querySelector(".prompt");
    if (hasFocus) byId("live-title").focus(); // else the keyboard would begin anew at the top
  }
}

export class Prompts {
  constructor() {
    this.open = new Map(); // by run
  }

  take({ runs }) {
    const asked = new Map(runs.filter(({ prompt }) => prompt).map((view) => [view.run, view.prompt]));
    for (const [run, prompt] of this.open) {
      if (asked.get(run)?.prompt === prompt.prompt) continue;
      prompt.close(runs.find((view) => view.run === run)?.answered);
      this.open.delete(run);
    }
    for (const [run, prompt] of asked) {
      if (this.open.has(run)) continue;
      this.open.set(run, new Prompt(run, prompt));
      byId("prompts").append(this.open.get(run).whole);
      byId("prompts").hidden = false;
    }
    const title = document.title.startsWith(WAITS) ? document.title.slice(WAITS.length) : document.title;
    document.title = (asked.size ? WAITS : "") + title;
  }
}
