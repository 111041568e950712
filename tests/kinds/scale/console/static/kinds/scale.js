// Grades: Home is the lowest, End the highest, and each has its own key.

import { Part as Single } from "./single.js";

export class Part extends Single {
  action(key) {
    const at = { Home: 0, End: -1 }[key];
    return at === undefined ? super.action(key) : () => this.answer(this.buttons.at(at).dataset.label);
  }
}
