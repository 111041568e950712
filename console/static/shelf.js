// Items in this tab's hands: fetched ahead, kept while somebody works, given back when the tab goes.

const QUIET_MS = 1000; // between two questions when the answer was "nothing left"

export class Shelf {
  constructor(post, streams, ahead, changed) {
    this.post = post;
    this.streams = streams;
    this.ahead = ahead;
    this.changed = changed; // called when items or progress arrived, with an error if none could
    this.items = [];
    this.fetching = false;
    this.empty = false;
    this.asked = 0;
    this.leaseMs = 0;
    this.active = Date.now();
  }

  next() {
    const item = this.items.shift() ?? null;
    if (item) this.refill();
    return item;
  }

  putBack(item) {
    this.items.unshift(item);
  }

  async refill() {
    if (this.fetching || this.items.length > this.ahead / 2) return;
    if (this.empty && Date.now() - this.asked < QUIET_MS) return;
    this.asked = Date.now();
    this.fetching = true;
    let failure = null;
    let progress = null;
    try {
      const response = await this.post("/api/hand-outs", {
        count: Math.min(50, this.ahead),
        streams: this.streams,
      });
      const reply = await response.json();
      if (response.ok) {
        this.items.push(...reply.items);
        this.empty = reply.items.length === 0;
        this.leaseMs = reply.lease_s * 1000;
        progress = reply.progress;
        reply.items.filter((i) => i.image).forEach((i) => { new Image().src = i.image; });
        clearInterval(this.timer);
        this.timer = setInterval(() => this.renew(), this.leaseMs / 3);
      } else {
        failure = { status: response.status, message: reply.message };
      }
    } catch {
      failure = { status: 0, message: "The console cannot be reached." };
    }
    this.fetching = false;
    if (failure) setTimeout(() => this.refill(), 1500);
    this.changed(progress, failure);
  }

  held(current) {
    return [current, ...this.items].filter((i) => i && !i.given).map((i) => i.lease);
  }

  async renew() {
    const leases = this.held(this.current);
    // Whoever went away does not keep items from the others for longer than one lease.
    if (leases.length === 0 || Date.now() - this.active > this.leaseMs) return;
    try {
      const response = await this.post("/api/leases/renew", { leases });
      if (!response.ok) return;
      const kept = new Set((await response.json()).leases);
      this.items = this.items.filter((i) => i.given || kept.has(i.lease));
    } catch {
      // Offline: the leases run on, and answers given meanwhile still count.
    }
  }
}
