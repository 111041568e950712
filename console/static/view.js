// Puts one item on the screen. Everything is set as text; nothing is ever parsed as HTML.

import { Offsets } from "./marking/offsets.js";

export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

function marked(text, highlights) {
  const offsets = new Offsets(text);
  const unit = (at) => offsets.toUnits(Math.min(Math.max(0, at), offsets.characters));
  const spans = highlights
    .filter((s) => Number.isInteger(s.start) && Number.isInteger(s.end) && s.start < s.end)
    .map((s) => ({ start: unit(s.start), end: unit(s.end), rule: String(s.rule ?? "") }))
    .sort((a, b) => a.start - b.start);
  const cuts = [...new Set([0, text.length, ...spans.flatMap((s) => [s.start, s.end])])].sort((a, b) => a - b);
  const parts = [];
  for (let i = 0; i + 1 < cuts.length; i += 1) {
    const piece = text.slice(cuts[i], cuts[i + 1]);
    const rules = spans.filter((s) => s.start <= cuts[i] && s.end >= cuts[i + 1]).map((s) => s.rule);
    parts.push(rules.length ? element("mark", { title: [...new Set(rules)].join(", ") }, piece) : piece);
  }
  return parts;
}

function plain(value) {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function told(answer, part, item, opinions = []) {
  const words = answer.outcome === "label" ? part.told(answer.label, opinions, item.text) : answer.outcome === "skip" ? "skipped" : "not sure";
  return element("strong", { dir: "auto" }, ...[words].flat());
}

export function show(into, item, part) {
  const parts = [];
  if (item.given) {
    parts.push(element("p", { class: "given" }, "You answered ", told(item.given, part, item),
      ". Answer again to change it, or keep it."));
  }
  if (item.suggestion) {
    parts.push(element("p", { class: "suggestion" }, "Suggested by machine: ", told({ outcome: "label", label: item.suggestion }, part, item)));
  }
  if (item.image) {
    const image = element("img", { src: item.image, alt: "The item's image", class: "picture" });
    image.addEventListener("error", () => {
      image.replaceWith(element("p", { class: "broken" },
        "This image cannot be shown: it is missing, or is no image. You can skip it, or say that you are not sure."));
    });
    parts.push(image);
  }
  if (item.text) {
    const size = item.text.length > 1200 ? "long" : item.text.length > 280 ? "middle" : "short";
    parts.push(element("div", { class: `text ${size}`, dir: "auto" }, ...marked(item.text, item.highlights)));
  }
  const fields = Object.entries(item.fields);
  if (fields.length) {
    const list = element("dl", { class: "fields" });
    for (const [name, value] of fields) list.append(element("dt", { dir: "auto" }, name), element("dd", { dir: "auto" }, plain(value)));
    parts.push(list);
  }
  if (item.opinions.length) {
    const list = element("ul", { class: "opinions", "aria-label": "What others answered" });
    for (const o of item.opinions) {
      list.append(element("li", {}, told(o, part, item, item.opinions), o.note ? ` – ${o.note}` : ""));
    }
    parts.push(list);
  }
  into.replaceChildren(...parts);
  into.dataset.item = item.item_id;
  into.dataset.batch = item.batch;
  into.scrollTop = 0;
}

export function showNothing(into, title, hint, action) {
  delete into.dataset.item;
  into.replaceChildren(element("div", { class: "nothing" }, element("h2", {}, title), element("p", {}, hint)));
  if (action) {
    const button = element("button", { type: "button", class: "primary" }, action.name);
    button.addEventListener("click", action.run);
    into.firstChild.append(button);
  }
}
