"use strict";

const TICK = 100;

/** All cameras by one clock: UTC as the recordings tell it. */
class Player {
  constructor(told) {
    this.words = told.words;
    this.offsets = told.offsets;
    const figures = [...document.querySelectorAll("figure.pane")];
    this.panes = told.cameras.map((camera, index) => new Pane(figures[index], camera, this));
    const files = this.panes.flatMap((pane) => pane.files);
    this.first = Math.min(...files.map((file) => file.start));
    this.last = Math.max(...files.map((file) => file.end));
    this.now = this.first;
    this.playing = false;
    this.moving = false; // a step is under way
    this.speed = 1;
    this.leader = null;
    this.ticked = performance.now();
    this.status = document.getElementById("status");
    this.bar = new Bar(document.getElementById("bar"), this);
    this.saver = new StillSaver(this, document.getElementById("chooser"));
    this.bind();
    this.bar.zoom(null);
    this.goTo(this.first);
    setInterval(() => this.tick(), TICK);
  }

  get visible() {
    return this.panes.filter((pane) => pane.on);
  }

  /** "picture 3 of 100"; without how many there are where the table does not tell all. */
  numbered(number, times) {
    const { words } = this;
    return fill(times.whole ? words.picture : words.picture_alone, { number: number + 1, all: times.last + 1 });
  }

  say(text) {
    this.status.textContent = text;
  }

  /** The camera that steps follow: the chosen one where it has a picture, else the first that has. */
  lead(has = (pane) => pane.ready) {
    const panes = this.visible.filter(has);
    return panes.includes(this.leader) ? this.leader : (panes[0] ?? null);
  }

  goTo(ms) {
    this.now = Math.max(this.first, Math.min(this.last, ms));
    for (const pane of this.visible) this.place(pane);
    this.bar.mark();
  }

  place(pane) {
    const footage = pane.fileAt(this.now);
    pane.show(footage, footage ? footage.media(this.now) : 0);
  }

  pause() {
    const playing = this.playing;
    this.playing = false;
    for (const pane of this.visible) pane.video.pause();
    this.shownPlaying();
    const picture = playing ? (this.lead()?.picture() ?? null) : null;
    if (picture !== null) this.now = picture.ms + 1; // the one that was on the screen stays there
    if (playing) this.goTo(this.now);
  }

  play() {
    if (this.now >= this.last - 1) this.goTo(this.first);
    this.playing = true;
    this.ticked = performance.now();
    this.shownPlaying();
    this.tick();
  }

  shownPlaying() {
    const button = document.querySelector("[data-do=play]");
    button.textContent = this.playing ? this.words.pause : this.words.play;
  }

  /** Ten times a second: where the clock is, and whether every camera is with it. */
  tick() {
    const passed = performance.now() - this.ticked;
    this.ticked += passed;
    if (!this.playing || this.moving) return;
    const lead = this.lead((pane) => pane.footage !== null && !pane.footage.failed && pane.footage.holds(this.now));
    if (lead !== null) this.keep(lead);
    else if (!this.skipGap()) this.now += passed * this.speed;
    if (this.now >= this.last) {
      this.now = this.last;
      this.pause();
      return;
    }
    for (const pane of this.visible) {
      const footage = pane.fileAt(this.now);
      if (footage !== pane.footage) this.place(pane);
      else if (footage === null || footage.failed) continue;
      else if (lead !== null && lead.busy && pane !== lead) pane.video.pause();
      else pane.follow(footage.media(this.now), this.speed, pane === lead);
    }
    this.bar.mark();
  }

  /** The clock is the leading camera's; behind its file's end it goes on. */
  keep(lead) {
    const { footage, video } = lead;
    if (lead.busy) return;
    const at = video.ended ? footage.end : footage.utc(video.currentTime);
    this.now = Math.max(at, Math.min(this.now, footage.end));
    if (video.ended) this.now = Math.max(this.now, footage.end);
  }

