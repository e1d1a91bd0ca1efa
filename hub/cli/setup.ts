import { createInterface } from "node:readline";
import { passwordCharsMin } from "../../protocol/accounts.ts";
import { hashPassword } from "../accounts.ts";
import { hashStaffPassword } from "../staff/password.ts";
import type { Outcome } from "./outcome.ts";
import { usageFailure } from "./outcome.ts";

/**
 * Hashes a password for the `passwordHash` of a user in the hub's configuration.
 *
 * @param forStaff for an account that signs in at the pages, which takes a costlier hash than a device's.
 */
export async function hash(forStaff: boolean): Promise<Outcome> {
  const password = await askPassword(1);
  const passwordHash = await (forStaff ? hashStaffPassword(password) : hashPassword(password));
  return { json: { passwordHash }, text: passwordHash };
}

/** The password of a new account, asked for on the terminal or read from stdin, as its hash: no more is sent. */
export const askPasswordHash = async (): Promise<string> => hashPassword(await askPassword(passwordCharsMin));

async function askPassword(charsMin: number): Promise<string> {
  const password = process.stdin.isTTY ? await typedTwice() : await firstLine();
  if (password === "") throw usageFailure("the password is empty: nothing was done");
  if (password.length < charsMin) throw usageFailure(`use a password of at least ${charsMin} characters`);
  return password;
}

async function firstLine(): Promise<string> {
  for await (const line of createInterface({ input: process.stdin })) return line;
  return "";
}

async function typedTwice(): Promise<string> {
  const first = await typed("Password: ");
  if ((await typed("Once more: ")) !== first) throw usageFailure("the two are not the same: nothing was done");
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
        else if (stop.includes(key)) end(() => reject(usageFailure("nothing was done")));
        else text = rubout.includes(key) ? text.slice(0, -1) : text + key;
      }
    }
    stdin.on("data", take);
  });
}
