// A small line chart over the last two minutes, in SVG.

const SPAN = 120;
const LEFT = 46;
const BOTTOM = 22;
const TOP = 8;
const HEIGHT = 190;
const SVG = "http://www.w3.org/2000/svg";

function element(name, attributes, text) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text !== undefined) made.textContent = text;
  return made;
}

/** A round number at or above, so that the axis reads well and does not jump at every look. */
function ceiling(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 2.5, 5, 10].map((step) => step * power).find((step) => step >= value * 0.999);
}

export class Chart {
  /**
   * @param {HTMLElement} figure where it is drawn
   * @param {{key: string, name: string}[]} lines what is drawn; the first is filled where it is the only one
   * @param {(value: number) => string} word how a value is written
   * @param {number} least the smallest height of the axis
   */
  constructor(figure, lines, word, least) {
    Object.assign(this, { figure, lines, word, least, points: [] });
    this.svg = element("svg", { role: "img", height: HEIGHT });
    this.tip = document.createElement("div");
    this.tip.className = "tip";
    this.tip.hidden = true;
    figure.append(this.svg, this.tip);
    this.svg.addEventListener("pointermove", (event) => this.point(event.clientX));
    this.svg.addEventListener("pointerleave", () => this.point(null));
    new ResizeObserver(() => this.draw()).observe(this.svg);
  }

  add(point) {
    this.points.push(point);
    while (this.points[0].time < point.time - SPAN) this.points.shift();
    this.draw();
  }

  draw() {
    const width = this.svg.clientWidth;
    if (!width) return;
    const now = this.points.at(-1)?.time ?? 0;
    const values = this.points.flatMap((point) => this.lines.map((line) => point[line.key] ?? 0));
    const top = ceiling(Math.max(this.least, ...values));
    this.x = (time) => LEFT + ((width - LEFT - 4) * (time - now + SPAN)) / SPAN;
    this.y = (value) => TOP + (HEIGHT - TOP - BOTTOM) * (1 - value / top);
    this.svg.setAttribute("viewBox", `0 0 ${width} ${HEIGHT}`);
    this.svg.setAttribute("aria-label", this.words());
    this.svg.replaceChildren(...this.axes(width, top), ...this.lines.flatMap((line, at) => this.line(line, at + 1)), ...this.cross());
  }

  axes(width, top) {
    const made = [];
    for (const part of [0, 0.5, 1]) {
      const y = this.y(top * part);
      made.push(element("line", { class: "grid", x1: LEFT, x2: width - 4, y1: y, y2: y }));
      made.push(element("text", { x: LEFT - 8, y: y + 4, "text-anchor": "end" }, this.word(top * part)));
    }
    const end = width - 4;
    made.push(element("text", { x: LEFT, y: HEIGHT - 4 }, "2 min ago"));
    made.push(element("text", { x: (LEFT + end) / 2, y: HEIGHT - 4, "text-anchor": "middle" }, "1 min ago"));
    made.push(element("text", { x: end, y: HEIGHT - 4, "text-anchor": "end" }, "now"));
    return made;
  }

  line({ key }, number) {
    const made = [];
    for (const run of this.runs(key)) {
      const path = run.map((point, at) => `${at ? "L" : "M"}${this.x(point.time).toFixed(1)} ${this.y(point[key]).toFixed(1)}`).join("");
      if (this.lines.length === 1) {
        const floor = this.y(0);
        made.push(element("path", { class: `area s${number}`, d: `${path}L${this.x(run.at(-1).time)} ${floor}L${this.x(run[0].time)} ${floor}Z` }));
      }
      if (run.length === 1) made.push(element("circle", { class: `s${number}`, cx: this.x(run[0].time), cy: this.y(run[0][key]), r: 2.5 }));
      else made.push(element("path", { class: `line s${number}`, d: path }));
    }
    return made;
  }

  /** Where nothing was asked there is no latency: the line breaks off, and goes on later. */
  runs(key) {
    const runs = [[]];
    for (const point of this.points) {
      if (point[key] === null) runs.push([]);
      else runs.at(-1).push(point);
    }
    return runs.filter((run) => run.length);
  }

  point(clientX) {
    this.pointed = clientX;
    this.draw();
  }

  cross() {
    const at = this.pointed === null || this.pointed === undefined || !this.points.length ? null : this.nearest();
    this.tip.hidden = at === null;
    if (at === null) return [];
    const x = this.x(at.time);
    this.tip.textContent = [
      `${Math.round(this.points.at(-1).time - at.time)} s ago`,
      ...this.lines.map((line) => `${line.name}: ${at[line.key] === null ? "–" : this.word(at[line.key])}`),
    ].join("\n");
    const beside = x + 14 + this.tip.offsetWidth > this.svg.clientWidth ? x - 14 - this.tip.offsetWidth : x + 14;
    this.tip.style.left = `${this.svg.getBoundingClientRect().left - this.figure.getBoundingClientRect().left + beside}px`;
    const dots = this.lines.map((line, number) => [at[line.key], number + 1]).filter(([value]) => value !== null);
    return [
      element("line", { class: "cross", x1: x, x2: x, y1: TOP, y2: HEIGHT - BOTTOM }),
      ...dots.map(([value, number]) => element("circle", { class: `s${number}`, cx: x, cy: this.y(value), r: 3.5 })),
    ];
  }

  nearest() {
    const x = this.pointed - this.svg.getBoundingClientRect().left;
    return this.points.reduce((best, point) => (Math.abs(this.x(point.time) - x) < Math.abs(this.x(best.time) - x) ? point : best));
  }

  words() {
    const last = this.points.at(-1);
    const now = this.lines.map((line) => `${line.name} ${last && last[line.key] !== null ? this.word(last[line.key]) : "none"}`);
    return `Over the last two minutes; now ${now.join(", ")}`;
  }
}
