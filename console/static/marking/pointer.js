// Selecting in a text by mouse and by touch.

export class Pointer {
  // `select(stretch, byHand)` for what was drawn over, `click(offset, extend)` for a point.
  constructor(page, select, click) {
    this.paper = null;
    this.select = select;
    this.kind = "mouse";
    this.began = false;
    const box = page.getElementById("item");
    page.addEventListener("pointerdown", (event) => {
      this.kind = event.pointerType;
      this.began = Boolean(this.paper?.into.contains(event.target));
    });
    // A mouse takes whole words, with Alt whole letters; the handles of a finger are exact already.
    page.addEventListener("mouseup", (event) => {
      if (this.began && this.kind === "mouse") this.#take(!event.altKey);
    });
    page.addEventListener("selectionchange", () => {
      if (this.kind !== "mouse") this.#take(false);
    });
    box.addEventListener("click", (event) => {
      if (!this.paper || !getSelection().isCollapsed || !this.paper.into.contains(event.target)) return;
      const offset = this.paper.clicked(event);
      if (offset !== null) click(offset, event.shiftKey);
    });
  }

  #take(words) {
    const drawn = this.paper?.selected;
    const whole = drawn && this.paper.words.whole(drawn, words);
    if (whole) this.select(whole, true);
  }
}
