import { createTransport } from "nodemailer";
import type { MailTransport } from "./transport.ts";
import { MailError, messageOf } from "./transport.ts";

/** One mail may take so long altogether, in milliseconds: a server that says a word now and then does not hold it. */
const mailMs = 120_000;

export interface SmtpOptions {
  host: string;
  port: number;
  /** TLS from the first byte; otherwise the connection is upgraded by STARTTLS. */
  secure: boolean;
  /** What to do with a server that has no STARTTLS: leave it, or talk to it in the clear. */
  tls: "required" | "none";
  user?: string | undefined;
  password?: string | undefined;
  /** For each step: connecting, the greeting, each answer. */
  timeoutMs: number;
}

/** Sends by SMTP, each mail over a connection of its own, which the caller opens one at a time. */
export function smtpTransport(from: string, options: SmtpOptions): MailTransport {
  const { host, port, secure, tls, user, password, timeoutMs } = options;
  const transport = createTransport({
    host,
    port,
    secure,
    requireTLS: tls === "required",
    ignoreTLS: tls === "none",
    ...(user === undefined ? {} : { auth: { user, pass: password ?? "" } }),
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    dnsTimeout: timeoutMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return {
    async send(mail, to, stop) {
      const signal = AbortSignal.any([stop, AbortSignal.timeout(mailMs)]);
      try {
        await transport.sendMail({ ...messageOf(from, mail, to), ...{ signal } });
      } catch (error) {
        throw verdictOf(error);
      }
    },
  };
}

/** What nodemailer's errors have besides their message. */
interface SmtpFault {
  code?: string;
  originalCode?: string;
  command?: string;
  responseCode?: number;
  response?: string;
}

/** 5.7.x (RFC 3463, section 3.8) to a recipient is mostly about us, such as "relaying denied": that can be put right. */
const isPolicy = (response = "") => /^5\d\d[ -]5\.7\.\d/.test(response);

function verdictOf(error: unknown): MailError {
  const { code, originalCode, command, responseCode, response } = error as SmtpFault;
  const what = [originalCode ?? code ?? "error", command, responseCode].filter((part) => part !== undefined).join(" ");
  // An address that cannot be put into a command: nothing was sent.
  if (code === "EENVELOPE" && responseCode === undefined) return new MailError("refused", what);
  const isAboutMail = command === "RCPT TO" || command === "DATA";
  // 421 closes the connection whatever it answers (RFC 5321, section 3.8).
  if (!isAboutMail || responseCode === undefined || responseCode === 421) return new MailError("unreachable", what);
  // Answers of 500 and more are for good (RFC 5321, section 4.2.1).
  return new MailError(responseCode >= 500 && !isPolicy(response) ? "refused" : "deferred", what);
}
