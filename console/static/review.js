// The review page: keys and buttons in, one item at a time out.

import { Outbox } from "./outbox.js";
import { Shelf } from "./shelf.js";
import { show, showNothing } from "./view.js";

const main = document.getElementById("main");
const { task, reviewer, csrf, streams, ahead, classes, part: partName } = main.dataset;
const at = (id) => document.getElementById(id);
const itemBox = at("item");
const note = at("note");
const KEYS_OFF = "touchstone/keys-off";

let current = null;
let shownAt = 0;
let answered = 0;
let hiddenMs = 0;
let hiddenAt = 0;
let counts = null;
const started = Date.now();
const undoable = [];

const post = (path, body, extra = {}) =>
  fetch(path, {
    method: "POST",
    headers: { "content-type": "application/json", "x-csrf-token": csrf },
    body: JSON.stringify(body),
    ...extra,
  });

const outbox = new Outbox(`${task}/${reviewer}`, post, tell);
const shelf = new Shelf(post, streams, Number(ahead), arrived);
// What is asked, and what an answer is, is the kind's part of the page.
const { Part } = await import(`./kinds/${partName}.js`);
const part = new Part(document, (label) => answer("label", label));

function alertUser(message) {
  at("alert").textContent = message;
  at("alert").hidden = !message;
}

let savedState = "";
function tell({ waiting = 0, state, refused, answer: lost, full }) {
  if (full) alertUser("This device cannot keep answers while offline: its storage is full or switched off.");
  if (refused) alertUser(`An answer to item ${lost.item_id} was not stored: ${refused.message}.`);
  if (!state) return;
  const words = {
    saved: "All saved",
    saving: "Saving …",
    waiting: `Offline: ${waiting} ${waiting === 1 ? "answer waits" : "answers wait"} on this device and will be sent`,
    "signed-out": `Signed out: ${waiting} ${waiting === 1 ? "answer waits" : "answers wait"} on this device. Sign in again to send`,
  }[state];
  if (words !== savedState) {
    savedState = words;
    at("saved").textContent = words;
    at("saved").dataset.state = state;
  }
}

function arrived(progress, failure) {
  if (progress) counts = { ...progress, since: answered };
  if (failure?.status === 401) alertUser("You are signed out. Reload the page to sign in; answers kept on this device will be sent then.");
  else if (failure?.status === 403) alertUser(`${failure.message}.`);
  if (current === null) advance(failure);
  pace();
}

function pace() {
  if (!counts) return;
  const minutes = Math.max((Date.now() - started) / 60000, 1 / 60);
  const done = counts.answered_today + answered - counts.since;
  const left = Math.max(0, (streams === "adjudicate" ? counts.to_adjudicate : counts.open_items) - (answered - counts.since));
  const perMinute = answered >= 5 ? answered / minutes : 0;
  const parts = [`${done} today`, `${left} left`];
  if (perMinute) {
    parts.push(`${perMinute >= 10 ? Math.round(perMinute) : perMinute.toFixed(1)} a minute`);
    const rest = left / perMinute;
    if (left) parts.push(rest < 90 ? `about ${Math.max(1, Math.round(rest))} min to go` : `about ${(rest / 60).toFixed(1)} h to go`);
  }
  at("progress").textContent = parts.join(" · ");
}

function put(item) {
  current = item;
  shelf.current = item;
  shownAt = performance.now();
  hiddenMs = 0;
  show(itemBox, item, part);
  note.value = item.given?.note ?? "";
  part.put(item);
  at("unsure").disabled = false;
  at("skip").disabled = Boolean(item.given);
  at("keep").hidden = !item.given;
  at("undo").disabled = undoable.length === 0;
}

function advance(failure) {
  const item = shelf.next();
  if (item) {
    put(item);
    return;
  }
  current = null;
  shelf.current = null;
  part.off();
  for (const name of ["unsure", "skip"]) at(name).disabled = true;
  at("keep").hidden = true;
  at("undo").disabled = undoable.length === 0;
  if (failure) {
    showNothing(itemBox, "No connection", "Your answers are kept on this device. New items come as soon as the console can be reached.");
  } else if (!shelf.empty || shelf.fetching) {
    showNothing(itemBox, "One moment", "Fetching items …");
  } else if (counts?.skipped > 0 && shelf.streams === "review") {
    showNothing(itemBox, "Only skipped items are left", `You skipped ${counts.skipped}.`, { name: "Go through them now", run: goThroughSkipped });
  } else {
    showNothing(itemBox, "Nothing to review", "You answered everything that waits for you. New items appear here by themselves.");
    setTimeout(() => { if (current === null) shelf.refill(); }, 3000);
  }
}

