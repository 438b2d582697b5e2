// Draws the last minute: look-ups, swaps and mappings on one axis of time. All times are microseconds.

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 3 });
const fine = new Intl.NumberFormat("en", { maximumSignificantDigits: 3 });

const title = 26; // Of a lane, above it.
const gap = 12; // Below it.
const axis = 22; // Names of times, at the bottom.
const gutter = 72; // Names of values, at the right.

const lanes = [
  { name: "Look-ups a second", kind: "lookups", height: 84 },
  { name: "Swaps: µs to unmap the old file", kind: "swaps", height: 112 },
  { name: "Mappings held", kind: "mappings", height: 84 },
];

let bottom = 0;
for (const lane of lanes) {
  lane.top = bottom + title;
  bottom = lane.top + lane.height + gap;
}

const height = bottom + axis;

// The next of these steps, or of their tenfold and so on, so that a scale seldom changes and reads well.
function roundUp(value, steps) {
  const power = 10 ** Math.floor(Math.log10(value));
  return steps.map(step => step * power).find(step => step >= value);
}

function svg(name, attributes, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) {
    made.setAttribute(key, value);
  }

  made.append(...children);
  return made;
}

function linear(lane, top, format) {
  return {
    y: value => lane.top + lane.height * (1 - value / top),
    marks: [0, top / 2, top].map(value => [value, format.format(value)]),
  };
}

function logarithmic(lane, lowest, highest) {
  const first = Math.floor(Math.log10(Math.max(lowest, 1)));
  const last = Math.max(Math.ceil(2 * Math.log10(Math.max(highest, 1))) / 2, first + 2);
  const powers = Array.from({ length: Math.floor(last - first) + 1 }, (_, i) => first + i);
  const isNamed = power => powers.length < 5 || power % 2 === 0;
  return {
    y: value => lane.top + lane.height * (1 - (Math.log10(Math.max(value, 1)) - first) / (last - first)),
    marks: powers.map(power => [10 ** power, isNamed(power) ? whole.format(10 ** power) : ""]),
  };
}

function median(values) {
  return [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) / 2)];
}

export class Timeline {
  #svg;
  #text;
  #part = { now: 0, span: 60e6, changes: [], rates: [] };

  constructor(drawing, text) {
    this.#svg = drawing;
    this.#text = text;
    drawing.setAttribute("height", height);
    new ResizeObserver(() => this.#draw()).observe(drawing);
  }

  // What to ask for: everything after this.
  get after() {
    return this.#part.now;
  }

  add(part) {
    const old = part.now < this.#part.now ? { changes: [], rates: [] } : this.#part; // Else the service is a new one.
    const isRecent = item => item.at >= part.now - part.span;
    this.#part = {
      ...part,
      changes: [...old.changes, ...part.changes].filter(isRecent),
      rates: [...old.rates, ...part.rates].filter(isRecent),
    };
    this.#draw();
  }

  #draw() {
    const width = this.#svg.clientWidth - gutter;
    if (width <= 0 || this.#part.now === 0) {
      return;
    }

    const { now, span, changes, rates } = this.#part;
    const x = at => width * Math.max(0, 1 - (now - at) / span);
    const swaps = this.#swaps();
    const held = swaps.map(swap => swap.held);
    const mappings = changes.map(change => change.mappings);
    const lookups = rates.map(sample => sample.lookups);

