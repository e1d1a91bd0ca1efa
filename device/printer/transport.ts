/** An open way to a printer. Everything ends within its time-out; a link that is lost never comes back, a new one is made. */
export interface Link {
  /**
   * Hands bytes to the printer or to the system on the way to it.
   *
   * @throws LinkError when they could not be handed over within `timeoutMs`; how many of them were, nobody knows.
   */
  write(bytes: Buffer, timeoutMs: number): Promise<void>;
  /** Gives the link up. What has not been handed over yet is thrown away, never sent later. */
  close(): Promise<void>;
  /** GET_PORT_STATUS of the USB printer class: works even when the printer takes no data. */
  portStatus?(): Promise<number>;
}

export interface LinkEvents {
  data(bytes: Buffer): void;
  /** Called once, when the link is lost by itself; not after `close`. */
  lost(reason: string): void;
}

/** @throws LinkError when there is no printer, or not within the transport's time-out. */
export type OpenLink = (events: LinkEvents) => Promise<Link>;

export class LinkError extends Error {}

/** Settles as `work` does, or rejects with `what` after `ms`. `work` goes on unheard, so its owner must end it. */
export function within<T>(ms: number, what: string, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new LinkError(`${what}: no end within ${ms} ms`)), ms);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/** For callbacks of the `(error?) => void` kind. */
export function settled(start: (done: (error?: Error | null) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    start((error) => (error ? reject(new LinkError(error.message, { cause: error })) : resolve()));
  });
}
