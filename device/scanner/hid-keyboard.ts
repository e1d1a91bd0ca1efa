import { codeCharactersMax, type Decoded, decodeText, partPauseMs, type ScanDecoder } from "./decoding.ts";
import type { KeyboardLayout } from "./keyboard-layouts.ts";

/** Modifier bits of a boot report (Device Class Definition for HID 1.11, appendix B.1). */
const shiftKeys = 0x22;
const rightAlt = 0x40;
/** Control and GUI on both sides, and the left Alt: no text is typed with them. */
const commandKeys = 0x9d;
const enter = 0x28;
const keypadEnter = 0x58;
const reportBytes = 8;

/**
 * Reads the keys of a scanner that plays keyboard: eight-byte boot reports with modifiers, a reserved byte and up to
 * six keys that are down. A key counts when it was not down in the report before; Enter ends the code.
 *
 * @param reportId is the first byte of each report where the descriptor gives ids, else 0.
 */
export function createKeyboardDecoder(layout: KeyboardLayout, reportId = 0): ScanDecoder {
  let down: number[] = [];
  let text = "";
  let characters = 0;
  let waiting = "";
  /** Why the code in hand is not to be believed; kept until its Enter. */
  let spoilt: string | undefined;
  let lastAt = 0;

  const unfinished = () => text !== "" || waiting !== "" || spoilt !== undefined;
  const reset = () => {
    text = "";
    characters = 0;
    waiting = "";
    spoilt = undefined;
  };
  const idle = (now: number): Decoded[] => {
    if (!unfinished() || now - lastAt < partPauseMs) return [];
    const why = spoilt ?? "keys without Enter";
    reset();
    down = [];
    return [{ discard: why }];
  };

  const type = (character: string) => {
    if (waiting !== "") {
      const accent = layout.dead.get(waiting) ?? "";
      const composed = (character + accent).normalize("NFC");
      // What does not melt into one letter is typed as two.
      add(character === " " ? waiting : [...composed].length === 1 ? composed : waiting + character);
      waiting = "";
    } else if (layout.dead.has(character)) waiting = character;
    else add(character);
  };
  const add = (more: string) => {
    characters += [...more].length;
    // The symbology identifier comes in front and does not count.
    if (characters > codeCharactersMax + 3) spoilt = `longer than ${codeCharactersMax} characters`;
    else text += more;
  };

  const press = (key: number, modifiers: number): Decoded[] => {
    if (key === enter || key === keypadEnter) {
      const decoded = spoilt === undefined ? decodeText(text + waiting) : { discard: spoilt };
      reset();
      return [decoded];
    }
    const level = modifiers & rightAlt ? layout.altGr : modifiers & shiftKeys ? layout.shift : layout.plain;
    const character = modifiers & commandKeys ? undefined : level.get(key);
    if (character === undefined) spoilt ??= `key 0x${key.toString(16)} types nothing`;
    else type(character);
    return [];
  };

  return {
    push(whole, now) {
      const decoded = idle(now);
      lastAt = now;
      const report = reportId === 0 ? whole : whole.subarray(1);
      const foreign = reportId !== 0 && whole[0] !== reportId;
      if (foreign || report.length !== reportBytes || report[1] !== 0) {
        if (text !== "") spoilt ??= "no keyboard report";
        down = [];
        return [...decoded, { discard: "no keyboard report" }];
      }
      const keys = [...report.subarray(2)].filter((key) => key !== 0);
      for (const key of keys) if (!down.includes(key)) decoded.push(...press(key, report[0] ?? 0));
      down = keys;
      return decoded;
    },
    idle,
    idleAt: () => (unfinished() ? lastAt + partPauseMs : undefined),
  };
}