    const scales = [
      linear(lanes[0], roundUp(Math.max(...lookups, 10), [1, 2, 2.5, 5, 10]), short),
      logarithmic(lanes[1], Math.min(...held, 1e6), Math.max(...held)),
      linear(lanes[2], roundUp(Math.max(...mappings, 4), [2, 4, 6, 10]), whole),
    ];
    this.#svg.setAttribute("viewBox", `0 0 ${width + gutter} ${height}`);
    this.#svg.replaceChildren(
      ...this.#times(width, span),
      ...lanes.flatMap((lane, i) => this.#frame(lane, scales[i], width)),
      ...this.#curve("lookups", lanes[0], this.#lookups(rates, x, scales[0].y)),
      svg("path", { class: "swaps", d: this.#dots(swaps.filter(swap => swap.isOver), x, scales[1].y) }),
      svg("path", { class: "swaps pending", d: this.#dots(swaps.filter(swap => !swap.isOver), x, scales[1].y) }),
      ...this.#curve("mappings", lanes[2], this.#steps(changes, x, scales[2].y, width)));
    this.#text.textContent = this.#summary(held, mappings, lookups);
  }

  // Each with how long the file that it replaced stayed mapped, or has stayed so far.
  #swaps() {
    const { now, changes } = this.#part;
    const ends = new Map(changes
      .filter(change => change.heldMicroseconds !== null)
      .map(change => [change.at - change.heldMicroseconds, change.heldMicroseconds]));
    return changes
      .filter(change => change.heldMicroseconds === null)
      .map(({ at }) => ({ at, held: ends.get(at) ?? now - at, isOver: ends.has(at) }));
  }

  #times(width, span) {
    const names = [`${span / 60e6} min ago`, "½ min ago", "now"];
    return names.flatMap((name, i) => {
      const x = width * i / (names.length - 1);
      const anchor = ["start", "middle", "end"][i];
      return [
        svg("line", { class: "time", x1: x, x2: x, y1: lanes[0].top, y2: bottom - gap }),
        svg("text", { x, y: height - 6, "text-anchor": anchor }, name),
      ];
    });
  }

  #frame(lane, scale, width) {
    const [left, length] = lane.kind === "swaps" ? [7, 0] : [2, 10];
    return [
      svg("path", { class: `key ${lane.kind}`, d: `M${left} ${lane.top - 14}h${length}` }),
      svg("text", { class: "lane", x: 18, y: lane.top - 10 }, lane.name),
      ...scale.marks.flatMap(([value, name]) => [
        svg("line", { x1: 0, x2: width, y1: scale.y(value), y2: scale.y(value) }),
        svg("text", { x: width + 8, y: scale.y(value) + 4 }, name),
      ]),
    ];
  }

  #curve(kind, lane, [line, from, to]) {
    const ground = lane.top + lane.height;
    return [
      svg("path", { class: `area ${kind}`, d: line && `${line}H${to}V${ground}H${from}Z` }),
      svg("path", { class: `line ${kind}`, d: line }),
    ];
  }

  #lookups(rates, x, y) {
    const points = rates.map(sample => [x(sample.at), y(sample.lookups)].map(v => v.toFixed(1)));
    const line = points.map((point, i) => `${i === 0 ? "M" : "L"}${point.join(" ")}`).join("");
    return [line, points[0]?.[0], points.at(-1)?.[0]];
  }

  #steps(changes, x, y, width) {
    const points = changes.map(change => [x(change.at), y(change.mappings)].map(v => v.toFixed(1)));
    const line = points.map(([px, py], i) => i === 0 ? `M${px} ${py}` : `H${px}V${py}`).join("");
    return [line && `${line}H${width}`, points[0]?.[0], width];
  }

  #dots(swaps, x, y) {
    return swaps.map(swap => `M${x(swap.at).toFixed(1)} ${y(swap.held).toFixed(1)}h0`).join("");
  }

  #summary(held, mappings, lookups) {
    const [last, most] = [lookups.at(-1) ?? 0, Math.max(...lookups, 0)];
    const rate = `${fine.format(last)} look-ups a second now, ${fine.format(most)} at most.`;
    return held.length === 0
      ? `No swap. ${rate}`
      : `${whole.format(held.length)} swaps: the old file was unmapped after ${fine.format(median(held))} µs (median),`
        + ` ${fine.format(Math.max(...held))} µs at most. ${Math.min(...mappings)} to ${Math.max(...mappings)} mappings`
        + ` were held. ${rate}`;
  }
}
