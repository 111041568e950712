// What is selected in a text: a word, moved by keys, or a stretch from where it began to where it is.

export class Cursor {
  constructor(paper, moved) {
    this.paper = paper;
    this.words = paper.words;
    this.moved = moved;
    this.from = this.to = null;
    this.byHand = false;
    this.column = null;
  }

  start() {
    this.from = this.to = this.words.first ?? null;
    if (this.to) this.paper.point(this.to);
  }

  get at() {
    if (!this.to) return null;
    return { start: Math.min(this.from.start, this.to.start), end: Math.max(this.from.end, this.to.end) };
  }

  // The same without blanks around it; null if nothing is left.
  get chosen() {
    return this.to && this.words.whole(this.at, false);
  }

  // `byHand`: chosen letter by letter or word by word, and not moved onto.
  go(stretch, { extend = false, byHand = extend, column = null, quiet = false } = {}) {
    this.to = { start: stretch.start, end: stretch.end };
    if (!extend) this.from = this.to;
    this.byHand = byHand;
    this.column = column;
    this.paper.point(this.at);
    this.paper.reveal();
    if (!quiet) this.moved();
  }

  // What is selected with an edge (`start` or `end`) one letter further to the left (-1) or right (1), blanks
  // passed over; null where it can go no further.
  edged(edge, by) {
    const ahead = this.paper.rightToLeft ? -by : by;
    const { start, end } = this.chosen;
    let letter = this.words.letter(edge === "start" ? start : end - 1);
    do {
      const next = this.words.stepLetter(letter, ahead);
      if (next === letter) return null;
      letter = next;
    } while (!this.paper.text.slice(letter.start, letter.end).trim());
    const to = edge === "start" ? { start: letter.start, end } : { start, end: letter.end };
    return to.start < to.end ? to : null;
  }

  // Does what a key means; false if it means nothing here.
  press(key, { extend, letters }) {
    if (!this.to) return false;
    const ahead = this.paper.rightToLeft ? -1 : 1;
    const by = { ArrowRight: ahead, ArrowLeft: -ahead }[key];
    if (by && letters) this.#byLetter(by, extend);
    else if (by) this.#byWord(by, extend);
    else if (key === "Home") this.go(this.words.first, { extend });
    else if (key === "End") this.go(this.words.last, { extend });
    else if (key === "ArrowDown" || key === "ArrowUp") this.#byLine(key === "ArrowDown" ? 1 : -1, extend);
    else if (key === "PageDown" || key === "PageUp") this.#byPage(key === "PageDown" ? 1 : -1, extend);
    else if (key === "Escape" && this.from !== this.to) this.go(this.words.at(this.to.start));
    else return false;
    getSelection().removeAllRanges();
    if (!CSS.highlights) this.paper.point(this.at);
    return true;
  }

  #byWord(by, extend) {
    const word = this.words.step(this.to, by);
    // From within a word a selection goes on to its end, and not back to its beginning.
    if (extend && by > 0) this.go({ start: Math.max(word.start, this.to.start), end: word.end }, { extend });
    else if (extend) this.go({ start: word.start, end: Math.min(word.end, this.to.end) }, { extend });
    else this.go(word);
  }

  // Into a word from its side; with `extend` the moving end goes on by one letter, or back.
  #byLetter(by, extend) {
    const { start, end } = this.at;
    const [first, last] = [this.words.letter(start), this.words.letter(end - 1)];
    if (extend) {
      const onward = this.to.end >= this.from.end && this.to.start >= this.from.start;
      this.from = onward ? first : last;
      this.go(this.words.stepLetter(onward ? last : first, by), { extend });
    } else {
      const one = first.start === last.start;
      this.go(one ? this.words.stepLetter(first, by) : by > 0 ? first : last, { byHand: true });
    }
  }

  #byLine(by, extend) {
    this.paper.reveal();
    const rects = this.paper.range(this.to).getClientRects();
    const rect = rects[by > 0 ? rects.length - 1 : 0];
    const x = this.column ?? (rect.left + rect.right) / 2;
    for (const lines of [1, 1.6, 2.3]) {
      const offset = this.paper.under(x, (rect.top + rect.bottom) / 2 + by * lines * this.paper.lineHeight);
      const word = offset === null ? null : this.words.at(offset);
      if (word && (by > 0 ? word.start > this.to.start : word.end < this.to.end)) {
        this.go(word, { extend, column: x });
        return;
      }
    }
    this.go(this.words.step(this.to, by), { extend });
  }

  #byPage(by, extend) {
    this.paper.reveal();
    const rect = this.paper.range(this.to).getBoundingClientRect();
    const { box } = this.paper;
    const before = box.scrollTop;
    box.scrollTop += by * 0.8 * box.clientHeight;
    const moved = Math.abs(box.scrollTop - before) > 1;
    const offset = moved ? this.paper.under((rect.left + rect.right) / 2, (rect.top + rect.bottom) / 2) : null;
    this.go(offset === null ? (by > 0 ? this.words.last : this.words.first) : this.words.at(offset), { extend });
  }
}
