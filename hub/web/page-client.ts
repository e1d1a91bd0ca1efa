import type { HubConfig } from "../config.ts";
import type { Caller } from "../office/decision.ts";
import type { Gate } from "./desk-routes.ts";

/** Before the desk in the name of a desk's page. It holds a `/`, so no MQTT user can have such a name. */
const prefix = "page/";

/** Under which name the page of a desk asks where nobody signs in. */
const pageClient = (desk: string): string => prefix + desk;

/** Who such a page is: a client that acts for this desk alone. Undefined for any other client. */
export function pageCaller(config: HubConfig, client: string): Caller | undefined {
  const desk = config.desks.find(({ id }) => pageClient(id) === client);
  return desk && { client, role: "desk", desks: [desk.id] };
}

/** Where nobody signs in, whoever is at this machine may stand at each desk; nobody knows who it was. */
export const openGate: Gate = {
  guards: [],
  admit: (_request, _reply, desk = "") => ({
    client: pageClient(desk),
    hello: {},
    isStill: () => true,
    mayActFor: () => true,
    seesNames: false,
    look() {},
    note() {},
  }),
};
