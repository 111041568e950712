// A text on the screen with stretches marked in it: what is drawn, where it is, and what is under a point.
// Stretches are {start, end} in UTF-16 units. The cursor is drawn without touching the text.

import { element } from "../view.js";

const CURSOR = "cursor";

export class Paper {
  constructor(into, text, words) {
    this.into = into;
    this.words = words;
    this.box = into.closest(".item");
    this.text = text;
    this.cursor = null;
    this.pieces = [];
    // What a key changes is said elsewhere; the whole text is not read out again.
    into.setAttribute("aria-live", "off");
  }

  // `layers`: stretches with a `layer` (span, proposed, hint), a `name`, and a `tone` of their class.
  // What looks as before stays as it is: a mark in a long text is drawn with what is around it.
  draw(layers) {
    const old = this.pieces;
    const drawn = cut(this.text, layers);
    const same = (a, b) => a && a.start === b.start && a.end === b.end && a.look === b.look;
    const least = Math.min(old.length, drawn.length);
    let [before, behind] = [0, 0];
    while (before < least && same(old[before], drawn[before])) before += 1;
    while (behind < least - before && same(old.at(-1 - behind), drawn.at(-1 - behind))) behind += 1;
    const made = drawn.slice(before, drawn.length - behind).map((one) => written(one, this.text));
    if (before + behind) {
      const next = behind ? old.at(-behind).made : null;
      for (const one of old.slice(before, old.length - behind)) one.made.remove();
      for (const one of made) this.into.insertBefore(one.made, next);
    } else this.into.replaceChildren(...made.map((one) => one.made));
    this.pieces = [...old.slice(0, before), ...made, ...old.slice(old.length - behind)];
    this.places = new Map(this.pieces.map(({ start, node }) => [node, start]));
    if (this.cursor) this.point(this.cursor);
  }

  // Puts the cursor on a stretch.
  point(stretch) {
    this.cursor = stretch;
    const range = this.range(stretch);
    if (CSS.highlights) CSS.highlights.set(CURSOR, new Highlight(range));
    else {
      getSelection().removeAllRanges();
      getSelection().addRange(range);
    }
  }

  off() {
    CSS.highlights?.delete(CURSOR);
  }

  range({ start, end }) {
    const range = document.createRange();
    range.setStart(...this.#place(start, false));
    range.setEnd(...this.#place(end, true));
    return range;
  }

  #place(offset, asEnd) {
    let [low, high] = [0, this.pieces.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.pieces[middle].start < offset || (!asEnd && this.pieces[middle].start === offset)) low = middle;
      else high = middle - 1;
    }
    const { start, node } = this.pieces[low];
    return [node, Math.min(offset - start, node.length)];
  }

  // Scrolls so that the cursor has some lines around it.
  reveal() {
    const [here, box] = [this.range(this.cursor).getBoundingClientRect(), this.box.getBoundingClientRect()];
    const around = Math.min(2.5 * this.lineHeight, box.height / 4);
    if (here.top < box.top + around) this.box.scrollTop += here.top - box.top - around;
    else if (here.bottom > box.bottom - around) this.box.scrollTop += Math.min(here.bottom - box.bottom + around, here.top - box.top - around);
    if (box.top < 0 || box.bottom > innerHeight) this.box.scrollIntoView({ block: "nearest" });
  }

  get lineHeight() {
    return Number.parseFloat(getComputedStyle(this.into).lineHeight) || 24;
  }

  get rightToLeft() {
    return getComputedStyle(this.into).direction === "rtl";
  }

  // The offset of a place in the document; before or behind the text, its ends.
  offset(node, at) {
    if (this.places.has(node)) return this.places.get(node) + at;
    const range = document.createRange();
    range.selectNodeContents(this.into);
    const side = range.comparePoint(node, at);
    if (side) return side < 0 ? 0 : this.text.length;
    range.setEnd(node, at);
    return range.toString().length;
  }

  // The offset under a point of the window; null if there is no text.
  under(x, y) {
    const caret = document.caretPositionFromPoint?.(x, y) ?? document.caretRangeFromPoint?.(x, y);
    const [node, at] = caret ? [caret.offsetNode ?? caret.startContainer, caret.offset ?? caret.startOffset] : [];
    return node && this.into.contains(node) ? this.offset(node, at) : null;
  }

  // The offset that was clicked: a tag belongs to the stretch before it.
  clicked(event) {
    const offset = this.under(event.clientX, event.clientY);
    const inside = event.target.closest?.("mark")?.firstChild;
    if (offset === null || !this.places.has(inside)) return offset;
    const start = this.places.get(inside);
    return Math.min(Math.max(offset, start), start + inside.length - 1);
  }

  // What the mouse or a finger selected.
  get selected() {
    const chosen = getSelection();
    if (!chosen.rangeCount || chosen.isCollapsed || !chosen.containsNode(this.into, true)) return null;
    const range = chosen.getRangeAt(0);
    return { start: this.offset(range.startContainer, range.startOffset), end: this.offset(range.endContainer, range.endOffset) };
  }
}

// The text in pieces that each look alike: {start, end, look}.
function cut(text, layers) {
  const starts = [...layers].sort((a, b) => a.start - b.start || b.end - a.end);
  const cuts = [...new Set([0, text.length, ...layers.flatMap((s) => [s.start, s.end])])].sort((a, b) => a - b);
  const parts = [];
  let open = [];
  let next = 0;
  for (let i = 0; i + 1 < cuts.length; i += 1) {
    const [start, end] = [cuts[i], cuts[i + 1]];
    open = open.filter((s) => s.end > start);
    while (next < starts.length && starts[next].start <= start) open.push(starts[next++]);
    parts.push({ start, end, look: open.length ? JSON.stringify(look(open, start, end)) : "" });
  }
  return parts;
}

function written(piece, text) {
  const node = document.createTextNode(text.slice(piece.start, piece.end));
  return { ...piece, node, made: piece.look ? element("mark", JSON.parse(piece.look), node) : node };
}

// The attributes of a piece under some stretches.
function look(open, start, end) {
  const of = (layer) => open.filter((s) => s.layer === layer);
  const [spans, proposed, hints] = [of("span"), of("proposed"), of("hint")];
  const shown = spans.length ? spans : proposed;
  const named = (all) => [...new Set(all.map((s) => s.name))];
  if (!shown.length) return { class: "hint", title: named(hints).join(", ") };
  const inner = shown.reduce((a, b) => (b.end - b.start <= a.end - a.start ? b : a));
  const made = { class: inner.layer, "data-tone": inner.tone, "data-name": inner.name, title: named(shown).join(", ") };
  if (shown.length > 1) made["data-deep"] = Math.min(shown.length, 3);
  if (shown.some((s) => s.start === start)) made["data-begins"] = "";
  const done = named(shown.filter((s) => s.end === end));
  if (done.length) made["data-tag"] = done.join(" · ");
  return made;
}
