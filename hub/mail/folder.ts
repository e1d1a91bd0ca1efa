import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { createTransport } from "nodemailer";
import type { RenderedMail } from "./render.ts";
import type { MailTransport } from "./transport.ts";
import { MailError, messageOf } from "./transport.ts";

/** Files of mails are deleted after so many days: they hold personal data, and nobody else deletes them. */
const keptDays = 14;
const dayMs = 24 * 60 * 60_000;
/** Nobody but the hub's user reads them. */
const fileMode = 0o600;
const folderMode = 0o700;

/** By time, so that a list is in order; by id, so that the same mail is the same file. */
const nameOf = ({ date, messageId }: RenderedMail) =>
  `${date.toISOString().replaceAll(":", "-")}-${messageId.replace(/^<|@.*/g, "")}.eml`;

/** Writes each mail to a file of its own, whole or not at all; the same mail again writes the same file. */
export function folderTransport(from: string, folder: string): MailTransport {
  const transport = createTransport({
    streamTransport: true,
    buffer: true,
    newline: "windows",
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return {
    async send(mail, to) {
      try {
        const { message } = await transport.sendMail(messageOf(from, mail, to));
        mkdirSync(folder, { recursive: true, mode: folderMode });
        write(join(folder, nameOf(mail)), message as Buffer);
        sync(folder);
      } catch (error) {
        // A system's code without its words, which name the file; a bug says what it is.
        const { code, message } = error as NodeJS.ErrnoException;
        throw new MailError("unreachable", code ?? message);
      }
    },
    tidy(now) {
      if (existsSync(folder)) deleteOld(folder, now);
    },
  };
}

function write(path: string, content: Buffer): void {
  const part = `${path}.part`;
  const file = openSync(part, "w", fileMode);
  try {
    writeFileSync(file, content);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(part, path);
}

/** The new name is in the folder after this, even if the power goes. */
function sync(folder: string): void {
  const file = openSync(folder, "r");
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function deleteOld(folder: string, now: number): void {
  const oldest = now - keptDays * dayMs;
  for (const name of readdirSync(folder).filter((each) => /\.eml(\.part)?$/.test(each))) {
    const path = join(folder, name);
    if ((statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? oldest) < oldest) rmSync(path, { force: true });
  }
}
