// What a person would complain of, asked of the page itself: a function that gives the list of complaints.
(width, escapes) => {
  const complaints = [];
  const said = (text) => text.replace(/\s+/g, " ").trim().slice(0, 60);

  /** Whether it is meant to be seen, and is: not folded up, nor for screen readers alone. */
  const visible = (element) =>
    element.checkVisibility({ opacityProperty: true, visibilityProperty: true }) &&
    !element.closest("title, desc, .unseen, .skip, option, noscript, script, style");

  const texts = [];
  const nodes = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode;
    if (!node.textContent.trim() || !visible(node.parentElement)) continue;
    nodes.push(node);
    const range = document.createRange();
    range.selectNodeContents(node);
    texts.push({ element: node.parentElement, text: said(node.textContent), boxes: [...range.getClientRects()] });
  }

  // width: nothing sticks out but in a frame that scrolls
  if (document.documentElement.scrollWidth > width) complaints.push(`wide: ${document.documentElement.scrollWidth}`);
  for (const { element, text, boxes } of texts) {
    if (element.closest(".scroll, .canvas, pre")) continue;
    for (const box of boxes) {
      if (box.width && (box.left < -0.5 || box.right > width + 0.5)) complaints.push(`sticks out: ${text}`);
    }
  }
  for (const element of document.body.querySelectorAll("*")) {
    if (element.namespaceURI !== "http://www.w3.org/1999/xhtml" || !visible(element)) continue;
    const style = getComputedStyle(element);
    const cut = element.scrollWidth > element.clientWidth + 1 || element.scrollHeight > element.clientHeight + 1;
    if (!cut || style.overflowX === "visible" || style.display === "inline" || element === document.body) continue;
    if (!["VIDEO", "SELECT", "INPUT"].includes(element.tagName) && !element.matches("[tabindex], pre"))
      complaints.push(`cut: ${element.tagName}.${element.className} ${said(element.textContent)}`);
  }

  // words: a column so narrow that ordinary words fall into letters
  for (const node of nodes) {
    if (!node.parentElement.closest("td, th")) continue;
    for (const word of node.textContent.matchAll(/(?<!\S)\p{L}{2,13}(?!\S)/gu)) {
      const range = document.createRange();
      range.setStart(node, word.index);
      range.setEnd(node, word.index + word[0].length);
      if (range.getClientRects().length > 1) complaints.push(`broken: ${word[0]}`);
    }
  }

  // what is escaped because nobody sees it has no place where nothing means harm
  for (const { text } of texts) if (!escapes && text.includes("\\u{")) complaints.push(`escaped: ${text}`);

  // overlaps: no text lies on another; what scrolls is clipped by its frame
  const boxes = [];
  const above = (element) => {
    for (let one = element; one; one = one.parentElement) if (getComputedStyle(one).position === "sticky") return true;
    return false;
  };
  for (const { element, text, boxes: own } of texts) {
    if (above(element)) continue; // what stays in view covers what scrolls below it
    const frame = element.closest(".scroll, .canvas")?.getBoundingClientRect();
    for (const box of own) {
      const left = Math.max(box.left, frame?.left ?? -Infinity);
      const right = Math.min(box.right, frame?.right ?? Infinity);
      if (right - left > 1 && box.height > 1) boxes.push({ left, right, top: box.top, bottom: box.bottom, element, text });
    }
  }
  boxes.sort((one, other) => one.top - other.top);
  boxes.forEach((one, index) => {
    for (let next = index + 1; next < boxes.length && boxes[next].top < one.bottom; next += 1) {
      const other = boxes[next];
      const across = Math.min(one.right, other.right) - Math.max(one.left, other.left);
      const down = Math.min(one.bottom, other.bottom) - other.top;
      const most = 0.35 * Math.min(one.bottom - one.top, other.bottom - other.top); // boxes hold room above and below
      if (across > 2 && down > most && one.element !== other.element)
        complaints.push(`on each other: ${one.text} / ${other.text}`);
    }
  });

  // contrast (WCAG 2, 1.4.3)
  const colour = (text) => {
    const [red, green, blue, alpha = 1] = text.match(/[\d.]+/g).map(Number); // rgb() or rgba()
    return { rgb: [red, green, blue], alpha };
  };
  const over = (front, back) => front.rgb.map((value, index) => value * front.alpha + back[index] * (1 - front.alpha));
  const light = (rgb) => {
    const parts = rgb.map((value) => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
  };
  const behind = (element) => {
    const layers = [];
    for (let one = element; one; one = one.parentElement) {
      if (one.matches("svg.plan")) layers.push({ rgb: [255, 255, 255], alpha: 1 });
      const circle = one.matches("text.count") ? one.parentElement.querySelector("circle") : null;
      if (circle) layers.push(colour(getComputedStyle(circle).fill));
      if (one.namespaceURI === "http://www.w3.org/1999/xhtml") layers.push(colour(getComputedStyle(one).backgroundColor));
    }
    return layers.reverse().reduce((back, layer) => over(layer, back), [255, 255, 255]);
  };
  let contrasts = 0;
  for (const { element, text } of texts) {
    const style = getComputedStyle(element);
    const back = behind(element);
    const front = over(colour(element.namespaceURI.endsWith("svg") ? style.fill : style.color), back);
    const [dark, bright] = [light(front), light(back)].sort((one, other) => one - other);
    const ratio = (bright + 0.05) / (dark + 0.05);
    if (ratio < 4.5) complaints.push(`contrast ${ratio.toFixed(2)}: ${text}`);
    contrasts += 1;
  }
  if (!contrasts) complaints.push("nothing to read");
  return [...new Set(complaints)];
}