  /** Over a time of which no camera that is on has anything; false where there is none, or it is to be waited out. */
  skipGap() {
    const files = this.visible.flatMap((pane) => pane.files.filter((file) => !file.failed));
    if (files.some((file) => file.holds(this.now))) return false;
    const next = Math.min(...files.filter((file) => file.start > this.now).map((file) => file.start));
    if (next === Infinity) {
      this.now = this.last;
      return true;
    }
    if (!document.getElementById("skip").checked) return false;
    this.say(fill(this.words.skipped, { from: utcText(this.now), to: utcText(next) }));
    this.now = next;
    return true;
  }

  async step(direction) {
    if (this.moving) return;
    this.pause();
    const lead = this.lead();
    if (lead === null) {
      this.say(this.words.no_picture);
      return;
    }
    this.moving = true;
    try {
      if (await lead.step(direction)) this.now = lead.picture().ms + 1;
      else if (!(await this.stepFile(lead, direction))) this.say(this.words.no_more);
    } finally {
      this.moving = false;
    }
    for (const pane of this.visible) if (pane !== lead) this.place(pane);
    this.bar.mark();
  }

  /** From the last picture of a file to the first of the next one, or back. */
  async stepFile(lead, direction) {
    const next = lead.files[lead.files.indexOf(lead.footage) + direction];
    if (!next || next.failed) return false;
    const usual = next.times ? next.times.usual : 0.04;
    const first = next.times ? next.times.within(0) : 0;
    const last = next.times && next.times.whole ? next.times.within(next.times.last) : next.media(next.end) - usual / 2;
    lead.show(next, direction > 0 ? first : last);
    await lead.shown();
    const picture = lead.picture();
    if (picture === null) return false;
    this.now = picture.ms + 1;
    return true;
  }

  jumpToEvent(direction) {
    const times = this.visible.flatMap((pane) => pane.camera.events.map(([at]) => at)).sort((a, b) => a - b);
    const next = direction > 0 ? times.find((at) => at > this.now + 1) : times.findLast((at) => at < this.now - 1);
    if (next === undefined) this.say(this.words.no_events);
    else this.goTo(next);
  }

  setSpeed(direction) {
    const select = document.getElementById("speed");
    const index = Math.max(0, Math.min(select.options.length - 1, select.selectedIndex + direction));
    select.selectedIndex = index;
    this.speed = Number(select.value);
  }

  toggle(pane, on) {
    pane.figure.hidden = !on;
    if (on) this.place(pane);
    else pane.leave();
    this.bar.draw();
  }

  sound(pane) {
    pane.video.muted = !pane.video.muted;
    pane.figure.querySelector("[data-do=sound]").setAttribute("aria-pressed", String(!pane.video.muted));
  }

  /** A time as people write it: ISO 8601 in UTC, or hours, minutes and seconds of the day that is on show. */
  find(text) {
    const day = utcText(this.now).slice(0, 10);
    const short = /^\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?$/.test(text.trim());
    const whole = short ? `${day}T${text.trim().padStart(text.trim().indexOf(":") === 1 ? text.trim().length + 1 : 0, "0")}Z` : text.trim().replace(" ", "T");
    const at = Date.parse(/(Z|[+-]\d{2}:\d{2})$/.test(whole) ? whole : `${whole}Z`);
    if (Number.isNaN(at)) this.say(this.words.no_time);
    else {
      this.say("");
      this.goTo(at);
    }
  }

  act(name, pane) {
    const actions = {
      play: () => (this.playing ? this.pause() : this.play()),
      back: () => this.step(-1),
      forth: () => this.step(1),
      "seconds-back": () => this.goTo(this.now - 5000),
      "seconds-forth": () => this.goTo(this.now + 5000),
      "event-back": () => this.jumpToEvent(-1),
      "event-forth": () => this.jumpToEvent(1),
      still: () => this.saver.save(pane ?? this.lead() ?? this.panes[0]),
      sound: () => this.sound(pane),
    };
    return actions[name]();
  }

