import { givenMax } from "../../device/journal.ts";
import { firstState, step } from "../../device/terminal/machine.ts";
import { ownerOf } from "../../device/terminal/touches.ts";
import type { AnswerState, Effect, HeldRange, Kept, News, State, Touch } from "../../device/terminal/types.ts";
import type { OutgoingReply } from "../../hub/requests.ts";
import type { TestOffice } from "../hub/test-office.ts";
import { makeOffice, makeSettings } from "./terminal.ts";

type Request = Extract<Effect, { type: "request" }>;

/** A number that somebody has seen, on paper or on the screen. */
export interface Seen {
  touch: string;
  number: string;
  copy: boolean;
}

/** A terminal's machine with a journal that keeps what it is told, and a way to a hub on which anything may be lost. */
export interface TerminalInWorld {
  readonly client: string;
  state(): State;
  feed(given: News): void;
  /** A visitor touches the key of a service, whatever the screen shows. */
  touch(service: string): void;
  /** What the session has sent and still awaits an answer to. */
  awaited: Request[];
  /** What is on its way to the hub: a request may arrive long after its answer was given up. */
  onTheWay: Request[];
  replies: { request: string; answer: AnswerState }[];
  jobs: { job: string }[];
  seen: Seen[];
  /** Lets the power go: nothing is left but the journal. */
  powerCut(): void;
  /** The hub takes one of the requests that are on their way; its reply is on the way back then. */
  deliver(index: number, again: boolean): Promise<void>;
  /** A reply arrives; nobody hears one that is no longer awaited. */
  hear(index: number): void;
  giveUp(index: number): void;
  /** Live again: link, beat, office. */
  reconnect(): void;
}

