// Words and letters of a text, as stretches {start, end} in UTF-16 units. A letter is what readers take
// for one: with its marks, its joiners, and all of an emoji.

const LETTERS = new Intl.Segmenter("en", { granularity: "grapheme" });
const WORDS = new Intl.Segmenter("en", { granularity: "word" });

const stretch = ({ index, segment }) => ({ start: index, end: index + segment.length });

export class Words {
  constructor(text) {
    this.text = text;
    this.letters = LETTERS.segment(text);
    const all = [...WORDS.segment(text)];
    // Punctuation is passed over, unless there is nothing else.
    const kinds = [/[\p{L}\p{N}\p{S}\p{M}]/u, /\S/u, /^/u];
    this.all = kinds.map((kind) => all.filter((one) => kind.test(one.segment))).find((some) => some.length)?.map(stretch) ?? [];
  }

  get first() { return this.all[0]; }
  get last() { return this.all.at(-1); }

  letter(at) {
    return stretch(this.letters.containing(Math.min(Math.max(at, 0), this.text.length - 1)));
  }

  // The next word that reaches further, also the rest of a word; at the end, the last.
  step(from, by) {
    if (by > 0) return this.all[this.#count((word) => word.end <= from.end)] ?? this.last;
    return this.all[this.#count((word) => word.start < from.start) - 1] ?? this.first;
  }

  stepLetter(from, by) {
    const at = by > 0 ? from.end : from.start - 1;
    return at < 0 || at >= this.text.length ? from : this.letter(at);
  }

  // The word at an offset, or the nearest.
  at(offset) {
    const next = this.#count((word) => word.end <= offset);
    const [before, after] = [this.all[next - 1], this.all[next]];
    if (!before || !after) return after ?? before;
    return after.start - offset > offset - before.end ? before : after;
  }

  // Whole letters, without blanks around them; whole words, too, where asked.
  whole({ start, end }, words) {
    if (end <= start) return null;
    const blanks = (part) => /^\s*/u.exec(part)[0].length;
    const part = this.text.slice(start, end);
    if (!part.trim()) return null;
    start += blanks(part);
    end = start + part.trim().length;
    start = this.letter(start).start;
    end = this.letter(end - 1).end;
    if (words) {
      start = Math.min(start, this.#around(start)?.start ?? start);
      end = Math.max(end, this.#around(end - 1)?.end ?? end);
    }
    return { start, end };
  }

  #around(offset) {
    const word = this.all[this.#count((one) => one.end <= offset)];
    return word && word.start <= offset ? word : null;
  }

  #count(isBefore) {
    let [low, high] = [0, this.all.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (isBefore(this.all[middle])) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
