import { setImmediate as turn } from "node:timers/promises";
import { createJournal, type Journal } from "../../device/journal.ts";
import type { Screen } from "../../device/ports.ts";
import type { Touch } from "../../device/terminal/types.ts";
import type { View } from "../../device/terminal/view.ts";
import { createTerminalRole, type TerminalRoleParts } from "../../device/terminal-role.ts";
import type { PeripheralStatus } from "../../protocol/messages.ts";
import type { RequestOptions } from "../../protocol/session.ts";
import { createFakeHubClock } from "../fakes/hub-clock.ts";
import { createManualClock } from "../fakes/manual-clock.ts";
import { createFakePrinter } from "../fakes/printer.ts";
import { begin } from "./drive.ts";
import { makeOffice, makeSettings } from "./terminal.ts";

interface Asked {
  verb: string;
  args: Record<string, unknown>;
  options: RequestOptions;
  answer(result: object): Promise<void>;
}

const silent = { info() {}, warn() {}, error() {} };
const turnsToSettle = 20;

/** Everything that was begun is done. */
export async function settled(): Promise<void> {
  for (let turns = 0; turns < turnsToSettle; turns += 1) await turn();
}

/** A terminal's role with its journal in a file; what is around it, the hub too, does what the test says. */
export function startRole(path: string) {
  const file = createJournal(path, silent);
  let fails = (_: Touch) => false;
  const journal: Journal = {
    ...file,
    store(touch) {
      if (fails(touch)) throw new Error("disk full");
      file.store(touch);
    },
  };
  const clock = createManualClock(begin);
  const printer = createFakePrinter();
  const asked: Asked[] = [];
  const views: View[] = [];
  const statuses = new Map<string, PeripheralStatus>();
  const said = new Map<string, (payload: never) => void>();
  let link = (_: { up: boolean }) => {};
  let scan = (_: string) => {};
  const screen: Screen<View> & { touch(input: unknown): void } = {
    start(on) {
      screen.touch = (input) => on({ type: "touch", input });
      on({ type: "status", status: { state: "ready", detail: "" } });
    },
    stop: async () => {},
    show: (view) => void views.push(view),
    touch: () => {},
  };
  const session = {
    onLink: (on: typeof link) => {
      link = on;
    },
    subscribe: (topic: string, _levels: object, on: (payload: never) => void) => void said.set(topic, on),
    request: (verb: string, args: Record<string, unknown>, options: RequestOptions) =>
      new Promise((resolve) => {
        const answer = (result: object) => {
          resolve({ state: "done", result });
          return settled();
        };
        asked.push({ verb, args, options, answer });
      }),
  } as unknown as TerminalRoleParts["session"];
  const role = createTerminalRole({
    settings: makeSettings(),
    session,
    journal,
    printer,
    scanner: {
      start(on) {
        scan = (text) => on({ type: "scan", text, symbology: "qr" });
        on({ type: "status", status: { state: "ready", detail: "" } });
      },
      stop: async () => {},
    },
    screen,
    clock,
    hubClock: createFakeHubClock(() => clock.now()),
    log: silent,
    report: (peripheral, status) => void statuses.set(peripheral, status),
  });
  role.start();
  const hear = (topic: string, payload: object) => said.get(topic)?.(payload as never);
  return {
    clock,
    journal: file,
    printer,
    screen,
    views,
    statuses,
    /** Touches that the journal does not take. */
    refuse(which: typeof fails) {
      fails = which;
    },
    hear,
    /** The hub is there: link, beat, office. */
    hub() {
      link({ up: true });
      hear("beat", {});
      hear("office", makeOffice({ siteNumber: 1 }));
    },
    link: (up: boolean) => link({ up }),
    scan: (text: string) => scan(text),
    asked: (verb: string) => asked.filter((each) => each.verb === verb),
    /** Numbers on paper, oldest first, with a sign before a copy. */
    papers: () =>
      printer.receipts.map(({ lines }) => {
        const words = lines.flatMap((line) => (line.kind === "text" ? [line.text] : []));
        const number = words.find((text) => /^[A-Z]\d{3}$/.test(text)) ?? "";
        return words.some((text) => text.includes("KOPIE")) ? `copy of ${number}` : number;
      }),
    async stop() {
      await role.stop();
    },
  };
}

export type RoleByHand = ReturnType<typeof startRole>;
