import { loadLanguages } from "../../device/languages.ts";
import type { View } from "../../device/terminal/view.ts";
import { type Appointment, earlyMs } from "./appointments.ts";
import type { TerminalDevice } from "./devices.ts";
import type { Paper } from "./peripherals.ts";
import type { Random } from "./random.ts";
import type { Life, Schedule } from "./schedule.ts";

/** One use of a terminal by one visitor: a touch, or a code that was shown. */
export interface Touch {
  visitor: Visitor;
  terminal: string;
  kind: "touch" | "scan" | "entry" | "staff";
  at: number;
  /** By a terminal whose clock was wrong when it was switched on. */
  isMisled: boolean;
  /** Its disk had no room then for what it must write down before it gives a number. */
  isUnwritten: boolean;
  /** Every number that he saw for it, on paper or on the screen. */
  numbers: Set<string>;
  /** What the terminal said when it gave none. */
  message: string | undefined;
  /** Why nobody was let in by an appointment, as the terminal said. */
  why: string | undefined;
}

export interface Visitor {
  readonly name: string;
  readonly service: string;
  /** Undefined for a walk-in. */
  readonly appointment: Appointment | undefined;
  /** Shows himself by the code that was mailed first, although another one was mailed since. */
  readonly hasOldMail: boolean;
  readonly arrivesAt: number;
  /** What he does besides waiting: `leave` is for good. */
  readonly errand: "none" | "leave" | "away" | "cancel" | "priority" | "emergency" | "other-service";
  /** People who come on one number. */
  readonly persons: number;
  /** Touches the same key twice in a row. */
  readonly nervous: boolean;
  /** The number with which he waits. */
  number: string | undefined;
  touches: Touch[];
  /** What became of him at the terminal, when he got no number. */
  sentAway: string | undefined;
  /** Standing at a desk. */
  atDesk: string | undefined;
  servedAt: number | undefined;
  /** Out of the room, for a while. */
  away: boolean;
  /** Staff took him for a no-show. */
  givenUp: boolean;
  /** Will not come any more. */
  gone: boolean;
  /** Staff tell him his number. */
  takes(number: string): void;
}

/** How long somebody tries at a terminal before he goes to the reception, in milliseconds. */
const patienceMs = 90_000;
/** Longer than a printer is waited for that says nothing, in milliseconds. */
const printingMs = 40_000;
/** A person looks and moves about this often, in milliseconds. */
const lookMs = 500;
/** Between two touches of a nervous finger, in milliseconds. */
const doubleTapMs = 150;
/** He takes the number from the screen if no paper comes within this time, in milliseconds. */
const paperWaitMs = 5_000;
const triesMax = 3;
/** He is back so long after the time from which he may check in, at most, in milliseconds. */
const backMs = 60_000;

const { de } = loadLanguages();
/** What a terminal's words mean to whoever has an appointment. */
const meanings = new Map<string | undefined, string>([
  [de?.badCodeTitle, "bad-code"],
  [de?.otherSiteTitle, "other-site"],
  [de?.otherDayTitle, "other-day"],
  [de?.tooEarlyTitle, "too-early"],
  [de?.tooLateTitle, "too-late"],
  [de?.servedTitle, "wrong-state"],
  [de?.movedTitle, "moved"],
  [de?.cancelledTitle, "cancelled"],
  [de?.notConfirmedTitle, "not-confirmed"],
  [de?.noAnswerTitle, "unavailable"],
  [de?.noBirthdateTitle, "unavailable"],
  [de?.noMatchTitle, "no-match"],
  [de?.lockedTitle, "locked"],
]);

/** The place in front of a terminal: one at a time uses it, the others stand behind. */
export interface Foyer {
  readonly touches: readonly Touch[];
  /** To be told of everything that comes out of a terminal and stands on its screen. */
  paper(paper: Paper): void;
  shown(terminal: string, view: View | undefined): void;
  visit(visitor: Visitor, terminal: TerminalDevice): void;
  /** Staff said a number to somebody. */
  told(visitor: Visitor, number: string): void;
  /** How many stand before terminals. */
  readonly standing: number;
  /** How many came too early and will be back. */
  readonly returning: number;
}

export interface FoyerListener {
  /** Somebody comes from a terminal with a number. */
  enters(visitor: Visitor): void;
  /** Somebody whose appointment has lapsed asks staff. */
  isLate(visitor: Visitor): void;
}