  bind() {
    for (const button of document.querySelectorAll("button[data-do]")) {
      const figure = button.closest("figure.pane");
      const pane = figure ? this.panes.find((one) => one.figure === figure) : null;
      button.addEventListener("click", () => this.act(button.dataset.do, pane));
    }
    for (const button of document.querySelectorAll("button[data-at]")) {
      button.addEventListener("click", () => this.visit(Number(button.dataset.camera), Number(button.dataset.at)));
    }
    for (const button of document.querySelectorAll("button[data-file]")) {
      button.addEventListener("click", () => this.visit(Number(button.dataset.camera), null, Number(button.dataset.file)));
    }
    this.panes.forEach((pane, index) => {
      const box = document.getElementById(`on-${index}`);
      box.addEventListener("change", () => this.toggle(pane, box.checked));
      pane.figure.querySelector("[name=leads]").addEventListener("change", () => {
        this.leader = pane;
      });
    });
    document.getElementById("stamps").addEventListener("change", (event) => {
      document.querySelector(".panes").classList.toggle("bare", !event.target.checked);
    });
    document.getElementById("speed").addEventListener("change", (event) => {
      this.speed = Number(event.target.value);
    });
    document.getElementById("zoom").addEventListener("change", (event) => {
      this.bar.zoom(Number(event.target.value) * 1000 || null);
    });
    const time = document.getElementById("time");
    time.addEventListener("keydown", (event) => {
      if (event.key === "Enter") this.find(time.value);
    });
    document.querySelector("[data-do-time]").addEventListener("click", () => this.find(time.value));
    document.addEventListener("keydown", (event) => this.key(event));
  }

  /** To a time of a camera, or to the start of one of its files, also where another file shows the same time. */
  visit(camera, ms, number = null) {
    const pane = this.panes[camera];
    const box = document.getElementById(`on-${camera}`);
    if (!box.checked) {
      box.checked = true;
      this.toggle(pane, true);
    }
    if (number === null) {
      this.goTo(ms);
    } else {
      const file = pane.files[number];
      pane.footage = file;
      this.goTo(file.start);
    }
    pane.figure.scrollIntoView({ block: "nearest" });
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const target = event.target;
    const writes = target.matches("select, textarea, input:not([type=checkbox], [type=radio])");
    const slides = target.id === "bar";
    if (writes || (!slides && !document.getElementById("keys").checked)) return;
    if (target.matches("[type=radio]") && event.key.startsWith("Arrow")) return;
    if (event.key === " " && target.matches("button, input, summary, a")) return;
    const far = event.shiftKey ? 60000 : 5000;
    const keys = {
      " ": () => this.act("play"),
      k: () => this.act("play"),
      ",": () => this.step(-1),
      ".": () => this.step(1),
      ArrowLeft: () => this.goTo(this.now - far),
      ArrowRight: () => this.goTo(this.now + far),
      "[": () => this.setSpeed(-1),
      "]": () => this.setSpeed(1),
      p: () => this.jumpToEvent(-1),
      n: () => this.jumpToEvent(1),
      s: () => this.act("still"),
    };
    if (slides) {
      keys.Home = () => this.goTo(this.first);
      keys.End = () => this.goTo(this.last);
      keys.PageUp = () => this.goTo(this.now - 60000);
      keys.PageDown = () => this.goTo(this.now + 60000);
      keys.ArrowDown = keys.ArrowLeft;
      keys.ArrowUp = keys.ArrowRight;
    }
    const act = keys[event.key];
    if (act === undefined) return;
    event.preventDefault();
    act();
  }
}

const told = JSON.parse(document.getElementById("player-data").textContent);
if (told.cameras.some((camera) => camera.files.length)) {
  for (const part of document.querySelectorAll("[data-script]")) part.hidden = false;
  globalThis.vssxPlayer = new Player(told);
}
