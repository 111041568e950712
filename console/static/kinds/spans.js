// Stretches of a text, each of one class: words are selected, a class marks them, one key confirms all.

import { Cursor } from "../marking/cursor.js";
import { Offsets } from "../marking/offsets.js";
import { Paper } from "../marking/paper.js";
import { Pointer } from "../marking/pointer.js";
import { Words } from "../marking/words.js";
import { element } from "../view.js";
import { Part as Single } from "./single.js";

const MOST_TOLD = 6;
const MOST_TORN = 30;
const LONGEST_QUOTE = 60;

const inOrder = (a, b) => a.start - b.start || a.end - b.end || (a.name < b.name ? -1 : Number(a.name > b.name));
const same = (a, b) => a.start === b.start && a.end === b.end && a.name === b.name;
const meet = (a, b) => a.start < b.end && b.start < a.end;
const within = (a, b) => b.start <= a.start && a.end <= b.end;
const counted = (n) => `${n.toLocaleString("en")} marked`;

export class Part extends Single {
  constructor(page, answer) {
    super(page, answer);
    this.page = page;
    this.mayOverlap = page.getElementById("classes").dataset.overlap === "yes";
    this.tones = new Map(this.buttons.map((b) => [b.dataset.label, b.dataset.tone]));
    for (const name of ["change", "chosen", "confirm", "none", "take", "unmark", "beside", "undo"]) this[`${name}Box`] = page.getElementById(name);
    this.edges = [...page.querySelectorAll("#edges button")];
    this.cursor = null;
    this.off();
    this.confirmBox.addEventListener("click", () => this.confirm());
    this.noneBox.addEventListener("click", () => this.none());
    this.takeBox.addEventListener("click", () => this.take());
    this.unmarkBox.addEventListener("click", () => this.unmark());
    this.besideBox.addEventListener("click", () => this.oneMore());
    // A click on a class leaves focus and selection where they are.
    for (const b of this.edges) b.addEventListener("click", () => this.edge(b.dataset.edge, Number(b.dataset.by)));
    for (const b of [...this.buttons, ...this.edges, this.unmarkBox, this.besideBox]) b.addEventListener("mousedown", (event) => event.preventDefault());
    this.pointer = new Pointer(page, (stretch, byHand) => this.cursor?.go(stretch, { byHand }), (offset, extend) => this.clicked(offset, extend));
  }

  put(item) {
    this.off();
    super.put(item);
    const text = this.page.querySelector("#item .text");
    this.confirmBox.disabled = this.noneBox.disabled = false;
    this.text = item.text;
    this.offsets = new Offsets(item.text);
    const suggested = this.read(item.suggestion);
    const said = item.opinions.filter((o) => o.outcome === "label").map((o) => this.read(o.label));
    const agreed = said.length > 1 ? shared(said) : [];
    this.proposed = [...suggested, ...said.flat().filter((s) => !agreed.some((a) => same(a, s)))];
    this.takeBox.hidden = !suggested.length;
    this.suggested = suggested;
    this.hints = item.highlights.map((h) => this.inUnits(h.start, h.end, String(h.rule ?? ""))).filter(Boolean);
    this.spans = item.given?.outcome === "label" ? this.read(item.given.label) : agreed;
    if (text) {
      this.paper = this.pointer.paper = new Paper(text, item.text, new Words(item.text));
      this.cursor = new Cursor(this.paper, () => this.moved());
    }
    this.show();
    this.cursor?.start();
    this.lit();
  }

  off() {
    super.off();
    this.paper?.off();
    Object.assign(this, { paper: null, cursor: null, text: "", spans: [], proposed: [], suggested: [], hints: [], before: [], adding: false });
    if (this.pointer) this.pointer.paper = null;
    this.confirmBox.disabled = this.noneBox.disabled = this.unmarkBox.disabled = this.besideBox.disabled = true;
    this.takeBox.hidden = true;
    this.say("", true);
    this.show();
  }

  // Spans of an answer, in UTF-16 units; those outside the text are left out.
  read(answer, offsets = this.offsets) {
    return JSON.parse(answer ?? "[]").map(([start, end, name]) => this.inUnits(start, end, name, offsets)).filter(Boolean).sort(inOrder);
  }

  inUnits(start, end, name, offsets = this.offsets) {
    if (!Number.isInteger(start) || !Number.isInteger(end) || start < 0 || end <= start || end > offsets.characters) return null;
    return { start: offsets.toUnits(start), end: offsets.toUnits(end), name };
  }

  // Keys

  action(key) {
    if (key === "Enter") return () => this.confirm();
    if (key === "0") return () => this.none();
    if (key === "=") return () => this.take();
    if (key === "-" || key === "Delete") return () => this.unmark();
    if (key === "+" && this.mayOverlap) return () => this.oneMore();
    return super.action(key);
  }

