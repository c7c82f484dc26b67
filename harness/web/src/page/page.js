// Holds the connection to the server, and hands what comes to the parts of the page.

import { byId } from "./element.js";
import { isAnythingUnsaved, reach } from "./field.js";
import { Head } from "./head.js";
import { Runs } from "./ladder.js";
import { Prompts } from "./prompt.js";
import { Table } from "./table.js";

const SILENCE = 25_000; // ms without a sign of life after which a connection counts as lost
const AGAIN = 2_000; // ms until the next try

const [head, table, runs, prompts] = [new Head(), new Table(), new Runs(), new Prompts()];
let source;
let heard = 0;

function notice(text, kind) {
  const line = byId("connection");
  if (line.textContent !== text) line.textContent = text;
  line.className = `notice ${kind}`;
}

function takeSheet(sheet, fresh) {
  head.take(sheet.head);
  table.take(sheet.rows, fresh);
  reach(sheet.revision, fresh);
}

function takeLive(live) {
  runs.take(live);
  prompts.take(live);
}

const TAKES = {
  state: (state) => {
    takeSheet(state, true);
    takeLive(state.live);
    notice("Connected: what one browser changes shows in all of them.", "good");
  },
  sheet: (sheet) => takeSheet(sheet, false),
  live: takeLive,
  alive: () => {},
};

function connect() {
  source?.close();
  heard = Date.now();
  source = new EventSource("/events");
  for (const [name, take] of Object.entries(TAKES)) {
    source.addEventListener(name, ({ data }) => {
      heard = Date.now();
      take(JSON.parse(data));
    });
  }
  source.addEventListener("error", () => {
    notice("No connection to the server: what is entered now is kept here and sent later.", "bad");
    // a browser tries again by itself, unless the server refused
    if (source.readyState === EventSource.CLOSED) setTimeout(connect, AGAIN);
  });
}

setInterval(() => Date.now() - heard > SILENCE && connect(), AGAIN);
addEventListener("online", connect);
addEventListener("beforeunload", (event) => isAnythingUnsaved() && event.preventDefault());
// the token has become a cookie; the address can be shown around
if (location.search) history.replaceState(null, "", location.pathname);
connect();
