// Answers on their way: kept on this device until the server says that they are on disk.
//
// One localStorage entry an answer, so that two tabs never overwrite each other. Sending again is
// harmless: the server knows every idempotency key.

const RETRY_MS = [300, 1000, 2000, 5000];
const AT_ONCE = 50;

export class Outbox {
  constructor(space, post, tell) {
    this.prefix = `touchstone/answer/${space}/`;
    this.post = post; // (path, body) -> Response
    this.tell = tell; // ({waiting, state}) and refusals
    this.tries = 0;
    this.count = 0;
    this.sending = false;
    this.timer = 0;
    this.pending = new Map();
    for (const name of Object.keys(localStorage).filter((n) => n.startsWith(this.prefix)).sort()) {
      this.pending.set(name, JSON.parse(localStorage.getItem(name)));
    }
    addEventListener("online", () => this.send());
  }

  add(answer) {
    const order = `${Date.now().toString().padStart(14, "0")}-${String(this.count++).padStart(8, "0")}`;
    const name = `${this.prefix}${order}-${answer.idempotency_key}`;
    try {
      localStorage.setItem(name, JSON.stringify(answer));
    } catch {
      this.tell({ full: true });
    }
    this.pending.set(name, answer);
    this.send();
  }

  async send() {
    if (this.sending || this.pending.size === 0) {
      this.report();
      return;
    }
    this.sending = true;
    clearTimeout(this.timer);
    this.report();
    const batch = [...this.pending].slice(0, this.tries > 0 ? 1 : AT_ONCE);
    let again = 0;
    try {
      const response = await this.post("/api/answers", { answers: batch.map(([, a]) => a) });
      if (response.ok) {
        const { replies } = await response.json();
        batch.forEach(([name, answer], i) => this.settle(name, answer, replies[i]));
        this.tries = 0;
      } else if (response.status === 401 || response.status === 403) {
        this.tell({ waiting: this.pending.size, state: "signed-out" });
        this.sending = false;
        return;
      } else if ((response.status === 422 || response.status === 413) && batch.length === 1) {
        const { code, message } = await response.json();
        this.settle(...batch[0], { status: "refused", code, message });
      } else {
        again = this.backOff();
      }
    } catch {
      again = this.backOff();
    }
    this.sending = false;
    if (again) {
      this.timer = setTimeout(() => this.send(), again);
      this.report(true);
    } else {
      this.send();
    }
  }

  settle(name, answer, reply) {
    localStorage.removeItem(name);
    this.pending.delete(name);
    if (reply.status === "refused") {
      this.tell({ refused: reply, answer });
    }
  }

  backOff() {
    const wait = RETRY_MS[Math.min(this.tries, RETRY_MS.length - 1)];
    this.tries += 1;
    return wait;
  }

  report(stuck = this.tries > 0) {
    const state = this.pending.size === 0 ? "saved" : stuck ? "waiting" : "saving";
    this.tell({ waiting: this.pending.size, state });
  }
}
