// Elements, made of names and texts. Nothing of the session is ever read as markup: texts go in as texts.

/** Words for verdicts, as OMA writes them. */
export const VERDICTS = {
  "pass": "Pass",
  "fail": "Fail",
  "inconclusive": "Inconclusive",
  "not-applicable": "Not Applicable",
  "out-of-time": "Out of Time",
};

const WORDS = { ...VERDICTS, "error": "Error" };

/** A verdict in a sentence. */
export const word = (verdict) => WORDS[verdict] ?? "no verdict";

/** An element with properties, and with texts or elements in it. */
export function element(name, properties = {}, ...content) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key === "class") made.className = value;
    else if (key in made) made[key] = value;
    else made.setAttribute(key, value);
  }
  made.append(...content.filter((one) => one !== null && one !== undefined));
  return made;
}

/** A verdict as a coloured word; `null` is no verdict. */
export function badge(verdict, nothing = "none") {
  return element("span", { class: `badge ${verdict ?? ""}` }, WORDS[verdict] ?? nothing);
}

export const byId = (id) => document.getElementById(id);

/** Keeps a choice of this browser's tab, where it may keep anything. */
export function remember(name, value) {
  try {
    sessionStorage.setItem(name, value);
  } catch {
    // the choice holds until the page is loaded again
  }
}

/** A choice that was kept. */
export function remembered(name) {
  try {
    return sessionStorage.getItem(name);
  } catch {
    return null;
  }
}

/** Says something to those who do not see the page change. */
export function speak(text, region = "spoken") {
  const line = element("p", {}, text);
  byId(region).append(line);
  // long enough to be read out, and then no hindrance
  setTimeout(() => line.remove(), 20_000);
}

/** Sends what somebody has said: `{ok}`, or `{error, lost}` where `lost` means that nobody knows whether it came. */
export async function post(address, body) {
  let response;
  try {
    response = await fetch(address, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(10_000),
    });
  } catch {
    return { ok: false, lost: true, error: "not saved yet: no connection" };
  }
  const answer = await response.json().catch(() => ({}));
  if (response.ok) return { ok: true, ...answer };
  return { ok: false, lost: response.status >= 500, error: answer.error ?? `refused (${response.status})` };
}
