import type { Command } from "commander";
import { InvalidArgumentError } from "commander";
import type { ConnectionOptions, Conversation } from "./connection.ts";
import type { Outcome } from "./outcome.ts";

export interface GlobalOptions extends ConnectionOptions {
  json?: boolean;
}

/** What the commands need of the program: to ask the hub, and to print what came of it. */
export interface CommandTools {
  /** What the command line says, filled up from the environment. */
  settings(): GlobalOptions;
  print(outcome: Outcome): void;
  /** Asks the hub and prints the answer. */
  asking(work: (conversation: Conversation) => Promise<Outcome>): Promise<void>;
  /** As `asking`, with the names of the desks as the boards show them. */
  calling(work: (conversation: Conversation, names: Map<string, string>) => Promise<Outcome>): Promise<void>;
}

/**
 * Adds a command.
 *
 * @param example how it is used, without `wartemarke`; its help shows it.
 */
export function addCommand(parent: Command, usage: string, description: string, example: string): Command {
  return parent.command(usage).description(description).addHelpText("after", `\nExample:\n  wartemarke ${example}`);
}

export function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError("use a whole number.");
  return Number(text);
}

/** As `collect`, for whole numbers. */
export const collectNumbers = (text: string, before: number[] = []) => [...before, wholeNumber(text)];

/** For an option that may be given several times. */
export const collect = (value: string, before: string[] = []) => [...before, value];
