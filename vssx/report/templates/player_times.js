"use strict";
// UTC is counted in milliseconds since 1970, media time in seconds from the start of a file, as the browser does.

/** 2024-05-01T12:00:00.123Z; cut, not rounded. A microsecond makes up for what a double cannot hold. */
function utcText(ms) {
  const date = new Date(Math.floor(ms + 0.001));
  return Number.isNaN(date.getTime()) ? "?" : date.toISOString();
}

/** 2024-05-01 14:00:00.123 +02:00, or "" where nobody said the zone. offsets: [from ms, seconds ahead of UTC]. */
function localText(ms, offsets) {
  if (!offsets.length) return "";
  let ahead = offsets[0][1];
  for (const [from, seconds] of offsets) if (from <= ms) ahead = seconds;
  const minutes = Math.trunc(Math.abs(ahead) / 60);
  const two = (number) => String(number).padStart(2, "0");
  const zone = `${ahead < 0 ? "-" : "+"}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
  return `${utcText(ms + ahead * 1000).replace("T", " ").replace("Z", "")} ${zone}`;
}

/** Index of the last of ascending numbers that is not above the value; 0 where all are. */
function lastNotAbove(numbers, value) {
  let low = 0;
  let high = numbers.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (numbers[middle] <= value) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** When each picture of a file is presented, out of run lengths (vssx/report/sample_times.py). Pictures count from 0. */
class PictureTimes {
  constructor(told) {
    this.scale = told.scale;
    this.whole = told.whole;
    this.usual = told.usual / told.scale;
    this.numbers = [];
    this.starts = [];
    this.steps = [];
    let number = 0;
    let at = told.first;
    for (const run of told.runs ? told.runs.split(",") : []) {
      const [count, step] = run.includes("*") ? run.split("*").map(Number) : [1, Number(run)];
      this.numbers.push(number);
      this.starts.push(at);
      this.steps.push(step);
      number += count;
      at += count * step;
    }
    this.numbers.push(number);
    this.starts.push(at);
    this.steps.push(0);
    this.last = number;
  }

  /** Ticks at which a picture is presented. */
  ticks(number) {
    const run = lastNotAbove(this.numbers, number);
    return this.starts[run] + (number - this.numbers[run]) * this.steps[run];
  }

  seconds(number) {
    return this.ticks(number) / this.scale;
  }

  /** A media time at which nothing but this picture is on show: well behind its start, well before the next one's. */
  within(number) {
    const at = this.seconds(number);
    const until = number < this.last ? this.seconds(number + 1) : at + this.usual;
    return at + Math.min((until - at) / 2, 0.01);
  }

  /** Number of the picture that is to be seen at a media time; null where the table does not reach. */
  shownAt(seconds) {
    const ticks = seconds * this.scale + this.scale / 1e6;
    if (ticks <= this.starts[0]) return 0;
    const run = lastNotAbove(this.starts, ticks);
    if (this.numbers[run] === this.last) return this.whole || ticks - this.starts[run] < 1 ? this.last : null;
    const before = Math.floor((ticks - this.starts[run]) / this.steps[run]);
    return this.numbers[run] + Math.min(before, this.numbers[run + 1] - this.numbers[run] - 1);
  }

  /** Number of the picture that is presented at this media time, within a millisecond; null where none is. */
  presentedAt(seconds) {
    const shown = this.shownAt(seconds);
    if (shown === null) return null;
    for (const number of [shown, shown + 1]) {
      if (number <= this.last && Math.abs(this.seconds(number) - seconds) < 0.001) return number;
    }
    return null;
  }
}

/** One MP4 of the handover. */
class Footage {
  constructor(told, camera) {
    Object.assign(this, told);
    this.camera = camera;
    this.times = told.times ? new PictureTimes(told.times) : null;
    this.chosen = ""; // blob: URL of the same file, chosen by the user
    this.failed = ""; // why the browser does not show it
  }

  get source() {
    return this.chosen || this.href;
  }

  /** UTC of a media time. */
  utc(seconds) {
    return this.base + this.rest / 1e6 + seconds * 1000;
  }

  /** UTC of a picture of the table in whole milliseconds, cut as everywhere else. */
  utcOf(number) {
    const ticks = this.times.ticks(number);
    const seconds = Math.floor(ticks / this.times.scale);
    const rest = Math.round(((ticks - seconds * this.times.scale) * 1e9) / this.times.scale);
    return this.base + seconds * 1000 + Math.floor((this.rest + rest) / 1e6);
  }

  /** Media time of a UTC. */
  media(ms) {
    return (ms - this.base - this.rest / 1e6) / 1000;
  }

  holds(ms) {
    return this.start <= ms && ms < this.end;
  }
}
