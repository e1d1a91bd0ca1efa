import { Worker } from "node:worker_threads";

/**
 * Runs a script of this folder in a thread of its own, so that work on the whole file holds nobody up, and resolves with
 * the one message that it posts.
 */
export function runThread<T>(script: string, input: unknown): Promise<T> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL(script, import.meta.url), { workerData: input });
    worker.once("message", resolve);
    worker.once("error", reject);
    worker.once("exit", () => reject(new Error(`${script} ended without a result`)));
  });
}
