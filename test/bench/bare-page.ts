import type { AddressInfo } from "node:net";
import fastify from "fastify";

// A process of its own: Fastify with one page that is always the same, the floor of every page that the hub draws.

process.once("message", (page: string) => {
  const app = fastify();
  app.get("/*", (_request, reply) => reply.type("text/html; charset=utf-8").send(page));
  app.listen({ port: 0, host: "127.0.0.1" }).then(
    () => process.send?.({ port: (app.server.address() as AddressInfo).port }),
    (error: unknown) => {
      throw error;
    },
  );
});
process.once("disconnect", () => process.exit(0));
