// A field that a team edits, and that another browser may change meanwhile. What somebody is about to enter is never taken away.

import { element, post } from "./element.js";

const PAUSE = 1500; // ms without a key until a text is saved
const AGAIN = 2000; // ms until what did not arrive is sent once more

const fields = new Set();
let revision = 0; // of what the server has pushed

/** Takes note of how far the server's pushes are; `fresh`: of a server that begins with everything. */
export function reach(reached, fresh) {
  revision = reached;
  for (const field of fields) {
    if (fresh) field.awaits = 0;
    field.show();
    if (fresh && field.lost) field.save();
  }
}

/** Whether something has been entered that is not on the server's disk. */
export const isAnythingUnsaved = () => [...fields].some((field) => field.isUnsaved());

export class Field {
  /** `make(value)` gives the body of the request; `shown(value)` the words for a value that was entered elsewhere. */
  constructor(label, input, make, shown) {
    Object.assign(this, { input, make, shown });
    this.known = this.base = input.value; // what the server has; what the field had before somebody touched it
    this.sent = undefined; // what was sent last
    this.awaits = 0; // the revision that holds it
    this.sending = this.lost = false;
    this.meanwhile = element("p", { class: "meanwhile", hidden: true });
    this.state = element("p", { class: "state" });
    this.whole = element("div", { class: "field" }, label, input, this.meanwhile, this.state);
    input.addEventListener("input", () => this.touch());
    input.addEventListener("change", () => this.save());
    input.addEventListener("blur", () => this.show());
    fields.add(this);
  }

  isUnsaved() {
    return this.input.value !== this.base;
  }

  isBusy() {
    return this.isUnsaved() || this.sending || document.activeElement === this.input;
  }

  /** Takes what the server has; says whether somebody else entered it. */
  take(value) {
    const isOthers = value !== this.known && value !== this.sent;
    this.known = value;
    this.show();
    return isOthers;
  }

  /** Shows what the server has, unless somebody is at the field. */
  show() {
    const isBehind = revision < this.awaits; // what was saved has not come back yet
    if (!this.isBusy() && !isBehind) {
      this.base = this.known;
      if (this.input.value !== this.known) this.input.value = this.known;
    }
    const differs = !isBehind && this.known !== this.base && this.known !== this.input.value;
    this.meanwhile.hidden = !differs;
    this.meanwhile.textContent = differs ? `meanwhile entered elsewhere: ${this.shown(this.known)}` : "";
    this.mark();
  }

  touch() {
    this.lost = false;
    this.refused = "";
    this.mark();
    this.later(PAUSE);
  }

  later(delay) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.save(), delay);
  }

  mark() {
    const unsaved = this.isUnsaved();
    this.whole.classList.toggle("unsaved", unsaved && !this.refused);
    this.whole.classList.toggle("refused", Boolean(this.refused));
    this.state.textContent = this.refused || (unsaved ? "not saved yet" : "") || "";
  }

  async save() {
    clearTimeout(this.timer);
    if (this.sending || !this.isUnsaved()) return;
    const value = this.input.value;
    this.sending = true;
    const answer = await post("/say", this.make(value));
    this.sending = false;
    this.lost = Boolean(answer.lost);
    this.refused = answer.ok || answer.lost ? "" : answer.error;
    if (answer.ok) {
      this.sent = this.base = value;
      this.awaits = answer.revision;
    } else if (this.refused && this.input.tagName === "SELECT") {
      this.input.value = this.base; // a text stays for its writer to mend
    }
    this.show();
    if (this.isUnsaved() && !this.refused) this.later(answer.ok ? PAUSE : AGAIN);
  }
}
