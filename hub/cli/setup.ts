import { createInterface } from "node:readline";
import { hashPassword } from "../accounts.ts";
import type { Outcome } from "./outcome.ts";
import { usageFailure } from "./outcome.ts";

/** Hashes a password for the `passwordHash` of a user in the hub's configuration. */
export async function hash(): Promise<Outcome> {
  const password = process.stdin.isTTY ? await typedTwice() : await firstLine();
  if (password === "") throw usageFailure("the password is empty: nothing was hashed");
  const passwordHash = await hashPassword(password);
  return { json: { passwordHash }, text: passwordHash };
}

async function firstLine(): Promise<string> {
  for await (const line of createInterface({ input: process.stdin })) return line;
  return "";
}

async function typedTwice(): Promise<string> {
  const first = await typed("Password: ");
  if ((await typed("Once more: ")) !== first) throw usageFailure("the two are not the same: nothing was hashed");
  return first;
}

/** Keys as a terminal sends them: Enter, Ctrl-C and Ctrl-D, Backspace. */
const [enter, stop, rubout] = ["\r\n", "\x03\x04", "\x7f\b"];

/** Reads a line from the terminal without showing it. */
function typed(question: string): Promise<string> {
  const { stdin, stderr } = process;
  stderr.write(question);
  stdin.setRawMode(true);
  stdin.resume();
  let text = "";
  return new Promise<string>((resolve, reject) => {
    const end = (finish: () => void) => {
      stdin.off("data", take);
      stdin.setRawMode(false);
      stdin.pause();
      stderr.write("\n");
      finish();
    };
    function take(keys: Buffer): void {
      for (const key of keys.toString("utf8")) {
        if (enter.includes(key)) end(() => resolve(text));
        else if (stop.includes(key)) end(() => reject(usageFailure("nothing was hashed")));
        else text = rubout.includes(key) ? text.slice(0, -1) : text + key;
      }
    }
    stdin.on("data", take);
  });
}
