"use strict";

const FOLLOWS = "requestVideoFrameCallback" in HTMLVideoElement.prototype;
const SETTLING = 100; // ms after which a browser is asked whether it shows what it should
const PATIENCE = 30; // how often, before what it shows is taken for all that comes

/** One camera: its video element and what is written on it. */
class Pane {
  constructor(figure, camera, player) {
    this.figure = figure;
    this.camera = camera;
    this.player = player;
    this.files = camera.files.map((told) => new Footage(told, this));
    this.footage = null;
    this.wanted = null; // media time to go to as soon as the element can
    this.frame = null; // media time of the picture on the screen, as the browser says
    this.waiting = []; // called when the picture that was gone to is on the screen
    this.settled = true; // it is, or will never be
    this.turn = 0; // how often it was gone somewhere
    this.video = figure.querySelector("video");
    this.parts = {};
    for (const part of figure.querySelectorAll("[data-part]")) this.parts[part.dataset.part] = part;
    const [first] = this.files.filter((file) => file.width && file.height);
    if (first) figure.querySelector(".screen").style.aspectRatio = `${first.width} / ${first.height}`;
    this.listen();
  }

  get on() {
    return !this.figure.hidden;
  }

  /** There is footage that the browser shows. */
  get ready() {
    return this.footage !== null && !this.footage.failed && this.video.readyState >= 2;
  }

  /** It does not get on: still loading, or seeking. */
  get busy() {
    if (this.footage === null || this.footage.failed) return false;
    return this.wanted !== null || this.video.seeking || (this.video.readyState < 3 && !this.video.ended);
  }

  listen() {
    const { video } = this;
    video.addEventListener("loadedmetadata", () => {
      if (this.footage.video && !video.videoWidth) this.fail();
      else this.go();
    });
    video.addEventListener("seeked", () => {
      if (this.wanted === null) this.settle();
      else this.go();
    });
    video.addEventListener("error", () => this.fail());
    video.addEventListener("emptied", () => {
      this.frame = null;
    });
    video.addEventListener("ended", () => this.player.tick());
    if (FOLLOWS) {
      const next = (_, told) => {
        this.frame = told.mediaTime;
        if (this.wanted === null && !video.seeking && this.fits()) this.arrived();
        this.label();
        video.requestVideoFrameCallback(next);
      };
      video.requestVideoFrameCallback(next);
    } else {
      video.addEventListener("timeupdate", () => this.label());
    }
  }

  /** The file that shows this time: the present one where it does. */
  fileAt(ms) {
    if (this.footage !== null && this.footage.holds(ms)) return this.footage;
    return this.files.find((file) => file.holds(ms)) ?? null;
  }

  /** Show a media time of a file; null: nothing. */
  show(footage, seconds) {
    if (footage === null || footage.failed) {
      this.leave(footage);
      return;
    }
    this.wanted = Math.max(0, seconds);
    this.settled = false;
    if (this.footage === footage && this.video.getAttribute("src") === footage.source) {
      this.go();
      return;
    }
    this.footage = footage;
    this.frame = null;
    this.parts.note.textContent = this.player.words.loading;
    this.figure.classList.remove("empty");
    this.video.src = footage.source;
    this.video.load();
  }

  /** Go where it was asked to, once the element can: a seek that is under way is let end. */
  go() {
    const { video } = this;
    if (this.wanted === null || video.readyState < 1 || video.seeking) return;
    const seconds = Math.min(this.wanted, Math.max(0, video.duration - 0.001));
    this.wanted = null;
    this.turn += 1;
    video.currentTime = seconds;
  }

  /** The browser has gone there; the picture follows, and is told of, except where the same one stays. */
  settle(turn = this.turn, left = PATIENCE) {
    this.parts.note.textContent = "";
    setTimeout(() => {
      if (turn !== this.turn || this.settled) return;
      if (left > 0 && !this.fits()) this.settle(turn, left - 1);
      else this.arrived();
    }, SETTLING);
  }

  /** The picture on the screen, as the browser tells, is the one that belongs there, as far as that is known. */
  fits() {
    const { footage, frame, video } = this;
    if (frame === null || footage === null || footage.times === null) return frame !== null || !FOLLOWS;
    const number = footage.times.shownAt(video.currentTime);
    return number === null || number === footage.times.presentedAt(frame);
  }