  // Keys that move, also with Shift, Ctrl or Alt; true if it was one.
  move(event) {
    if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === "z") return this.back();
    if (!this.cursor || event.metaKey) return false;
    const apart = event.ctrlKey || event.altKey;
    if (apart && (event.key === "ArrowUp" || event.key === "ArrowDown")) return this.jump(event.key === "ArrowDown" ? 1 : -1);
    return this.cursor.press(event.key, { extend: event.shiftKey, letters: apart });
  }

  // From mark to mark, and to what is proposed.
  jump(by) {
    const here = this.cursor.at;
    const all = [...this.spans, ...this.proposed].sort(inOrder);
    const next = by > 0 ? all.find((s) => s.start > here.start || (s.start === here.start && s.end > here.end))
      : all.findLast((s) => s.start < here.start || (s.start === here.start && s.end < here.end));
    if (next) this.cursor.go(next);
    else this.say(by > 0 ? "No mark further on." : "No mark before this one.");
    return true;
  }

  clicked(offset, extend) {
    if (!this.cursor) return;
    const word = this.paper.words.at(offset);
    const under = [...this.spans, ...this.proposed].filter((s) => s.start <= offset && offset < s.end).sort((a, b) => a.end - a.start - (b.end - b.start))[0];
    const again = under && under.start === this.cursor.at.start && under.end === this.cursor.at.end;
    this.cursor.go(!extend && under && !again ? under : word, { extend });
  }

  // Marks

  choose(label) {
    this.search.clear();
    const at = this.cursor?.chosen;
    if (!at) {
      this.say("Select words first.");
      return;
    }
    const made = { start: at.start, end: at.end, name: label };
    const held = this.adding ? null : this.held();
    if (held) made.start = held.start, made.end = held.end;
    if (this.spans.some((s) => same(s, made))) {
      this.say(`${label} already.`);
      return;
    }
    const gone = held ? [held] : this.mayOverlap ? [] : this.spans.filter((s) => meet(s, made));
    this.change([...this.spans.filter((s) => !gone.includes(s)), made]);
    const lost = gone.map((s) => (held ? `not ${s.name}` : `in place of ${this.quote(s)}, ${s.name}`));
    this.say([`${label}: ${this.quote(made)}`, ...lost].join(", ") + ".", held !== null || !lost.length);
    this.cursor.go(made, { quiet: true });
  }

  // The mark that a key is about: the one that is selected, or around a word where marks cannot overlap.
  held() {
    const at = this.cursor.at;
    const exact = this.spans.findLast((s) => s.start === at.start && s.end === at.end);
    if (exact || this.mayOverlap || this.cursor.byHand) return exact ?? null;
    return this.spans.find((s) => within(at, s)) ?? null;
  }

  unmark() {
    const at = this.cursor?.at;
    if (!at) return;
    const held = this.held();
    const inner = this.spans.filter((s) => within(at, s)).sort((a, b) => a.end - a.start - (b.end - b.start))[0];
    const gone = held ? [held] : this.cursor.byHand ? this.spans.filter((s) => meet(s, at)) : [inner].filter(Boolean);
    if (!gone.length) {
      this.say("Nothing is marked here.");
      return;
    }
    this.change(this.spans.filter((s) => !gone.includes(s)));
    this.say(`Unmarked: ${gone.map((s) => `${this.quote(s)}, ${s.name}`).join("; ")}.`, true);
  }

  // Moves an edge of what is selected by a letter, and of the mark that it is.
  edge(edge, by) {
    const at = this.cursor?.chosen;
    const to = at && this.cursor.edged(edge, by);
    if (!to) return;
    const held = this.spans.findLast((s) => s.start === at.start && s.end === at.end);
    const others = this.spans.filter((s) => s !== held);
    const other = held && others.find((s) => (this.mayOverlap ? s.name === held.name : true) && meet(s, to));
    if (other) {
      this.say(`${this.quote(other)}, ${other.name} is there.`);
      return;
    }
    if (held) this.change([...others, { ...to, name: held.name }]);
    this.cursor.go(to, { byHand: true });
  }

  oneMore() {
    if (!this.mayOverlap || !this.cursor) return;
    this.adding = true;
    this.say("The next class is marked on the same words, beside what is there.");
  }

  take() {
    const free = this.suggested.filter((s) => !this.spans.some((o) => same(o, s) || (!this.mayOverlap && meet(o, s))));
    if (!this.suggested.length) return;
    if (free.length) this.change([...this.spans, ...free]);
    const left = this.suggested.filter((s) => !this.spans.some((o) => same(o, s))).length;
    this.say(`${free.length} taken.${left ? ` ${left} ${left === 1 ? "overlaps" : "overlap"} what is marked.` : ""}`, !left);
  }

  change(spans) {
    this.before.push(this.spans);
    this.spans = spans.sort(inOrder);
    this.adding = false;
    this.undoBox.disabled = false;
    this.show();
  }

  // Takes the last change back; false if there is none.
  back() {
    if (!this.before.length) return false;
    this.spans = this.before.pop();
    this.show();
    this.say(`Undone. ${counted(this.spans.length)}.`, true);
    return true;
  }

  // Answers

  confirm() {
    if (!this.spans.length) {
      this.say("Nothing is marked yet: mark words, or say that there is Nothing to mark.");
      return;
    }
    const clash = this.mayOverlap ? null : this.spans.find((s, i) => i && s.start < this.spans[i - 1].end);
    if (clash) {
      this.cursor.go(clash);
      this.say("This overlaps another mark: unmark one of them.");
      return;
    }
    this.answer(JSON.stringify(this.spans.map((s) => [this.offsets.toCharacters(s.start), this.offsets.toCharacters(s.end), s.name])));
  }

  none() {
    if (this.spans.length) this.say("Something is marked: unmark it first, or confirm it.");
    else this.answer("[]");
  }

  // What is seen and heard

  show() {
    const layer = (name, all) => all.map((s) => ({ ...s, layer: name, tone: this.tones.get(s.name) ?? "0" }));
    const open = this.proposed.filter((p) => !this.spans.some((s) => same(s, p)));
    this.paper?.draw([...layer("hint", this.hints), ...layer("proposed", open), ...layer("span", this.spans)]);
    for (const b of this.buttons) {
      const n = this.spans.filter((s) => s.name === b.dataset.label).length;
      const count = b.querySelector(".count");
      count.textContent = n ? n.toLocaleString("en") : "";
      count.hidden = !n;
    }
    this.chosenBox.textContent = this.text ? counted(this.spans.length) : "";
    this.lit();
  }

  moved() {
    this.adding = false;
    const at = this.cursor.at;
    const here = this.lit();
    const offered = this.proposed.filter((s) => within(at, s) && !here.some((h) => same(h, s)));
    this.say([this.quote(at), ...here.map((s) => s.name), ...offered.map((s) => `${s.name} proposed`)].join(", "), true);
  }

  // Lights the classes of what is marked under the cursor, and returns it.
  lit() {
    const at = this.cursor?.at;
    const here = at ? this.spans.filter((s) => within(at, s)) : [];
    for (const b of this.buttons) b.classList.toggle("chosen", here.some((s) => s.name === b.dataset.label));
    this.unmarkBox.disabled = !at || !this.spans.some((s) => meet(s, at));
    this.besideBox.disabled = !here.length;
    for (const b of this.edges) b.disabled = !at;
    return here;
  }

  say(text, unseen = false) {
    this.changeBox.textContent = text;
    this.changeBox.classList.toggle("visually-hidden", unseen);
  }

  quote({ start, end }, text = this.text) {
    const words = text.slice(start, end).replace(/\s+/gu, " ").trim();
    const half = LONGEST_QUOTE / 2;
    return words.length > LONGEST_QUOTE ? `${Array.from(words).slice(0, half).join("")} … ${Array.from(words).slice(-half).join("")}` : words;
  }

  told(answer, opinions, text) {
    const offsets = new Offsets(text);
    const spans = this.read(answer, offsets);
    const said = opinions.filter((o) => o.outcome === "label").map((o) => this.read(o.label, offsets));
    const agreed = said.length > 1 ? shared(said) : [];
    const own = spans.filter((s) => !agreed.some((a) => same(a, s)));
    const told = own.slice(0, said.length > 1 ? MOST_TORN : MOST_TOLD);
    const [alike, more] = [spans.length - own.length, own.length - told.length];
    const parts = told.map((s) => element("span", { class: "quoted" }, element("bdi", said.length > 1 ? { class: "torn" } : {}, this.quote(s, text)), " ", element("small", {}, s.name)));
    if (more) parts.push(`${more.toLocaleString("en")} more`);
    if (alike) parts.push(`${alike.toLocaleString("en")} that all marked`);
    return parts.length ? parts.flatMap((part, i) => [...(i ? [", "] : []), part]) : "nothing marked";
  }
}

function shared(said) {
  const key = (s) => JSON.stringify([s.start, s.end, s.name]);
  const [first, ...rest] = said.map((spans) => new Set(spans.map(key)));
  return said[0].filter((s) => first.has(key(s)) && rest.every((keys) => keys.has(key(s))));
}
