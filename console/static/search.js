// Finding one class among many: words in any order, best match first in line for Enter.

function words(text) {
  return text.toLowerCase().normalize("NFKD").replace(/\p{M}/gu, "").split(/[^\p{L}\p{N}]+/u).filter(Boolean);
}

export class Search {
  constructor(input, found, buttons, choose) {
    this.input = input;
    this.found = found;
    this.buttons = buttons;
    this.names = buttons.map((b) => words(`${b.dataset.label} ${b.title}`));
    this.choose = choose;
    input.addEventListener("input", () => this.filter());
    input.addEventListener("keydown", (event) => this.press(event));
  }

  filter() {
    const asked = words(this.input.value);
    const hits = this.buttons.filter((button, i) => {
      const hit = asked.every((word) => this.names[i].some((name) => name.startsWith(word)));
      button.hidden = !hit;
      button.classList.remove("first");
      return hit;
    });
    if (asked.length && hits.length) hits[0].classList.add("first");
    this.found.textContent = asked.length ? (hits.length ? `${hits.length} found; Enter takes ${hits[0].dataset.label}` : "None found") : "";
    return hits;
  }

  clear() {
    if (this.input.value) {
      this.input.value = "";
      this.filter();
    }
    if (document.activeElement === this.input) this.input.blur();
  }

  press(event) {
    if (event.key === "Enter") {
      event.preventDefault();
      const hits = this.filter();
      if (this.input.value.trim() && hits.length) this.choose(hits[0].dataset.label);
    } else if (event.key === "ArrowDown") {
      event.preventDefault();
      this.filter()[0]?.focus();
    } else if (event.key === "Escape") {
      this.clear();
    }
  }
}
