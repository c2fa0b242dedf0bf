"use strict";

const SVG = "http://www.w3.org/2000/svg";
const ROW = 42;
const AXIS = 22;
const EDGE = 7; // room left and right, so that marks at either end are whole
const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400];

function svgElement(name, attributes, parent) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  parent.append(made);
  return made;
}

/** The bar: a line for each camera that is on, what is there shaded, events marked; a slider of UTC. */
class Bar {
  constructor(slider, player) {
    this.slider = slider;
    this.player = player;
    this.svg = slider.querySelector("svg");
    this.kinds = new Map();
    for (const item of document.querySelectorAll("[data-kind]")) {
      this.kinds.set(item.dataset.kind, { text: item.textContent.trim(), shape: item.dataset.shape });
    }
    this.span = null; // milliseconds that the bar shows; null: everything
    this.from = this.until = 0;
    this.hold = false;
    new ResizeObserver(() => this.draw()).observe(slider);
    slider.addEventListener("pointerdown", (event) => {
      this.hold = true;
      slider.setPointerCapture(event.pointerId);
      this.point(event);
    });
    slider.addEventListener("pointermove", (event) => {
      if (this.hold) this.point(event);
    });
    slider.addEventListener("pointerup", () => {
      this.hold = false;
    });
  }

  point(event) {
    const box = this.slider.getBoundingClientRect();
    const share = Math.max(0, Math.min(1, (event.clientX - box.left - EDGE) / Math.max(1, box.width - 2 * EDGE)));
    this.player.goTo(this.from + share * (this.until - this.from));
  }

  /** Show so many milliseconds round the present time; null: everything. */
  zoom(span) {
    this.span = span;
    this.frame();
    this.draw();
  }

  /** Which part of time the bar shows; true when it has moved. */
  frame() {
    const { first, last, now } = this.player;
    let from = first;
    let until = Math.max(last, first + 1);
    if (this.span !== null && this.span < until - from) {
      if (this.until - this.from === this.span && now >= this.from && now <= this.until) return false;
      from = Math.max(first, Math.min(now - this.span / 4, until - this.span));
      until = from + this.span;
    }
    const moved = from !== this.from || until !== this.until;
    [this.from, this.until] = [from, until];
    return moved;
  }

  x(ms) {
    return EDGE + ((ms - this.from) / (this.until - this.from)) * (this.width - 2 * EDGE);
  }

  /** Everything but the cursor, anew. */
  draw() {
    const panes = this.player.panes.filter((pane) => pane.on);
    const { svg } = this;
    this.width = Math.max(200, this.slider.clientWidth);
    this.height = AXIS + panes.length * ROW;
    svg.setAttribute("viewBox", `0 0 ${this.width} ${this.height}`);
    svg.setAttribute("height", this.height);
    for (const old of svg.querySelectorAll(":scope > g")) old.remove();
    this.axis();
    panes.forEach((pane, index) => this.row(pane, AXIS + index * ROW));
    const group = svgElement("g", {}, svg);
    this.cursor = svgElement("path", { class: "cursor" }, group);
    this.mark();
  }

  axis() {
    const group = svgElement("g", { class: "axis" }, this.svg);
    const seconds = (this.until - this.from) / 1000;
    const most = Math.max(2, Math.floor(this.width / 110));
    let step = STEPS.find((one) => seconds / one <= most) ?? 86400;
    while (seconds / step > most) step *= 2;
    const days = this.until - this.from > 86400000;
    for (let at = Math.ceil(this.from / 1000 / step) * step * 1000; at <= this.until; at += step * 1000) {
      const x = this.x(at);
      svgElement("path", { d: `M${x} ${AXIS - 6}V${this.height}` }, group);
      if (x > 30 && x < this.width - 30) {
        const text = utcText(at);
        svgElement("text", { x, y: 12 }, group).textContent = days ? text.slice(5, 16) : text.slice(11, 19);
      }
    }
  }

  shade(group, kind, from, until, y, height, text) {
    if (until < this.from || from > this.until) return;
    const x = this.x(Math.max(from, this.from));
    const width = Math.max(1.5, this.x(Math.min(until, this.until)) - x);
    const box = svgElement("g", { class: `s-${kind}` }, group);
    svgElement("title", {}, box).textContent = text;
    const fill = kind.startsWith("gap") ? { fill: `url(#bar-${kind})` } : {};
    if (kind.startsWith("gap")) svgElement("rect", { class: "ground", x, y, width, height }, box);
    svgElement("rect", { class: "body", x, y, width, height, ...fill }, box);
  }

  row(pane, top) {
    const { camera } = pane;
    const { words } = this.player;
    const group = svgElement("g", {}, this.svg);
    this.name(svgElement("text", { class: "name", x: 4, y: top + 10 }, group), [...camera.name]);
    const y = top + 14;
    const said = (kind, from, until) => `${words.kinds[kind]}: ${utcText(from)} – ${utcText(until)}`;
    const stretches = camera.gaps.map(([from, until, kind]) => [from, until, kind, said(kind, from, until)]);
    for (const { start, end, name } of pane.files) {
      stretches.push([start, end, "recorded", `${name}: ${utcText(start)} – ${utcText(end)}`]);
    }
    stretches.sort((one, other) => other[1] - other[0] - (one[1] - one[0])); // nothing short is hidden
    for (const [from, until, kind, text] of stretches) this.shade(group, kind, from, until, y, 12, text);
    for (const [at, until] of camera.losses) this.shade(group, "loss", at, until, y - 1, 14, said("loss", at, until));
    this.events(camera, group, y + 20);
  }

  /** Cut where the bar has no room for more. */
  name(text, letters) {
    text.textContent = letters.join("");
    for (let count = letters.length; count > 1 && text.getComputedTextLength() > this.width - 8; ) {
      count = Math.floor(count * 0.8);
      text.textContent = `${letters.slice(0, count).join("")}…`;
    }
  }

  /** A mark for the events of one kind that would lie on each other. */
  events(camera, group, y) {
    const bins = new Map();
    for (const [at, kind, name] of camera.events) {
      if (at < this.from || at > this.until) continue;
      const key = `${kind} ${Math.floor(this.x(at) / 10)}`;
      const bin = bins.get(key);
      if (bin) bin.count += 1;
      else bins.set(key, { at, kind, name: camera.names[name], count: 1 });
    }
    for (const { at, kind, name, count } of bins.values()) {
      const known = this.kinds.get(kind) ?? this.kinds.get("other");
      const place = `translate(${this.x(at).toFixed(1)} ${y}) scale(0.8)`;
      const mark = svgElement("path", { class: `mark k-${kind}`, transform: place, d: known.shape }, group);
      svgElement("title", {}, mark).textContent = `${known.text}: ${utcText(at)} ${name}${count > 1 ? ` (${count})` : ""}`;
    }
  }

  /** Where the player is. */
  mark() {
    const { now } = this.player;
    const { slider } = this;
    if (this.frame()) {
      this.draw();
      return;
    }
    const x = this.x(now).toFixed(1);
    this.cursor.setAttribute("d", `M${x} 14V${this.height}M${x} 14l-5 -7h10z`);
    slider.setAttribute("aria-valuenow", Math.round(now - this.player.first));
    slider.setAttribute("aria-valuemax", Math.max(1, Math.round(this.player.last - this.player.first)));
    slider.setAttribute("aria-valuetext", [utcText(now), localText(now, this.player.offsets)].filter(Boolean).join(", "));
  }
}
