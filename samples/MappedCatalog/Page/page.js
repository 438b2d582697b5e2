// Asks for the figures twice a second and shows them.

import { Timeline } from "./timeline.js";

const interval = 500;

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 3 });
const fine = new Intl.NumberFormat("en", { maximumSignificantDigits: 3 });
const mebibytes = bytes => `${whole.format(bytes / 1048576)} MiB`;

const tiles = [
  {
    title: "Look-ups a second",
    value: s => short.format(s.lookups.perSecond),
    note: s => `in ${whole.format(s.requests.perSecond)} requests`,
  },
  {
    title: "Answered in",
    unit: "µs",
    value: s => s.load.medianMicroseconds === null ? "–" : fine.format(s.load.medianMicroseconds),
    note: s => s.load.p99Microseconds === null
      ? "while the load is on"
      : `median; 99 % within ${fine.format(s.load.p99Microseconds)} µs`,
  },
  {
    title: "Grace period",
    unit: "µs",
    value: s => fine.format(s.gracePeriods.medianMicroseconds),
    note: s => `median; 99 % within ${fine.format(s.gracePeriods.p99Microseconds)} µs`,
  },
  {
    title: "Mappings held",
    value: s => whole.format(s.mappings.open),
    note: s => `at most ${whole.format(s.mappings.peak)}; ${whole.format(s.mappings.closed)} unmapped`,
  },
];

const figures = [
  ["Look-ups", s => whole.format(s.lookups.total)],
  ["Requests", s => whole.format(s.requests.total)],
  ["Failed requests", s => whole.format(s.requests.failed), s => s.requests.failed > 0],
  ["Failed in the load", s => whole.format(s.load.failed), s => s.load.failed > 0],
  [
    "Wrong answers",
    s => s.wrongAnswers === null ? "not checked" : whole.format(s.wrongAnswers),
    s => s.wrongAnswers > 0,
  ],
  ["Swaps", s => whole.format(s.swaps.total)],
  ["Failed swaps", s => whole.format(s.swaps.failed), s => s.swaps.failed > 0],
  ["To build a file", s => `${fine.format(s.swaps.meanRebuildMicroseconds)} µs`],
  ["Files unmapped", s => whole.format(s.mappings.closed)],
  ["Grace periods", s => whole.format(s.gracePeriods.completed)],
  ["Sections", s => whole.format(s.sections.total)],
  ["Ended on another thread", s => whole.format(s.sections.moved)],
  ["Backlog", s => whole.format(s.backlog)],
  ["Resident memory", s => mebibytes(s.memory.workingSetBytes)],
  ["GC heap", s => mebibytes(s.memory.heapBytes)],
  ["Collections", s => whole.format(s.memory.collections)],
];

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    made.setAttribute(key, value);
  }

  made.append(...children);
  return made;
}

// Each returns a function that shows the next figures.
const shown = [
  ...tiles.map(({ title, unit, value, note }) => {
    const number = element("span", {}, "–");
    const explanation = element("p", { class: "note" });
    document.getElementById("tiles").append(element("div", { class: "card tile" },
      element("h2", {}, title),
      element("p", { class: "now" }, number, ...unit ? [element("small", {}, ` ${unit}`)] : []),
      explanation));
    return statistics => {
      number.textContent = value(statistics);
      explanation.textContent = note(statistics);
    };
  }),
  ...figures.map(([name, value, isBad]) => {
    const cell = element("dd", {}, "–");
    const row = element("div", {}, element("dt", {}, name), cell);
    document.getElementById("figures").append(row);
    return statistics => {
      cell.textContent = value(statistics);
      row.classList.toggle("bad", isBad?.(statistics) ?? false);
    };
  }),
];

const timeline = new Timeline(document.getElementById("timeline"), document.getElementById("timeline-text"));

async function ask(path, options) {
  const response = await fetch(path, options);
  if (!response.ok) {
    throw new Error(`${path} answers ${response.status}`);
  }

  return await response.json();
}

const state = document.getElementById("state");

function say(text, kind) {
  if (state.textContent !== text) {
    state.textContent = text;
    state.className = `state ${kind}`;
  }
}

const load = document.getElementById("load");
let isSwitching = false;
let switched = 0;

function showLoad(on) {
  load.textContent = on ? "Stop load" : "Start load";
  load.classList.toggle("on", on);
  load.disabled = false;
}

load.addEventListener("click", async () => {
  if (!isSwitching) {
    isSwitching = true;
    try {
      showLoad((await ask(`/load?on=${!load.classList.contains("on")}`, { method: "POST" })).on);
    } catch {
      say("The service did not switch the load", "bad");
    }

    isSwitching = false;
    switched = performance.now();
  }
});

async function update() {
  const asked = performance.now();
  try {
    const [statistics, part] = await Promise.all([ask("/stats"), ask(`/timeline?after=${timeline.after}`)]);
    shown.forEach(show => show(statistics));
    timeline.add(part);
    if (!isSwitching && asked > switched) {
      showLoad(statistics.load.on);
    }

    const isBad = statistics.requests.failed > 0 || statistics.load.failed > 0 || statistics.wrongAnswers > 0
      || statistics.swaps.failed > 0;
    say(isBad ? "Something went wrong: see below" : "Serving, nothing has failed", isBad ? "bad" : "good");
  } catch {
    say("The service does not answer", "bad");
  }

  setTimeout(update, interval);
}

const answer = document.getElementById("answer");

function show(kind, headline, details) {
  answer.className = kind;
  answer.replaceChildren(element("strong", {}, headline), element("span", {}, details));
}

document.getElementById("lookup").addEventListener("submit", async event => {
  event.preventDefault();
  const address = document.getElementById("address").value.trim();
  try {
    const response = await fetch(`/lookup/${encodeURIComponent(address)}`);
    const found = await response.json();
    const table = `table of ${found.table}, edition ${whole.format(found.edition)}`;
    if (!response.ok) {
      show("bad", "No answer", found.detail ?? found.title);
    } else if (found.prefix) {
      show("", `${found.prefix}, announced by AS${found.origin}`,
        `${found.address} lies in ${found.first} – ${found.last}; ${table}`);
    } else {
      show("", "No route", `None from ${found.first} to ${found.last}; ${table}`);
    }
  } catch {
    show("bad", "No answer", "The service does not answer.");
  }
});

update();