export function createFoyer(schedule: Schedule, random: Random, listener: FoyerListener): Foyer {
  const touches: Touch[] = [];
  /** Who stands before each terminal, by what is done when it is his turn. */
  const lines = new Map<string, (() => void)[]>();
  const inFront = new Map<string, Touch>();
  /** Who stands there, also between two tries. */
  const present = new Map<string, Visitor>();
  /** When each terminal's screen went dark for the last time. */
  const darkSince = new Map<string, number>();
  let touchIds = 0;
  let standing = 0;
  let returning = 0;

  function begin(visitor: Visitor, terminal: TerminalDevice, kind: Touch["kind"]): Touch {
    const touch: Touch = {
      visitor,
      terminal: terminal.name,
      kind,
      at: schedule.now(),
      isMisled: terminal.clock.misleads,
      isUnwritten: terminal.isFull,
      numbers: new Set(),
      message: undefined,
      why: undefined,
    };
    touches.push(touch);
    visitor.touches.push(touch);
    inFront.set(terminal.name, touch);
    return touch;
  }

  const isChoosing = (terminal: TerminalDevice, service: string) => {
    const screen = terminal.screen.view?.screen;
    return screen?.kind === "choose" && screen.services.some((key) => key.service === service && key.open);
  };

  /** Whoever shows a code may still see the number of the visitor before him, and knows that it is not an appointment's. */
  function seen(terminal: string, number: string, touch = inFront.get(terminal)): void {
    if (touch && (touch.kind !== "touch") === number.startsWith("T")) touch.numbers.add(number);
  }

  /** Looks at the screen until something stands there that he waits for. */
  async function until(life: Life, deadline: number, seen: () => boolean): Promise<boolean> {
    while (!seen()) {
      if (schedule.now() >= deadline) return false;
      await schedule.sleep(lookMs, life);
    }
    return true;
  }

  /** Enters digits, one touch each. */
  async function enter(terminal: TerminalDevice, digits: string, life: Life): Promise<void> {
    touchIds += 1;
    const id = touchIds;
    for (const [index, digit] of [...digits].entries()) {
      terminal.screen.touch({ id: `finger-${id}-${index}`, do: "digit", digit });
      await schedule.sleep(doubleTapMs, life);
    }
    terminal.screen.touch({ id: `finger-${id}-enter`, do: "enter" });
  }

  /** The date of birth, sometimes with a wrong digit, and the time where that is asked for. */
  async function enterBirthdate(terminal: TerminalDevice, appointment: Appointment, life: Life): Promise<void> {
    const isOpen = (name: string) => terminal.screen.view?.screen.name === name;
    touchIds += 1;
    terminal.screen.touch({ id: `finger-${touchIds}-birthdate`, do: "birthdate" });
    await schedule.sleep(lookMs, life);
    if (!isOpen("birthdate")) return;
    const [year = "", month = "", day = ""] = appointment.birthdate?.split("-") ?? [];
    await enter(terminal, `${day}${month}${random.chance(0.15) ? "1985" : year}`, life);
    await schedule.sleep(lookMs, life);
    if (!isOpen("appointment-time")) return;
    const time = new Date(appointment.at).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
    await enter(terminal, time.replace(":", ""), life);
  }

  /** At first, where he has the old mail with him, the code that is in it. */
  const codeShown = ({ appointment, hasOldMail, touches: own }: Visitor) =>
    hasOldMail && own.length === 1 ? appointment?.codes[0] : appointment?.codes.at(-1);

  async function useOnce(
    visitor: Visitor,
    terminal: TerminalDevice,
    life: Life,
    deadline: number,
    kind: Exclude<Touch["kind"], "staff">,
  ): Promise<boolean> {
    const { appointment } = visitor;
    const isReady = () =>
      kind === "scan" ? terminal.scanner.plugged && terminal.powered : isChoosing(terminal, visitor.service);
    if (!(await until(life, deadline, isReady))) return false;
    const touch = begin(visitor, terminal, kind);
    touchIds += 1;
    const code = codeShown(visitor);
    if (kind === "touch") {
      const input = { id: `finger-${touchIds}`, do: "choose", service: visitor.service };
      terminal.screen.touch(input);
      // A page repeats a touch that it does not know to have arrived; a nervous finger makes a new one.
      if (random.chance(0.1)) terminal.screen.touch(input);
      if (visitor.nervous) {
        await schedule.sleep(doubleTapMs, life);
        if (isChoosing(terminal, visitor.service)) terminal.screen.touch({ ...input, id: `finger-${touchIds}-again` });
      }
    } else if (kind === "entry" && appointment) {
      await enterBirthdate(terminal, appointment, life);
    } else if (code !== undefined) {
      terminal.scanner.read(code);
      if (visitor.nervous) {
        await schedule.sleep(doubleTapMs, life);
        terminal.scanner.read(code);
      }
    }
    await schedule.sleep(lookMs, life);
    const done = () => {
      const screen = terminal.screen.view?.screen;
      if (touch.numbers.size > 0 && screen?.name !== "busy") return true;
      if (screen?.kind === "message" && screen.name !== "busy" && screen.name !== "moment") {
        touch.message = screen.name;
        touch.why = meanings.get(screen.title);
        return true;
      }
      return screen?.kind === "choose";
    };
    // Whoever sees that his number is being printed does not go away.
    await until(life, Math.max(deadline, schedule.now() + printingMs), done);
    if (touch.numbers.size > 0) {
      await schedule.sleep(random.whole(500, paperWaitMs), life);
      if (visitor.nervous) await askAgain(visitor, terminal, life, code);
      terminal.screen.touch({ id: `finger-${touchIds}-done`, do: "done" });
    }
    inFront.delete(terminal.name);
    const [number] = touch.numbers;
    visitor.number = number;
    return number !== undefined;
  }

  /** Somebody who is not sure shows the same code again, or asks for another paper where the screen offers one. */
  async function askAgain(visitor: Visitor, terminal: TerminalDevice, life: Life, code?: string): Promise<void> {
    const screen = terminal.screen.view?.screen;
    const isFree = () => terminal.screen.view?.screen.kind === "choose";
    if (visitor.touches.at(-1)?.kind === "scan" && code !== undefined) {
      // As long as his paper is coming nobody looks at it.
      terminal.scanner.read(code);
      if (await until(life, schedule.now() + patienceMs, isFree)) terminal.scanner.read(code);
    } else if (screen?.kind === "number" && screen.actions.some(({ do: what }) => what === "again")) {
      terminal.screen.touch({ id: `finger-${touchIds}-copy`, do: "again" });
    }
    await schedule.sleep(lookMs, life);
    // He stays until it is the next one's turn, who would else take his number for his own.
    await until(life, schedule.now() + patienceMs, isFree);
  }

  async function use(visitor: Visitor, terminal: TerminalDevice, life: Life): Promise<void> {
    let deadline = schedule.now() + patienceMs;
    let kind: "touch" | "scan" | "entry" = "touch";
    if (visitor.appointment) kind = visitor.appointment.birthdate === undefined ? "scan" : "entry";
    let isAsked = false;
    for (let tries = 0; tries < triesMax && schedule.now() < deadline; tries += 1) {
      if (await useOnce(visitor, terminal, life, deadline, kind)) return;
      const { why, message } = visitor.touches.at(-1) ?? {};
      // Whoever is asked to try again, or told nothing at all, does, also one who has been at it for a while already.
      if (message === "unclear" || message === undefined) {
        deadline = schedule.now() + patienceMs;
        if (!isAsked) tries -= 1;
        isAsked = true;
      }
      if (kind === "scan" && why === "too-early") return comeBack(visitor, terminal);
      if (kind === "scan" && why === "too-late" && random.chance(0.5)) return listener.isLate(visitor);
      // Whoever is turned away takes a number like everybody else; with a newer mail, or a mistyped date, he tries again.
      const mayTryAgain = why === undefined || why === "moved" || (why === "no-match" && random.chance(0.7));
      if (kind !== "touch" && !mayTryAgain) kind = "touch";
      await schedule.sleep(random.whole(1_000, 4_000), life);
      // Meanwhile the screen may have said what became of his last touch.
      [visitor.number] = visitor.touches.at(-1)?.numbers ?? [];
      if (visitor.number !== undefined) return;
    }
    const touch = visitor.touches.at(-1);
    // Whose last try the power ended was told nothing, whatever stands there since it is back; at most to try again.
    const isCut = touch !== undefined && touch.at <= (darkSince.get(terminal.name) ?? 0);
    const screen = isCut ? undefined : terminal.screen.view?.screen;
    const message = isCut && touch.message === "unclear" ? undefined : touch?.message;
    visitor.sentAway = message ?? screen?.name ?? "dark";
  }

  function comeBack(visitor: Visitor, terminal: TerminalDevice): void {
    const from = (visitor.appointment?.at ?? 0) - earlyMs;
    returning += 1;
    schedule.after(from - schedule.now() + random.whole(1_000, backMs), { name: visitor.name, alive: true }, () => {
      returning -= 1;
      visit(visitor, terminal);
    });
  }

  function visit(visitor: Visitor, terminal: TerminalDevice): void {
    const life: Life = { name: visitor.name, alive: true };
    const line = lines.get(terminal.name) ?? [];
    lines.set(terminal.name, line);
    standing += 1;
    const comes = async () => {
      present.set(terminal.name, visitor);
      await use(visitor, terminal, life);
      present.delete(terminal.name);
      line.shift();
      standing -= 1;
      if (visitor.number !== undefined) listener.enters(visitor);
      const next = line[0];
      if (next) schedule.after(lookMs, life, next);
    };
    line.push(() => void comes());
    if (line.length === 1) void comes();
  }

  return {
    touches,
    get standing() {
      return standing;
    },
    get returning() {
      return returning;
    },
    paper: ({ terminal, number }) => seen(terminal, number),
    shown(terminal, view) {
      if (!view) darkSince.set(terminal, schedule.now());
      if (view?.screen.kind !== "number") return;
      if (view.screen.heading !== de?.lastTicket) return seen(terminal, view.screen.number);
      // The last ticket from before a restart is that of whoever was there then.
      const touch = present.get(terminal)?.touches.at(-1);
      if (touch && touch.at <= (darkSince.get(terminal) ?? 0)) seen(terminal, view.screen.number, touch);
    },
    told(visitor, number) {
      const touch: Touch = {
        visitor,
        terminal: "",
        kind: "staff",
        isMisled: false,
        isUnwritten: false,
        at: schedule.now(),
        numbers: new Set([number]),
        message: undefined,
        why: undefined,
      };
      touches.push(touch);
      visitor.touches.push(touch);
    },
    visit,
  };
}
