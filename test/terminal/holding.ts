import { usualLimits } from "../../device/terminal/limits.ts";
import type { HeldRange, Kept, News } from "../../device/terminal/types.ts";
import { makeCheckInCode } from "../../protocol/check-in-code.ts";
import { begin, type Drive, driveMachine } from "./drive.ts";
import { makeOffice, makeSettings } from "./terminal.ts";

export const monday = "2026-11-23";
export const minuteMs = 60_000;
export const range = (letter: string, day = monday, next = 950): HeldRange => {
  return { day, letter, first: `${letter}950`, last: `${letter}999`, next };
};
export const ranges = [range("A"), range("B"), range("T"), range("A", "2026-11-24"), range("T", "2026-11-24")];
export const keptOf = (changes: Partial<Kept> = {}): Kept => ({
  ...{ grants: ranges, order: 0, admitted: [], lists: [], office: makeOffice({ siteNumber: 1 }) },
  ...{ contactAt: begin - minuteMs, epoch: null, ...changes },
});
export const ready: News = { type: "status", peripheral: "printer", status: { state: "ready", detail: "" } };
export const screenReady: News = { type: "status", peripheral: "screen", status: { state: "ready", detail: "" } };
export const paperOut: News = { type: "status", peripheral: "printer", status: { state: "paper-out", detail: "" } };

/** A terminal that holds numbers and has heard nothing of the hub since it was started. */
export function alone(changes: Partial<Kept> = {}): Drive {
  const drive = driveMachine(makeSettings()).feed({ type: "journal", touches: [], kept: keptOf(changes) });
  drive.feed(ready, screenReady);
  return drive.pass(usualLimits.beatTimeoutMs).feed({ type: "tick" });
}

/** One that hears the hub. */
export const live = () => driveMachine().feed({ type: "journal", touches: [], kept: keptOf() }).open();

/** A check-in code of 22 times this digit. */
export const code = (digit: string, day = monday) => makeCheckInCode({ site: 1, day }, digit.repeat(22));

/** The number on the last paper. */
export function number(drive: Drive): string | undefined {
  const printed = drive.prints().at(-1);
  const lines = printed?.type === "print" ? printed.receipt.lines : [];
  return lines.flatMap((line) => (line.kind === "text" ? [line.text] : [])).find((text) => /^[A-Z]\d{3}$/.test(text));
}

/** The job that is being printed. */
export const job = (drive: Drive) => {
  const { phase } = drive.state();
  return phase.name === "printing" ? phase.job : "";
};

/** What the hub was told of papers, with the ids of the requests. */
export const reports = (drive: Drive) =>
  drive
    .requests("ticket.printed")
    .flatMap((each) =>
      each.type === "request" && each.verb === "ticket.printed"
        ? [{ id: each.request, outcome: each.args.outcome }]
        : [],
    );

/** The hub takes what it was brought last. */
export function takeIn(drive: Drive): void {
  const adopt = drive.requests("ticket.adopt").at(-1);
  if (adopt?.type !== "request" || adopt.verb !== "ticket.adopt") throw new Error("nothing was brought");
  const adopted = adopt.args.tickets.map(({ request, number: given, day }) => {
    return { request, ticket: `${day}/${given}`, number: given, state: "waiting" };
  });
  drive.feed({ type: "answer", request: adopt.request, answer: { state: "done", result: { adopted, refused: [] } } });
}

/** The hub is there again. */
export const up: News[] = [{ type: "link", up: true }, { type: "beat" }];
