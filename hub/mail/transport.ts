import type { RenderedMail } from "./render.ts";

/**
 * Why a mail was not taken. `refused`: no repetition changes it. `deferred`: this mail, for now. `unreachable`: nobody is
 * there who takes mails, so that others need not be tried either.
 */
export type MailVerdict = "refused" | "deferred" | "unreachable";

/** A mail was not taken. The message holds nothing personal, and so none of the server's words: those repeat addresses. */
export class MailError extends Error {
  readonly verdict: MailVerdict;

  constructor(verdict: MailVerdict, message: string) {
    super(message);
    this.verdict = verdict;
  }
}

export interface Recipient {
  name: string;
  address: string;
}

/** How mails leave the hub. */
export interface MailTransport {
  /**
   * Resolves when somebody else has the mail.
   *
   * @param signal gives up on the spot.
   * @throws MailError
   */
  send(mail: RenderedMail, to: Recipient, signal: AbortSignal): Promise<void>;
  /** Deletes what it has kept long enough; called now and then, whether or not mails go out. */
  tidy?(now: number): void;
}

/** What is handed to nodemailer: nothing in it is left to chance, so that a second copy is the same to the byte. */
export const messageOf = (from: string, { messageId, language, ...mail }: RenderedMail, to: Recipient) => ({
  ...mail,
  messageId,
  from,
  to,
  baseBoundary: messageId.replace(/[^0-9a-z.-]/gi, ""),
  // Nobody's out-of-office notice answers it (RFC 3834, section 5).
  headers: { "Auto-Submitted": "auto-generated", "Content-Language": language },
});
