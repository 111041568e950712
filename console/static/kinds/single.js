// One class an item: a button each, by click, key or search.
//
// A part is made once: `answer(text)` takes an answer as the kind writes it. `put(item)` shows what was
// answered or suggested, `off()` waits for an item, `action(key)` is what a key does (undefined: not
// its key), `told(answer, opinions, text)` says an answer about a text in words or elements, beside those
// of others. A part may also have `move(event)` for keys that repeat or are pressed with others (true: its
// key) and `back()`, which takes back what was not answered yet (false: nothing).

import { Search } from "../search.js";

export class Part {
  constructor(page, answer) {
    this.answer = answer;
    this.buttons = [...page.querySelectorAll(".class")];
    this.byKey = new Map(this.buttons.filter((b) => b.dataset.key).map((b) => [b.dataset.key, b.dataset.label]));
    this.input = page.getElementById("search");
    this.search = new Search(this.input, page.getElementById("found"), this.buttons, (label) => this.choose(label));
    for (const b of this.buttons) b.addEventListener("click", () => this.choose(b.dataset.label));
  }

  choose(label) {
    this.answer(label);
  }

  put(item) {
    this.search.clear();
    for (const b of this.buttons) {
      b.disabled = false;
      b.classList.toggle("chosen", item.given?.outcome === "label" && b.dataset.label === item.given.label);
      b.classList.toggle("suggested", b.dataset.label === item.suggestion);
    }
  }

  off() {
    for (const b of this.buttons) b.disabled = true;
  }

  action(key) {
    const label = this.byKey.get(key) ?? this.byKey.get(key.toLowerCase());
    if (label !== undefined) return () => this.choose(label);
    if (key === "/") return () => { if (!this.input.closest(".find").hidden) this.input.focus(); };
    return undefined;
  }

  told(label) {
    return label;
  }
}
