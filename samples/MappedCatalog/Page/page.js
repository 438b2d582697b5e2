// Asks for /stats twice a second and draws the last minute of it.

const interval = 500;
const points = 120;

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 3 });
const fine = new Intl.NumberFormat("en", { maximumSignificantDigits: 3 });
const mebibytes = bytes => bytes / 1048576;

const charts = [
  {
    title: "Look-ups a second",
    value: s => s.lookups.perSecond,
    format: short,
    note: s => `${whole.format(s.requests.perSecond)} requests a second`,
  },
  {
    title: "Grace period after a swap",
    unit: "ms",
    value: s => s.gracePeriods.longestAfterSwapMilliseconds,
    format: fine,
    note: s => `The longest of a second. Of all: median ${fine.format(s.gracePeriods.medianMilliseconds)} ms,`
      + ` 99 % below ${fine.format(s.gracePeriods.p99Milliseconds)} ms`,
  },
  {
    title: "Swaps a second",
    value: s => s.swaps.perSecond,
    format: fine,
    least: 12,
    note: s => `A file takes ${fine.format(s.swaps.meanRebuildMilliseconds)} ms to make`,
  },
  {
    title: "Mappings open",
    value: s => s.mappings.open,
    format: whole,
    least: 4,
    steps: true,
    note: s => `${whole.format(s.mappings.closed)} closed, at most ${whole.format(s.mappings.peak)} at a time`,
  },
  {
    title: "Memory",
    unit: "MiB",
    value: s => mebibytes(s.memory.workingSetBytes),
    second: s => mebibytes(s.memory.heapBytes),
    format: whole,
    legend: ["resident", "GC heap"],
  },
];

const figures = [
  ["Look-ups", s => whole.format(s.lookups.total)],
  ["Requests", s => whole.format(s.requests.total)],
  ["Failed requests", s => whole.format(s.requests.failed), s => s.requests.failed > 0],
  ["Wrong answers", s => s.wrongAnswers === null ? "not checked" : whole.format(s.wrongAnswers), s => s.wrongAnswers > 0],
  ["Swaps", s => whole.format(s.swaps.total)],
  ["Failed swaps", s => whole.format(s.swaps.failed), s => s.swaps.failed > 0],
  ["Mappings closed", s => whole.format(s.mappings.closed)],
  ["Grace periods", s => whole.format(s.gracePeriods.completed)],
  ["Sections", s => whole.format(s.sections.total)],
  ["… ended on another thread", s => whole.format(s.sections.moved)],
  ["Backlog", s => whole.format(s.backlog)],
  ["Collections", s => whole.format(s.memory.collections)],
];

function element(name, attributes = {}, ...children) {
  const made = name === "svg" || name === "path" || name === "line"
    ? document.createElementNS("http://www.w3.org/2000/svg", name)
    : document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    made.setAttribute(key, value);
  }

  made.append(...children);
  return made;
}

// The next of 1, 2, 2.5, 5, 10 … above, so that a scale seldom changes and reads well.
function roundUp(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 2.5, 5, 10].map(step => step * power).find(step => step >= value);
}

function place(index) {
  return 100 * index / (points - 1);
}

function line(values, top, steps) {
  const start = points - values.length;
  return values.map((value, i) => {
    const x = place(start + i).toFixed(2);
    const y = (100 - 100 * value / top).toFixed(2);
    return i === 0 ? `M${x} ${y}` : steps ? `H${x}V${y}` : `L${x} ${y}`;
  }).join("");
}

class Chart {
  constructor(description, parent) {
    this.description = description;
    this.first = [];
    this.second = [];
    this.now = element("p", { class: "now" });
    this.note = element("p", { class: "note" });
    this.area = element("path", { class: "area" });
    this.firstLine = element("path", { class: "first" });
    this.secondLine = element("path", { class: "second" });
    this.svg = element("svg", { viewBox: "0 0 100 100", preserveAspectRatio: "none", role: "img" });
    for (const y of [0, 50, 100]) {
      this.svg.append(element("line", { x1: 0, x2: 100, y1: y, y2: y }));
    }

    this.svg.append(this.area, this.secondLine, this.firstLine);
    this.scale = [element("span"), element("span"), element("span")];
    if (description.legend) {
      const [first, second] = description.legend;
      this.note.append(
        element("span", { class: "legend" }), first, element("span", { class: "legend second" }), second);
    }

    parent.append(element("figure", { class: "card chart" },
      element("h2", {}, description.title),
      this.now,
      element("div", { class: "plot" },
        this.svg,
        element("div", { class: "scale", "aria-hidden": "true" }, ...this.scale),
        element("div", { class: "time", "aria-hidden": "true" }, element("span", {}, "1 min ago"), element("span", {}, "now"))),
      this.note));
  }

  add(statistics) {
    const { title, value, second, format, unit, least, steps, note, legend } = this.description;
    this.first.push(value(statistics));
    this.first.splice(0, this.first.length - points);
    if (second) {
      this.second.push(second(statistics));
      this.second.splice(0, this.second.length - points);
    }

    const highest = Math.max(...this.first, ...this.second);
    const top = Math.max(roundUp(highest * 1.05 || 1), least ?? 0);
    const drawn = line(this.first, top, steps);
    this.firstLine.setAttribute("d", drawn);
    this.area.setAttribute("d", `${drawn}V100H${place(points - this.first.length)}Z`);
    this.secondLine.setAttribute("d", line(this.second, top, steps));
    this.scale.forEach((mark, i) => mark.textContent = format.format(top * (2 - i) / 2));

    const text = format.format(this.first.at(-1));
    const heap = second ? `, ${format.format(this.second.at(-1))} of it ${legend[1]}` : "";
    this.now.replaceChildren(text, element("small", {}, ` ${unit ?? ""}${heap}`));

    if (note) {
      this.note.textContent = note(statistics);
    }

    this.svg.setAttribute("aria-label", `${title}: now ${text} ${unit ?? ""}, at most ${format.format(highest)} in this time`);
  }
}

const drawn = charts.map(description => new Chart(description, document.getElementById("charts")));
const state = document.getElementById("state");
const cells = figures.map(([name, value, isBad]) => {
  const cell = element("dd", {}, "–");
  const row = element("div", {}, element("dt", {}, name), cell);
  document.getElementById("figures").append(row);
  return statistics => {
    cell.textContent = value(statistics);
    row.classList.toggle("bad", isBad?.(statistics) ?? false);
  };
});

function say(text, kind) {
  if (state.textContent !== text) {
    state.textContent = text;
    state.className = `state ${kind}`;
  }
}

async function update() {
  try {
    const response = await fetch("/stats");
    if (!response.ok) {
      throw new Error(`/stats answers ${response.status}`);
    }

    const statistics = await response.json();
    drawn.forEach(chart => chart.add(statistics));
    cells.forEach(cell => cell(statistics));
    const isBad = statistics.requests.failed > 0 || statistics.wrongAnswers > 0 || statistics.swaps.failed > 0;
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
    if (!response.ok) {
      show("bad", "No answer", found.detail ?? found.title);
    } else if (found.prefix) {
      show("", `${found.prefix}, announced by AS${found.origin}`,
        `${found.address} lies in ${found.first} – ${found.last}; table of ${found.table}, edition ${whole.format(found.edition)}`);
    } else {
      show("", "No route", `None from ${found.first} to ${found.last}; table of ${found.table}, edition ${whole.format(found.edition)}`);
    }
  } catch {
    show("bad", "No answer", "The service does not answer.");
  }
});

update();