function goThroughSkipped() {
  shelf.streams = "skipped";
  shelf.empty = false;
  shelf.refill();
}

function answer(outcome, label = null) {
  if (current === null || (outcome === "skip" && current.given)) return;
  const item = current;
  const given = { idempotency_key: crypto.randomUUID?.() ?? randomKey(), outcome, label, note: note.value.trim() };
  outbox.add({
    lease: item.lease,
    item_id: item.item_id,
    batch: item.batch,
    seconds: Math.min(86400, Math.max(0, (performance.now() - shownAt - hiddenMs) / 1000)),
    revises: item.given?.idempotency_key ?? null,
    classes: Number(classes),
    ...given,
  });
  undoable.push({ ...item, given });
  if (!item.given) answered += 1;
  alertUser("");
  advance();
  pace();
}

// crypto.randomUUID exists only over HTTPS and on this machine.
function randomKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, "0")).join("");
}

function undo() {
  if (part.back?.() || undoable.length === 0) return;
  if (current) shelf.putBack(current);
  put(undoable.pop());
}

function keep() {
  if (!current?.given) return;
  undoable.push(current);
  advance();
}

const ACTIONS = new Map([
  ["Backspace", undo],
  [".", () => answer("skip")],
  ["?", () => answer("unsure")],
  [",", () => note.focus()],
  ["ArrowRight", keep],
  ["Escape", keep],
  ["PageDown", () => itemBox.scrollBy({ top: itemBox.clientHeight * 0.8 })],
  ["PageUp", () => itemBox.scrollBy({ top: itemBox.clientHeight * -0.8 })],
]);

addEventListener("keydown", (event) => {
  shelf.active = Date.now();
  if (event.isComposing) return;
  const held = event.ctrlKey || event.metaKey || event.altKey;
  if (event.target === note && !held) {
    if (event.key === "Enter" || event.key === "Escape") { event.preventDefault(); note.blur(); }
    return;
  }
  if (event.target.matches("input:not([type=checkbox])")) return;
  if ((at("keys-on").checked || itemBox.contains(event.target)) && part.move?.(event)) {
    event.preventDefault();
    return;
  }
  if (held || !at("keys-on").checked || event.repeat) return;
  if (event.key === "Enter" && event.target.matches("a, summary, button:not([role=checkbox])")) return;
  const action = part.action(event.key) ?? ACTIONS.get(event.key);
  if (action) {
    event.preventDefault();
    action();
  }
});

at("undo").addEventListener("click", undo);
at("skip").addEventListener("click", () => answer("skip"));
at("unsure").addEventListener("click", () => answer("unsure"));
at("keep").addEventListener("click", keep);
addEventListener("pointerdown", () => { shelf.active = Date.now(); });

at("keys-on").checked = localStorage.getItem(KEYS_OFF) === null;
at("keys-on").addEventListener("change", (event) => {
  if (event.target.checked) localStorage.removeItem(KEYS_OFF);
  else localStorage.setItem(KEYS_OFF, "yes");
});
if (matchMedia("(max-width: 60rem)").matches) at("guide").open = false;

document.addEventListener("visibilitychange", () => {
  if (document.hidden) hiddenAt = performance.now();
  else if (hiddenAt) { hiddenMs += performance.now() - Math.max(hiddenAt, shownAt); hiddenAt = 0; }
});

addEventListener("pagehide", () => {
  const waiting = [...outbox.pending.values()].slice(0, 50);
  if (waiting.length) post("/api/answers", { answers: waiting }, { keepalive: true }).catch(() => {});
  const leases = shelf.held(current);
  if (leases.length) post("/api/leases/return", { leases }, { keepalive: true }).catch(() => {});
});
addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });

at("sign-out")?.addEventListener("click", async () => {
  await post("/api/leases/return", { leases: shelf.held(current) }).catch(() => {});
  await post("/api/sign-out", {}).catch(() => {});
  location.assign("/sign-in");
});

outbox.send();
shelf.refill();
setInterval(pace, 15000);
fetch("/api/history")
  .then((r) => (r.ok ? r.json() : { items: [] }))
  .then(({ items }) => {
    const known = new Set(undoable.map((i) => i.given.idempotency_key));
    const earlier = items.reverse().filter((i) => !known.has(i.given.idempotency_key));
    if (streams !== "adjudicate") undoable.unshift(...earlier);
    at("undo").disabled = undoable.length === 0;
  })
  .catch(() => {});
