import type { FastifyReply, FastifyRequest, preHandlerHookHandler } from "fastify";
import type { HubConfig } from "../../config.ts";
import type { HubLog } from "../../log.ts";
import type { StaffDoor } from "../../staff/open.ts";
import type { StaffTask } from "../../staff/roles.ts";
import type { SignedIn } from "../../staff/staff.ts";
import type { Entrance } from "./gate.ts";
import type { StaffContext, StaffPage } from "./layout.ts";

/** What the routes have in common. */
export interface StaffSite extends StaffDoor {
  config: HubConfig;
  log: HubLog;
  entrance: Entrance;
  /** Whether a form is one of ours. */
  form: { preHandler: preHandlerHookHandler; bodyLimit: number };
  send(
    request: FastifyRequest,
    reply: FastifyReply,
    page: (context: StaffContext) => StaffPage,
    code?: number,
  ): unknown;
  /** Who may do this; undefined when the answer has been given instead. */
  allow(request: FastifyRequest, reply: FastifyReply, task?: StaffTask): SignedIn | undefined;
}
