// Any number of classes an item: a toggle each, and one key that confirms what is chosen.

import { element } from "../view.js";
import { Part as Single } from "./single.js";

function names(answer) {
  return answer.startsWith("[") ? JSON.parse(answer) : [answer];
}

export class Part extends Single {
  constructor(page, answer) {
    super(page, answer);
    this.chosen = new Set();
    this.item = null;
    this.limits = JSON.parse(page.getElementById("classes").dataset.limits);
    this.change = page.getElementById("change");
    this.summary = page.getElementById("chosen");
    this.confirmButton = page.getElementById("confirm");
    this.noneButton = page.getElementById("none");
    this.takeButton = page.getElementById("take");
    this.confirmButton.addEventListener("click", () => this.confirm());
    this.noneButton.addEventListener("click", () => this.none());
    this.takeButton.addEventListener("click", () => this.take());
  }

  put(item) {
    super.put(item);
    this.item = item;
    const suggested = new Set(item.suggestion ? names(item.suggestion) : []);
    const said = item.opinions.filter((o) => o.outcome === "label").map((o) => names(o.label));
    for (const b of this.buttons) {
      b.classList.toggle("suggested", suggested.has(b.dataset.label));
      const n = said.filter((one) => one.includes(b.dataset.label)).length;
      const count = b.querySelector(".count");
      count.textContent = `${n} of ${said.length}`;
      count.hidden = n === 0;
      count.classList.toggle("torn", n < said.length);
    }
    this.confirmButton.disabled = this.noneButton.disabled = false;
    this.takeButton.hidden = !item.suggestion;
    this.set(item.given?.outcome === "label" ? names(item.given.label) : []);
  }

  off() {
    super.off();
    this.item = null;
    this.confirmButton.disabled = this.noneButton.disabled = true;
    this.takeButton.hidden = true;
    this.set([]);
  }

  action(key) {
    if (key === "Enter") return () => this.confirm();
    if (key === "0") return () => this.none();
    if (key === "=") return () => this.take();
    return super.action(key);
  }

  choose(label) {
    this.search.clear();
    // Enter then means what is chosen, and not a button that was pressed before.
    if (document.activeElement?.matches("button:not([role=checkbox])")) document.activeElement.blur();
    if (!this.item) return;
    const chosen = new Set(this.chosen);
    if (chosen.delete(label)) {
      this.set(chosen, `${label} off.`);
      return;
    }
    const rivals = this.limits.excludes.filter((group) => group.includes(label)).flat();
    const gone = this.inOrder(rivals.filter((name) => chosen.delete(name)));
    if (this.limits.at_most !== null && chosen.size >= this.limits.at_most) {
      this.say(`${this.atMost()}: turn another off before ${label}.`);
      return;
    }
    this.set(chosen.add(label), gone.length ? "" : `${label} on.`);
    if (gone.length) this.say(`${label} on, ${gone.join(", ")} off: only one of them may apply.`);
    this.buttons.find((b) => b.dataset.label === label).scrollIntoView({ block: "nearest" });
  }

  confirm() {
    if (this.chosen.size) this.give(this.chosen);
    else this.say(this.limits.none_allowed ? "Nothing is chosen yet: choose a class, or None of these." : "Nothing is chosen yet: at least one class applies.");
  }

  none() {
    if (this.limits.none_allowed) this.give([]);
    else this.say("At least one class applies.");
  }

  take() {
    if (this.item?.suggestion) this.give(names(this.item.suggestion));
  }

  give(chosen) {
    const problem = this.problem(chosen);
    if (problem) this.say(problem);
    else this.answer(JSON.stringify([...chosen].sort()));
  }

  // What is suggested or was answered before may come from other limits than today's.
  problem(chosen) {
    const all = [...chosen];
    if (!all.length && !this.limits.none_allowed) return "At least one class applies.";
    for (const group of this.limits.excludes) {
      const both = all.filter((name) => group.includes(name));
      if (both.length > 1) return `Only one of ${both.join(", ")} may apply: turn the others off.`;
    }
    return this.limits.at_most !== null && all.length > this.limits.at_most ? `${this.atMost()}, and ${all.length} are chosen.` : "";
  }

  atMost() {
    return this.limits.at_most === 1 ? "At most 1 class may apply" : `At most ${this.limits.at_most} classes may apply`;
  }

  // `spoken` is for those who do not see the toggle change.
  set(chosen, spoken = "") {
    this.chosen = new Set(chosen);
    for (const b of this.buttons) {
      const on = this.chosen.has(b.dataset.label);
      b.setAttribute("aria-checked", on);
      b.classList.toggle("chosen", on);
    }
    this.say(spoken, true);
    const all = this.inOrder(this.chosen);
    this.summary.replaceChildren(...(all.length ? [`${all.length} chosen: `, ...listed(all)] : []));
  }

  say(text, unseen = false) {
    this.change.textContent = text;
    this.change.classList.toggle("visually-hidden", unseen);
  }

  inOrder(chosen) {
    const all = new Set(chosen);
    return this.buttons.map((b) => b.dataset.label).filter((name) => all.has(name));
  }

  told(answer, opinions = []) {
    const said = opinions.filter((o) => o.outcome === "label").map((o) => names(o.label));
    const all = names(answer);
    return all.length ? listed(all, (name) => said.some((one) => !one.includes(name))) : "none of these";
  }
}

function listed(all, torn = () => false) {
  return all.flatMap((name, i) => [...(i ? [", "] : []), torn(name) ? element("bdi", { class: "torn", title: "not everybody says so" }, name) : element("bdi", {}, name)]);
}
