/** Inputs that may wait at one time. A role that is further behind is flooded: what comes then is dropped and counted. */
export const mailboxInputsMax = 256;
/** Inputs taken in one go before everything else on this thread has its turn. */
const inputsPerTurn = 32;

export interface RuntimeParts<State, Input, Effect> {
  first: State;
  /** The machine: pure. */
  step(state: State, input: Input): { state: State; effects: Effect[] };
  /**
   * Writes down what a step wants written, and gives the effects that are left to run. Without it there is nothing to write.
   */
  record?(effects: Effect[]): Effect[];
  /**
   * Called after each step when it is written down, so that nothing is shown which a power cut would undo; not where that
   * failed, as the input that says so comes next.
   */
  show(state: State): void;
  /** Runs what is left of a step's effects in their order; results come back as inputs. */
  run(effects: Effect[]): void;
  /**
   * Inputs that are taken even when the mailbox is full, because the machine asked for them and waits: there are no more
   * of them than it asked for. Without it there are none.
   */
  awaited?(input: Input): boolean;
  /**
   * Inputs that say that an effect did not come about: taken before all that waits, since the machine relies on it until
   * then, and never dropped. Without it there are none.
   */
  urgent?(input: Input): boolean;
  /** Called when an input was dropped, with how many were so far. */
  overflow(dropped: number): void;
  inputsMax?: number;
}

/** Runs a machine: inputs wait in a bounded mailbox and are taken one at a time, each with all its effects. */
export interface Runtime<State, Input> {
  state(): State;
  /** False when the mailbox is full, or the runtime stopped. */
  feed(input: Input): boolean;
  dropped(): number;
  /** Nothing is taken any more; what waits is forgotten. */
  stop(): void;
}

export function createRuntime<State, Input, Effect>(parts: RuntimeParts<State, Input, Effect>): Runtime<State, Input> {
  const { inputsMax = mailboxInputsMax } = parts;
  const mailbox: Input[] = [];
  const ahead: Input[] = [];
  let state = parts.first;
  let turn: NodeJS.Immediate | undefined;
  let taking = false;
  let dropped = 0;
  let stopped = false;

  function take(): void {
    turn = undefined;
    taking = true;
    for (let count = 0; count < inputsPerTurn && !stopped; count += 1) {
      const input = ahead.shift() ?? mailbox.shift();
      if (input === undefined) break;
      const step = parts.step(state, input);
      state = step.state;
      const left = parts.record?.(step.effects) ?? step.effects;
      if (ahead.length === 0) parts.show(state);
      parts.run(left);
    }
    taking = false;
    if (ahead.length + mailbox.length > 0) turn = setImmediate(take);
  }

  return {
    state: () => state,
    dropped: () => dropped,
    feed(input) {
      if (stopped) return false;
      const isUrgent = parts.urgent?.(input) === true;
      if (mailbox.length >= inputsMax && !isUrgent && !parts.awaited?.(input)) {
        dropped += 1;
        parts.overflow(dropped);
        return false;
      }
      (isUrgent ? ahead : mailbox).push(input);
      if (!taking) turn ??= setImmediate(take);
      return true;
    },
    stop() {
      stopped = true;
      mailbox.length = 0;
      ahead.length = 0;
      if (turn) clearImmediate(turn);
    },
  };
}
