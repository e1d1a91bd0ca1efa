import * as z from "zod";
import { priorityMinutesMax } from "../../protocol/requests.ts";
import type { CallPolicy } from "../office/state.ts";

/** By what it is decided whose turn it is: see deploy/docs/hub.md. */
export const calls = z.strictObject({
  /** A checked-in appointment is due so long before its time. */
  appointmentLeadMinutes: z.number().min(0).max(60).default(2),
  /** A walk-in who has waited longer takes turns with the appointments that are due. */
  walkInMaxWaitMinutes: z.number().min(1).max(480).default(45),
  /** The head start of whoever gets a priority without a number of minutes. */
  priorityMinutes: z.int().min(1).max(priorityMinutesMax).default(30),
  /** So long nobody is called whose paper may still be coming out, if there is anybody else. */
  paperPendingSeconds: z.number().min(0).max(120).default(10),
  /** The first call counts. */
  callsBeforeNoShow: z.int().min(2).max(10).default(2),
  /** A no-show who appears within this may still be called, or waits again. */
  noShowReturnMinutes: z.number().min(0).max(480).default(15),
  /** So long a call can be taken back. */
  undoSeconds: z.number().min(0).max(120).default(10),
  /** A desk that pauses for longer counts as closed for those who wait for it. */
  pauseMinutes: z.number().min(0).max(240).default(10),
  /** Staff are told of a ticket that no desk could call for so long. */
  unservedMinutes: z.number().min(0).max(240).default(2),
});

const minuteMs = 60_000;

/** What the core needs to know of it. */
export function callPolicyOf(config: z.output<typeof calls>): CallPolicy {
  return {
    appointmentLeadMs: config.appointmentLeadMinutes * minuteMs,
    walkInMaxWaitMs: config.walkInMaxWaitMinutes * minuteMs,
    priorityMinutes: config.priorityMinutes,
    paperPendingMs: config.paperPendingSeconds * 1000,
    callsBeforeNoShow: config.callsBeforeNoShow,
    noShowReturnMs: config.noShowReturnMinutes * minuteMs,
    undoMs: config.undoSeconds * 1000,
    pauseMs: config.pauseMinutes * minuteMs,
    unservedMs: config.unservedMinutes * minuteMs,
  };
}
