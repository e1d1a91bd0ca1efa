import type { FastifyReply, FastifyRequest, RouteOptions } from "fastify";
import type { Booking } from "../../booking.ts";
import type { HubConfig } from "../../config.ts";
import type { HubLog } from "../../log.ts";
import type { Page, PageContext } from "./layout.ts";

export interface SiteOptions {
  config: HubConfig;
  booking: Booking;
  log: HubLog;
  now(): number;
}

/** What the routes have in common. */
export interface Site extends SiteOptions {
  context(request: FastifyRequest): PageContext;
  send(request: FastifyRequest, reply: FastifyReply, page: Page, code?: number): FastifyReply;
  /** The token that each form carries; its other half is in a cookie. */
  token(reply: FastifyReply): string;
  /** Route options of every form that changes something. */
  form: Pick<RouteOptions, "preHandler" | "config" | "bodyLimit">;
}
