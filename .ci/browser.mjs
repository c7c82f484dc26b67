// How Chromium is started and what axe looks for, in every check of a page.

// What a machine without a way out needs: no background connections, no profile of a user.
export const CHROMIUM = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync",
];

export const AXE = {
  runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
  resultTypes: ["violations"],
  preload: false, // fetches style sheets that our pages do not have
  // off unless asked for by name
  rules: { "target-size": { enabled: true } },
};