  arrived() {
    this.settled = true;
    const waiting = this.waiting.splice(0);
    this.label();
    for (const resolve of waiting) resolve();
  }

  /** Resolved when the picture that was gone to is on the screen, or will never be. */
  shown() {
    return new Promise((resolve) => {
      if (this.footage === null || this.footage.failed) resolve();
      else this.waiting.push(resolve);
    });
  }

  /** No picture: nothing was recorded here, or the browser cannot show it. */
  leave(footage = null) {
    this.video.pause();
    if (this.video.hasAttribute("src")) {
      this.video.removeAttribute("src");
      this.video.load();
    }
    this.footage = footage;
    this.wanted = this.frame = null;
    this.turn += 1;
    this.figure.classList.add("empty");
    this.parts.note.textContent = footage ? footage.failed : this.player.words.nothing;
    this.arrived();
  }

  /** The browser does not show the file: say so, and what helps. */
  fail() {
    const { footage, player } = this;
    if (footage === null || !this.video.hasAttribute("src")) return;
    const { words } = player;
    const known = this.video.canPlayType('video/mp4; codecs="avc1.640028"');
    const unable = footage.codec !== "H.264" && !["hvc1.1.6.L120.90", "hev1.1.6.L120.90"].some((name) =>
      this.video.canPlayType(`video/mp4; codecs="${name}"`));
    const loaded = this.video.readyState >= 1;
    footage.failed = fill(loaded || unable || !known ? words.undecodable : words.unopened, {
      file: footage.name,
      codec: footage.codec,
    });
    this.leave(footage);
    player.say(footage.failed);
  }

  /** What is on the screen: UTC in ms and the number of the picture, null where it is not told. */
  picture() {
    const { footage, video } = this;
    if (!this.ready) return null;
    const seconds = this.frame ?? video.currentTime;
    let number = null;
    if (footage.times) {
      number = this.frame === null ? footage.times.shownAt(seconds) : footage.times.presentedAt(seconds);
    }
    const ms = number === null ? Math.floor(footage.utc(seconds) + 0.001) : footage.utcOf(number);
    return { ms, number, seconds };
  }

  label() {
    const { parts, player } = this;
    const picture = this.picture();
    parts.utc.textContent = picture ? utcText(picture.ms) : "";
    parts.local.textContent = picture ? localText(picture.ms, player.offsets) : "";
    parts.file.textContent = this.footage ? this.footage.name : "";
    parts.number.textContent = picture && picture.number !== null
      ? player.numbered(picture.number, this.footage.times)
      : "";
  }

  /** Play on in step: from far off by a seek, from near by a little more or less speed. */
  follow(seconds, speed, leads) {
    const { video } = this;
    if (this.wanted !== null || video.seeking || video.readyState < 2) return;
    const behind = seconds - video.currentTime;
    const rate = leads ? speed : speed * (1 + Math.max(-0.25, Math.min(0.25, behind)));
    if (!leads && Math.abs(behind) > 0.4 * Math.max(1, speed)) this.show(this.footage, seconds + 0.1 * speed);
    if (Math.abs(video.playbackRate - rate) > 0.01) video.playbackRate = Math.max(0.0625, Math.min(16, rate));
    if (video.paused && !video.ended) video.play().catch(() => {});
  }

  /** One picture on or back; true when another one is on the screen. */
  async step(direction) {
    const before = this.picture();
    if (before === null) return false;
    const { footage } = this;
    const { times } = footage;
    const usual = times ? times.usual : 0.04;
    for (let attempt = 1; attempt <= 12; attempt += 1) {
      let target = before.seconds + direction * usual * attempt * 0.5;
      const number = before.number === null ? null : before.number + direction * attempt;
      if (number !== null) {
        if (number < 0 || (times.whole && number > times.last)) return false;
        if (number <= times.last) target = times.within(number);
      } else if (direction < 0) {
        target = before.seconds - 0.001 * attempt; // whatever was on show just before
      }
      if (target < 0 || target >= this.video.duration) return false;
      this.show(footage, target);
      await this.shown();
      const now = this.picture();
      // A sample may hold no picture: then the one before stays, and the next may hold one.
      if (now !== null && Math.sign(now.seconds - before.seconds) === direction) return true;
    }
    return false;
  }
}

/** Put values where %(name)s stands. */
function fill(text, values) {
  return text.replace(/%\((\w+)\)s/g, (whole, name) => (name in values ? String(values[name]) : whole));
}
