import type { ButtonEvent } from "../ports.ts";

/**
 * A change is reported at once; what follows is bounce until the contact has rested for this long, in milliseconds:
 * worn contacts bounce for 20 ms and more, johnny-five's own filter takes 7 ms.
 */
export const contactBounceMs = 40;
/** A button held longer than this is stuck or taped down, in milliseconds. */
export const stuckButtonMs = 10_000;
/**
 * While a board is being set up its inputs float for some cycles; levels within this time are only noted, in
 * milliseconds. A button that is down at its end was held before: nobody pressed it now.
 */
export const settleMs = 200;

interface Button {
  name: string;
  down: boolean;
  /** What was last told: true after a press. */
  told: boolean;
  /** Down when the board became ready; its press happened unseen and is never told. */
  heldBefore: boolean;
  quietUntil: number;
  downSince: number;
  stuck: boolean;
}

/**
 * Turns the levels of a panel's buttons into presses and releases. Pure: time is an argument, in milliseconds, and
 * the caller asks `nextAt` when to call `tick`.
 */
export interface ButtonWatch {
  /** The board is set up as of now; levels count after `settleMs`. */
  begin(now: number): void;
  level(name: string, down: boolean, now: number): ButtonEvent[];
  tick(now: number): ButtonEvent[];
  /** The board is gone: what was pressed counts as released, so that nobody waits for the end of a hold. */
  end(): ButtonEvent[];
  nextAt(): number | undefined;
  stuck(): string[];
}

export function createButtonWatch(names: string[]): ButtonWatch {
  const fresh = (name: string): Button => ({
    name,
    down: false,
    told: false,
    heldBefore: false,
    quietUntil: 0,
    downSince: 0,
    stuck: false,
  });
  let buttons = new Map(names.map((name) => [name, fresh(name)]));
  let settledAt: number | undefined;
  let settling = false;

  const tell = (button: Button, now: number): ButtonEvent[] => {
    if (settling || button.heldBefore || button.down === button.told || now < button.quietUntil) return [];
    button.told = button.down;
    button.quietUntil = now + contactBounceMs;
    return [{ type: "button", button: button.name, action: button.down ? "press" : "release" }];
  };

  const settle = (now: number) => {
    if (!settling || settledAt === undefined || now < settledAt) return;
    settling = false;
    for (const button of buttons.values()) button.heldBefore = button.down;
  };

  return {
    begin(now) {
      buttons = new Map(names.map((name) => [name, fresh(name)]));
      settling = true;
      settledAt = now + settleMs;
    },
    level(name, down, now) {
      settle(now);
      const button = buttons.get(name);
      if (!button || settledAt === undefined || button.down === down) return [];
      button.down = down;
      if (now < button.quietUntil) button.quietUntil = now + contactBounceMs;
      if (down) button.downSince = now;
      else {
        button.stuck = false;
        button.heldBefore = false;
      }
      return tell(button, now);
    },
    tick(now) {
      settle(now);
      const events: ButtonEvent[] = [];
      for (const button of buttons.values()) {
        events.push(...tell(button, now));
        if (button.down && now - button.downSince >= stuckButtonMs) button.stuck = true;
      }
      return events;
    },
    end() {
      settledAt = undefined;
      settling = false;
      const pressed = [...buttons.values()].filter((button) => button.told);
      buttons = new Map(names.map((name) => [name, fresh(name)]));
      return pressed.map((button) => ({ type: "button", button: button.name, action: "release" }));
    },
    nextAt() {
      const times: number[] = settling && settledAt !== undefined ? [settledAt] : [];
      for (const button of buttons.values()) {
        if (!settling && !button.heldBefore && button.down !== button.told) times.push(button.quietUntil);
        if (button.down && !button.stuck) times.push(button.downSince + stuckButtonMs);
      }
      return times.length > 0 ? Math.min(...times) : undefined;
    },
    stuck() {
      return [...buttons.values()].filter((button) => button.stuck).map((button) => button.name);
    },
  };
}
