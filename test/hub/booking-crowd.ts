import { fork } from "node:child_process";
import { join } from "node:path";
import type { BrowserAnswer, BrowserOrder, BrowserReport } from "./booking-client.ts";

/** How long a visitor may take for one step on a busy machine, in milliseconds. */
const stepMs = 20_000;

/** A visitor at a browser of his own. */
export interface Visitor {
  /** Opens a page from this address, and gives it with the hidden fields of its form. */
  open(path: string, address: string): Promise<BrowserAnswer & { hidden: Record<string, string> }>;
  /** Fills the form of the open page in; all of it but the last byte goes out. */
  fill(fields: Record<string, string>): Promise<void>;
  /** Lets the last byte go; resolves when it is with the system. */
  send(): Promise<void>;
  answer(): Promise<BrowserAnswer>;
  /** Fills, sends, and gives the answer. */
  submit(fields: Record<string, string>): Promise<BrowserAnswer>;
  leave(): void;
}

/**
 * So many visitors, each as a process that stays until it is told to leave.
 *
 * @param host as which the proxy between them and the hub is known.
 */
export const gatherCrowd = (count: number, port: number, host: string): Visitor[] =>
  Array.from({ length: count }, (_, index) => startVisitor(index, [String(port), host]));

function startVisitor(index: number, words: string[]): Visitor {
  const child = fork(join(import.meta.dirname, "booking-client.ts"), words);
  const reports: BrowserReport[] = [];
  let arrived = () => {};
  child.on("message", (said: BrowserReport) => {
    reports.push(said);
    arrived();
  });
  const tell = (order: BrowserOrder) => void child.send(order);
  function take<K extends BrowserReport["is"]>(is: K): Extract<BrowserReport, { is: K }> | undefined {
    const found = reports.findIndex((report) => report.is === is);
    return found < 0 ? undefined : (reports.splice(found, 1)[0] as Extract<BrowserReport, { is: K }>);
  }
  const left = new Promise<never>((_, reject) =>
    child.once("exit", () => reject(new Error(`visitor ${index} left before it had answered`))),
  );
  left.catch(() => {});
  async function next<K extends BrowserReport["is"]>(is: K): Promise<Extract<BrowserReport, { is: K }>> {
    const timer = setTimeout(() => child.kill(), stepMs);
    for (;;) {
      const report = take(is);
      if (!report) {
        await Promise.race([new Promise<void>((resolve) => (arrived = resolve)), left]);
        continue;
      }
      clearTimeout(timer);
      return report;
    }
  }
  const visitor: Visitor = {
    async open(path, address) {
      tell({ do: "open", path, address });
      const { answer, hidden } = await next("opened");
      return { ...answer, hidden };
    },
    async fill(fields) {
      tell({ do: "fill", fields });
      await next("filled");
    },
    async send() {
      tell({ do: "send" });
      await next("sent");
    },
    answer: async () => (await next("answered")).answer,
    async submit(fields) {
      await visitor.fill(fields);
      await visitor.send();
      return visitor.answer();
    },
    leave: () => void child.disconnect(),
  };
  return visitor;
}
