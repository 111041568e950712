// Offsets in a text. The console counts characters as Python does (code points), the browser counts
// UTF-16 units, and a character above U+FFFF has two of those.

export class Offsets {
  constructor(text) {
    this.wide = Array.from(text.matchAll(/[\u{10000}-\u{10FFFF}]/gu), (found) => found.index);
    this.characters = text.length - this.wide.length;
  }

  toUnits(characters) {
    return characters + this.#before((i) => this.wide[i] - i < characters);
  }

  toCharacters(units) {
    return units - this.#before((i) => this.wide[i] < units);
  }

  // How many wide characters are before an offset, by halving.
  #before(isBefore) {
    let [low, high] = [0, this.wide.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (isBefore(middle)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
