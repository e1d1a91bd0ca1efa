import type { FastifyInstance } from "fastify";
import fastify from "fastify";
import type { HubConfig } from "../config.ts";
import type { HubLog } from "../log.ts";
import type { OfficeState } from "../office/state.ts";
import type { Incoming } from "../requests.ts";

export interface PagesOptions {
  config: HubConfig;
  log: HubLog;
  /** Takes a request as if it had come over MQTT. */
  receive(request: Incoming): void;
}

/** The hub's own pages, on loopback. */
export interface Pages {
  /** Resolves with the port once it listens. */
  start(state: OfficeState): Promise<number>;
  stop(): Promise<void>;
  /** To be called when the state has changed. */
  show(state: OfficeState): void;
}

export function createPages({ config }: PagesOptions): Pages {
  let server: FastifyInstance | undefined;
  return {
    async start() {
      server = fastify({ forceCloseConnections: true });
      await server.listen(config.http);
      const [address] = server.addresses();
      return address && typeof address === "object" ? address.port : config.http.port;
    },
    async stop() {
      await server?.close();
    },
    show() {},
  };
}
