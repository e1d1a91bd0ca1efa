import { isDeepStrictEqual } from "node:util";
import { ReadlineParser } from "@serialport/parser-readline";
import type { Logger } from "pino";
import type { Clock, Sign, SignPicture } from "../ports.ts";
import { createSerialLink } from "../serial-link.ts";
import { createLengthGuard } from "./guard.ts";
import { decodeAnswer, encodeCommand, type LineAnswer, type LineCommand, lineBytesMax, sequenceMax } from "./line.ts";
import type { LineOptions } from "./options.ts";
import { createStatusReporter } from "./status.ts";
import { signPages } from "./text.ts";

export const lineLimits = {
  /** A sign has this long for its answer. */
  answerTimeoutMs: 300,
  /** A command is sent so often before the sign counts as offline (no answer) or in error (refused). */
  triesMax: 4,
  /** Pause before a refused command is sent again. */
  retryPauseMs: 50,
  /** When nothing else was sent for so long, a beat is; a sign that hears nothing for 10 s shows dashes. */
  beatMs: 2000,
  /** How long each page of a picture is shown. */
  pageMs: 2000,
};

interface Exchange {
  command: LineCommand;
  sequence: number;
  tries: number;
}

/** A home-built sign that speaks our line protocol: one command at a time, each answered. */
export function createLineSign(options: LineOptions, clock: Clock, logger?: Logger): Sign {
  const status = createStatusReporter(logger);
  let picture: SignPicture | undefined;
  let page = 0;
  let isUp = false;
  let isLit = false;
  /** The picture that the sign is known to show. */
  let acknowledged: LineCommand | undefined;
  let isBeatDue = true;
  let sequence = 0;
  let exchange: Exchange | undefined;
  let discards = 0;
  let cancelExchange = () => {};
  let cancelBeat = () => {};
  let cancelPage = () => {};

  const link = createSerialLink({ path: options.path, baudRate: options.baudRate }, clock, {
    opened() {
      isUp = true;
      forget();
      pump();
    },
    closed(why) {
      isUp = false;
      exchange = undefined;
      cancelExchange();
      cancelBeat();
      status.report("offline", why);
    },
    bytes: (chunk) => guard.write(chunk),
  });
  const guard = createLengthGuard(lineBytesMax, () => discard("line too long"));
  guard.pipe(new ReadlineParser({ delimiter: "\n", encoding: "latin1" })).on("data", (line: string) => {
    const answer = decodeAnswer(line);
    if (answer) answered(answer);
    else discard("no answer of the protocol");
  });

  function discard(reason: string): void {
    discards += 1;
    logger?.debug({ reason, discards }, "sign: bytes dropped");
  }

  function pictureCommand(): LineCommand | undefined {
    if (!picture) return undefined;
    const text = signPages(picture, options.columns)[page] ?? "";
    return { verb: picture.flash ? "FLASH" : "SHOW", text };
  }

  /** What the sign should be told now; made when it can be sent, so it is always the newest. */
  function nextCommand(): LineCommand | undefined {
    if (!isLit) return { verb: "LIGHT", brightness: options.brightness };
    const wanted = pictureCommand();
    if (wanted && !isDeepStrictEqual(wanted, acknowledged)) return wanted;
    return isBeatDue ? { verb: "BEAT" } : undefined;
  }

  function pump(): void {
    if (!isUp || exchange) return;
    const command = nextCommand();
    if (command) send({ command, sequence: nextSequence(), tries: 0 });
  }

  function nextSequence(): number {
    sequence = (sequence % sequenceMax) + 1;
    return sequence;
  }

  function send(next: Exchange): void {
    exchange = next;
    next.tries += 1;
    // Until it answers, nobody knows whether the sign shows the old or the new picture.
    if (next.command.verb === "SHOW" || next.command.verb === "FLASH") acknowledged = undefined;
    cancelExchange = clock.after(lineLimits.answerTimeoutMs, () => again(next, "no answer"));
    link.write(encodeCommand(next.sequence, next.command));
  }

  /** A repeat carries the newest picture, under a new number if that is another than before. */
  function again(failed: Exchange, reason: string): void {
    exchange = undefined;
    if (failed.tries >= lineLimits.triesMax) {
      status.report(reason === "no answer" ? "offline" : "error", reason);
      forget();
      scheduleBeat();
      return;
    }
    const command = nextCommand();
    if (!command) return;
    const isSame = isDeepStrictEqual(command, failed.command);
    send(isSame ? failed : { command, sequence: nextSequence(), tries: failed.tries });
  }

  /** The sign may have been without power: it is told everything anew. */
  function forget(): void {
    isLit = false;
    acknowledged = undefined;
    isBeatDue = true;
  }

  function answered(answer: LineAnswer): void {
    const current = exchange;
    if (!current) return;
    const isUnreadable = !answer.ok && answer.sequence === 0;
    if (answer.sequence !== current.sequence && !isUnreadable) return;
    cancelExchange();
    if (answer.ok) {
      if (current.command.verb === "LIGHT") isLit = true;
      else if (current.command.verb !== "BEAT") acknowledged = current.command;
    } else if (answer.reason === "blank") {
      forget();
    } else {
      const reason = `sign refused ${current.command.verb}: ${answer.reason}`;
      cancelExchange = clock.after(lineLimits.retryPauseMs, () => again(current, reason));
      return;
    }
    exchange = undefined;
    isBeatDue = false;
    status.report("ready", "");
    scheduleBeat();
    pump();
  }

  /** The next beat comes when nothing else was sent meanwhile. */
  function scheduleBeat(): void {
    cancelBeat();
    cancelBeat = clock.after(lineLimits.beatMs, () => {
      isBeatDue = true;
      pump();
    });
  }

  function turnPage(): void {
    const pages = picture?.pages.length ?? 0;
    if (pages < 2) return;
    cancelPage = clock.after(lineLimits.pageMs, () => {
      page = (page + 1) % pages;
      pump();
      turnPage();
    });
  }

  return {
    columns: options.columns,
    start(on) {
      status.start(on);
      link.start();
    },
    show(next) {
      if (isDeepStrictEqual(next, picture)) return;
      picture = next;
      page = 0;
      cancelPage();
      turnPage();
      pump();
    },
    async stop() {
      status.stop();
      isUp = false;
      cancelExchange();
      cancelBeat();
      cancelPage();
      await link.stop();
    },
  };
}
