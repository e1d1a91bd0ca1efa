import type { FastifyInstance } from "fastify";
import { expositionType } from "../metrics/exposition.ts";
import { isHandedOn } from "./origin.ts";

/**
 * `/metrics`, for Prometheus. It is not for browsers: what another site's page asks for through one is refused, as is what
 * a proxy hands on, behind which everybody would look like this machine.
 *
 * @param mayRead whether somebody at this address may.
 * @param page what stands on it at this moment.
 */
export function addMetricsRoute(app: FastifyInstance, mayRead: (address: string) => boolean, page: () => string): void {
  app.get("/metrics", { config: { audience: "machines" } }, (request, reply) => {
    const { headers, socket } = request;
    const isBrowser = headers.origin !== undefined || headers["sec-fetch-site"] === "cross-site";
    if (isBrowser || isHandedOn(headers) || !mayRead(socket.remoteAddress ?? "")) {
      return reply.code(403).send({ error: "metrics are for the addresses in metrics.allow alone" });
    }
    return reply.type(expositionType).header("cache-control", "no-store").send(page());
  });
}
