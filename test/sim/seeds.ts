import type { Mutant } from "./mutants.ts";

/** A fault that the product had, or could have, and a day that shows it when it is put in. */
export interface NamedSeed {
  bug: string;
  seed: number;
  /** What finds it. */
  check: string;
  fault: Mutant;
}

/** A telephone that stays before the scanner is heard once; as these faults were found it was heard all the time. */
const scannedOnAndOn = {
  file: "device/terminal/check-in.ts",
  text: "isAsked || isBeingServed(state, text) ||",
  instead: "isAsked ||",
} as const;

/**
 * Each day is lived through on every run, and `named-seeds.test.ts` puts each fault in to see that its day still shows it:
 * where the simulated people have learned something new, another day does (`npm run mutants -- --only …`).
 */
export const namedSeeds: readonly NamedSeed[] = [
  {
    // Found by such a day, and mended.
    bug: "a desk from which a visitor was sent on still had him after a restart of the hub",
    seed: 200_002,
    check: "whileItRuns",
    fault: {
      file: "hub/store/store.ts",
      text: 'if ("desk" in event && event.desk !== null) desks.add(event.desk);',
      instead:
        'if ("desk" in event && event.desk !== null && event.type !== "ticket.transferred") desks.add(event.desk);',
    },
  },
  {
    bug: "the next call of a page that does not know of the visitor at the desk finishes him",
    seed: 1,
    check: "asAsked",
    fault: {
      file: "hub/office/desks.ts",
      text: "if (current && !(args.current !== undefined && args.finish)) return busy(state, desk);",
      instead: "if (current && args.current === null) return busy(state, desk);",
    },
  },
  {
    bug: "a call is on the boards with the next beat only",
    seed: 1,
    check: "whileItRuns",
    fault: {
      file: "hub/publisher.ts",
      text: "const walkIns = walkInsAt(state(), clock.now());\n      publishState(walkIns);\n      // What",
      instead: "const walkIns = walkInsAt(state(), clock.now());\n      // What",
    },
  },
  {
    bug: "a terminal that lost its power after it had asked leaves a number that nobody has",
    seed: 1,
    check: "noGhosts",
    fault: {
      file: "device/terminal/touches.ts",
      text: 'if (touch.step === "sent") return withdraw(next, touch);',
      instead: 'if (touch.step === "sent") return stay(next);',
    },
  },
  {
    // Found by such a day, and mended.
    bug: "a number that the printer never got before the power went is on no screen and stays in the queue",
    seed: 55027,
    check: "noGhosts",
    fault: {
      file: "device/terminal/restart.ts",
      text: "return isUnseen(touch, paper) ? withdraw(state, touch) : report(state, touch.request, paper);",
      instead: "return report(state, touch.request, paper);",
      also: { text: "const mayBeNew = !isOld || ticket?.day === today(state);", instead: "const mayBeNew = !isOld;" },
    },
  },
  {
    // Found by such a day, and mended.
    bug: "a code that is shown again before the hub has heard of its number gets another one",
    seed: 100_201,
    check: "oneTouchOneTicket",
    fault: {
      file: "device/terminal/check-in.ts",
      text: "if (!isLive(state) || isToBringIn(state, proof)) {",
      instead: "if (!isLive(state)) {",
      also: scannedOnAndOn,
    },
  },
  {
    // Found by such a day, and mended.
    bug: "after a power cut the next visitor takes the number of the last ticket for his own",
    seed: 100_558,
    check: "noNumberTwice",
    fault: {
      file: "device/terminal/view.ts",
      text: "heading: afterRestart.has(why) ? texts.lastTicket : texts.yourNumber,",
      instead: "heading: texts.yourNumber,",
    },
  },
  {
    // Found by such a day, and mended.
    bug: "a ticket that was being printed is not shown after a power cut if the clock has been set ahead meanwhile",
    seed: 101_521,
    check: "noGhosts",
    fault: {
      file: "device/terminal/restart.ts",
      text: "const mayBeNew = !isOld || ticket?.day === today(state);",
      instead: "const mayBeNew = !isOld;",
    },
  },
  {
    // Found by such a day, and mended.
    bug: "a hub whose subscriptions were never acknowledged waits for that for ever, on a connection that stands",
    seed: 101_612,
    check: "the clerks are still at work long after closing",
    fault: {
      file: "protocol/session.ts",
      text: 'subscribing = setTimeout(() => ready(new Error("the broker does not acknowledge")), subscribeTimeoutMs);',
      instead: "",
    },
  },
  {
    // Found by such a day, and mended.
    bug: "a copy that did not come out is reported in place of the paper that did",
    seed: 101_958,
    check: "paperAsSaid",
    fault: {
      file: "device/terminal/touches.ts",
      text: 'if (touch.report?.outcome === "printed" && touch.report.sure && what.outcome !== "printed") {',
      instead: "if (false) {",
      also: scannedOnAndOn,
    },
  },
  {
    // Found by such a day, and mended.
    bug: "after a power cut a number whose paper is in somebody's hand is shown to whoever showed his code after him",
    seed: 160_726,
    check: "noNumberTwice",
    fault: {
      file: "device/terminal/restart.ts",
      text: '(report.sure || step === "closed");\n  return !left && !hasPaper;',
      instead: 'step === "closed";\n  return !hasPaper;',
      also: scannedOnAndOn,
    },
  },
  {
    // Found by such a day, and mended.
    bug: "as long as the hub is away a ticket that only looks old is shown to nobody after a power cut",
    seed: 105_103,
    check: "noGhosts",
    fault: {
      file: "device/terminal/restart.ts",
      text: "!alone.clock.heard || hubAt",
      instead: "alone.clock.heard && hubAt",
    },
  },
  {
    // Found by such a day, and mended.
    bug: "after a restore the number of a moved appointment becomes that of somebody else with the same time",
    seed: 107_509,
    check: "letIn",
    fault: {
      file: "hub/office/recover.ts",
      text: "const record = appointmentNamed(state, item);\n  if (!record) return undefined;",
      instead:
        "const record = code ? appointmentShown(state, code) : [...state.appointments.records.values()].find(({ at }) => at === Date.parse(item.appointmentAt));\n  if (!record) return undefined;",
    },
  },
  {
    // Found by such a day, and mended.
    bug: "an appointment is called by a number that came out nowhere, and not by the one that its visitor has",
    seed: 108_541,
    check: "everyPaperEndsOnce",
    fault: {
      file: "hub/office/other-numbers.ts",
      text: "counts: isKnown(ticket) && isFirst",
      instead: "counts: isFirst",
    },
  },
  {
    bug: "a call that is taken back makes room for one of long ago, which every board announces",
    seed: 130_212,
    check: "whileItRuns",
    fault: {
      file: "device/board/machine.ts",
      text: "&& (known < 0 || place <= known);",
      instead: "&& known < display.calls.length;",
    },
  },
  {
    // Found by such a day, and mended.
    bug: "a code shown before a terminal without battery has heard the hub is read when that was last there",
    seed: 202_784,
    check: "letIn",
    fault: {
      file: "device/terminal/check-in.ts",
      text: "{ text, shownAt: at }] }",
      instead: "{ text, shownAt: at, aheadMs: state.hubAt - at }] }",
      also: {
        file: "device/terminal/check-in.ts",
        text: "scans }, input, next);",
        instead: "scans }, input, { ...next, shownAt: next.shownAt + next.aheadMs - (state.hubAt - state.at) });",
      },
    },
  },
  {
    // Found by such a day, and mended.
    bug: "a paper that came out at the second try is told to a restored hub, which keeps to the first",
    seed: 203_079,
    check: "paperAsSaid",
    fault: {
      file: "hub/journal-report.ts",
      text: '|| (paper.outcome === "printed" && ticket.paper !== "printed");',
      instead: ";",
    },
  },
  {
    // Found by such a day, and mended.
    bug: "after a power cut the next visitor sees the number of the one before him, which had no paper",
    seed: 210_326,
    check: "noNumberTwice",
    fault: {
      file: "device/terminal/restart.ts",
      text: "return !left && !hasPaper;",
      instead: "return !hasPaper;",
    },
  },
  {
    // Found by such a day, and mended.
    bug: "a number that was written down as shown is on no screen after a power cut, since the clock is ahead",
    seed: 222_079,
    check: "noGhosts",
    fault: {
      file: "device/terminal/restart.ts",
      text: '(step === "issued" || (isOld && report && isToBeSeen(touch)))',
      instead: 'step === "issued"',
    },
  },
];
