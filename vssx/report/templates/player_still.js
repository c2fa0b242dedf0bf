"use strict";

/** The picture on the screen as a PNG file, with a line below it that says what it is; named by its UTC. */
class StillSaver {
  constructor(player, chooser) {
    this.player = player;
    this.chooser = chooser;
    this.input = chooser.querySelector("input");
    this.pane = null;
    this.input.addEventListener("change", () => this.choose());
  }

  async save(pane) {
    const { player } = this;
    player.pause();
    const before = pane.picture();
    if (before === null || !pane.video.videoWidth) {
      player.say(player.words.no_picture);
      return;
    }
    // What stops may lag behind what was told of it: go to the very picture that the name will tell.
    pane.show(pane.footage, before.number === null ? before.seconds + 0.0005 : pane.footage.times.within(before.number));
    await pane.shown();
    const picture = pane.picture();
    if (picture === null) return;
    const canvas = this.draw(pane, picture);
    let blob = null;
    try {
      blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
    } catch (error) {
      if (error.name !== "SecurityError") throw error;
      this.ask(pane);
      return;
    }
    if (blob === null) {
      player.say(player.words.no_picture);
      return;
    }
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = `${pane.camera.directory}_${utcText(picture.ms).replace(/[-:]/g, "")}.png`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
    player.say(fill(player.words.saved, { name: link.download }));
  }

  draw(pane, picture) {
    const { video, footage, camera } = pane;
    const { words, offsets } = this.player;
    const canvas = document.createElement("canvas");
    const size = Math.max(12, Math.round(video.videoWidth / 45));
    const local = localText(picture.ms, offsets);
    const number = picture.number === null ? "" : this.player.numbered(picture.number, footage.times);
    const lines = [
      [utcText(picture.ms), local].filter(Boolean).join("   "),
      camera.name,
      [footage.name, number].filter(Boolean).join("   "),
      words.illustration,
    ];
    canvas.width = video.videoWidth;
    canvas.height = video.videoHeight + Math.round(size * (lines.length * 1.35 + 0.6));
    const context = canvas.getContext("2d");
    context.drawImage(video, 0, 0, video.videoWidth, video.videoHeight);
    context.fillStyle = "#ffffff";
    context.fillRect(0, video.videoHeight, canvas.width, canvas.height - video.videoHeight);
    context.fillStyle = "#000000";
    context.textBaseline = "top";
    context.direction = "ltr";
    lines.forEach((line, index) => {
      context.font = `${index ? "" : "bold "}${size}px sans-serif`;
      context.fillText(line, size / 2, video.videoHeight + size * (0.5 + index * 1.35), canvas.width - size);
    });
    return canvas;
  }

  /** A page from a disk may show a file there, not read its pictures: the user hands the file over once. */
  ask(pane) {
    const { player } = this;
    this.pane = pane;
    this.chooser.hidden = false;
    this.chooser.querySelector("[data-part=wanted]").textContent = pane.footage.name;
    player.say(player.words.tainted);
    this.input.focus();
  }

  choose() {
    const { player } = this;
    const all = player.panes.flatMap((pane) => pane.files);
    const taken = new Set();
    for (const file of this.input.files) {
      for (const footage of all.filter((one) => one.name === file.name && one.size === file.size)) {
        if (footage.chosen) URL.revokeObjectURL(footage.chosen);
        footage.chosen = URL.createObjectURL(file);
        footage.failed = "";
        taken.add(footage);
      }
    }
    this.input.value = "";
    if (!taken.size) {
      player.say(player.words.other_file);
      return;
    }
    player.say(fill(player.words.chosen, { count: taken.size }));
    this.chooser.hidden = this.pane === null || taken.has(this.pane.footage);
    player.goTo(player.now);
  }
}