export function createTerminal(office: TestOffice, client: string, skewMs: number): TerminalInWorld {
  const settings = { ...makeSettings(), client };
  const journal = new Map<string, Touch>();
  let grants: HeldRange[] = [];
  let contactAt: Kept["contactAt"] = null;
  let epoch: Kept["epoch"] = null;
  let lists: Kept["lists"] = [];
  let inputs = 0;
  /** Its machine stays on, so that the hub's time is known from when it was heard first. */
  let heard = false;
  const at = () => office.now - skewMs;
  let state = firstState(settings, at());

  function happen(effect: Effect): void {
    if (effect.type === "store") {
      const { touch } = effect;
      journal.set(touch.request, touch);
      const { reserve, ticket } = touch;
      if (!reserve || !ticket) return;
      const value = Number(ticket.number.slice(1));
      const range = grants.find(
        ({ day, first, last }) => day === ticket.day && first <= ticket.number && ticket.number <= last,
      );
      if (!range) throw new Error(`${ticket.number} is in no range that the journal holds`);
      range.next = Math.max(range.next, value + 1);
    }
    if (effect.type === "keep" && effect.what === "grants") grants = structuredClone(effect.grants);
    if (effect.type === "keep" && effect.what === "clock") contactAt = effect.contactAt;
    if (effect.type === "keep" && effect.what === "epoch") epoch = effect.epoch;
    if (effect.type === "recall") {
      // As the journal does: what was begun earlier comes first, a page at a time.
      const all = [...journal.values()].filter(({ ticket }) => ticket?.day === effect.day);
      const touches = structuredClone(all.slice(effect.after, effect.after + givenMax));
      const next = touches.length < givenMax ? null : effect.after + givenMax;
      self.feed({ type: "recalled", after: effect.after, touches, next });
    }
    if (effect.type === "keep" && effect.what === "list") {
      lists = [...lists.filter(({ day }) => day !== effect.list.day), effect.list];
    }
    if (effect.type === "print") {
      const text = JSON.stringify(effect.receipt);
      const number = /"([A-Z]\d{3})"/.exec(text)?.[1] ?? "";
      self.seen.push({ touch: ownerOf(effect.job), number, copy: text.includes("KOPIE") });
      self.jobs.push(effect);
    }
    if (effect.type === "ask-printer") self.jobs.push(effect);
    if (effect.type === "request") {
      self.awaited.push(effect);
      self.onTheWay.push(effect);
    }
  }

  const self: TerminalInWorld = {
    client,
    state: () => state,
    awaited: [],
    onTheWay: [],
    replies: [],
    jobs: [],
    seen: [],
    feed(given) {
      inputs += 1;
      heard ||= given.type === "beat";
      const hubTime = heard ? office.now : at();
      const next = step(state, { ...given, at: at(), id: `${client}-${inputs}`, hubTime, timeIsSure: heard });
      state = next.state;
      for (const effect of next.effects) happen(effect);
      if (state.phase.name === "kept") {
        const { request, ticket } = state.phase;
        self.seen.push({ touch: request, number: ticket.number, copy: true });
      }
    },
    touch: (service) => self.feed({ type: "touch", input: { id: `touch-${inputs}`, do: "choose", service } }),
    powerCut() {
      self.awaited = [];
      self.jobs = [];
      state = firstState(settings, at());
      const touches = [...journal.values()];
      const order = Math.max(0, ...touches.map(({ reserve }) => reserve?.order ?? 0));
      const admitted = touches.filter(({ code }) => code !== null).toReversed();
      const open = touches.filter((touch) => touch.step !== "closed");
      const kept = { grants: structuredClone(grants), order, admitted, lists, office: makeOffice(), contactAt, epoch };
      const journaled = { touches: structuredClone(open), last: structuredClone(touches.at(-1)) };
      self.feed({ type: "journal", ...journaled, kept });
    },
    async deliver(index, again) {
      const request = self.onTheWay[index % Math.max(1, self.onTheWay.length)];
      if (!request) return;
      if (!again) self.onTheWay.splice(self.onTheWay.indexOf(request), 1);
      const reply = await office.ask(client, request.verb, request.args, request.request);
      self.replies.push({ request: request.request, answer: answerOf(reply) });
    },
    hear(index) {
      const reply = self.replies.splice(index % Math.max(1, self.replies.length), 1)[0];
      if (!reply || !self.awaited.some(({ request }) => request === reply.request)) return;
      self.awaited = self.awaited.filter(({ request }) => request !== reply.request);
      self.feed({ type: "answer", ...reply });
    },
    giveUp(index) {
      const request = self.awaited.splice(index % Math.max(1, self.awaited.length), 1)[0];
      if (!request) return;
      self.feed({ type: "answer", request: request.request, answer: { state: "unknown", why: "" } });
    },
    reconnect() {
      self.feed({ type: "link", up: true });
      self.feed({ type: "office", office: makeOffice() });
      self.feed({ type: "beat", epoch: office.state.epoch });
      self.feed({ type: "status", peripheral: "printer", status: { state: "ready", detail: "" } });
    },
  };
  self.feed({ type: "journal", touches: [] });
  self.reconnect();
  return self;
}

const answerOf = (reply: OutgoingReply): AnswerState =>
  reply.ok ? { state: "done", result: reply.result } : { state: "refused", error: reply.error };

/** A terminal and the hub say all that they have to say to each other, and nothing is lost. */
export async function exchange(terminal: TerminalInWorld): Promise<void> {
  terminal.reconnect();
  while (terminal.onTheWay.length > 0 || terminal.replies.length > 0) {
    await terminal.deliver(0, false);
    terminal.hear(0);
  }
}

/** Everything that is on its way arrives, and nobody touches anything any more. */
export async function settle(office: TestOffice, terminals: readonly TerminalInWorld[]): Promise<void> {
  for (let round = 0; round < 12; round += 1) {
    for (const terminal of terminals) {
      terminal.reconnect();
      for (let job = terminal.jobs.shift(); job; job = terminal.jobs.shift()) {
        const outcome = { outcome: "printed", sure: true, detail: "" } as const;
        terminal.feed({ type: "paper", job: job.job, outcome });
      }
      while (terminal.onTheWay.length > 0 || terminal.replies.length > 0) {
        await terminal.deliver(0, false);
        terminal.hear(0);
      }
      // The answer to these got lost before.
      while (terminal.awaited.length > 0) terminal.giveUp(0);
    }
    office.now += 31_000;
    for (const terminal of terminals) terminal.feed({ type: "tick" });
  }
}
