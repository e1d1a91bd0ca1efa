import * as z from "zod";

/** How a peripheral is: what a printer can say is the longest list, so the others use what fits them. */
export const peripheralState = z.enum(["ready", "paper-low", "paper-out", "cover-open", "error", "offline", "unknown"]);
export const peripheralStatus = z.object({ state: peripheralState, detail: z.string().max(200) });
export type PeripheralStatus = z.infer<typeof peripheralStatus>;
