import * as z from "zod";
import { name } from "../../protocol/messages.ts";
import { deskButtons, deskLed } from "../desk/state.ts";
import { panelOptions } from "../panel/options.ts";

const servicesMax = 50;

/** A desk's panel as the configuration names it. */
export const deskOptions = z.strictObject({
  id: name.describe("The desk's id in the hub's configuration."),
  services: z
    .array(name)
    .min(1)
    .max(servicesMax)
    .optional()
    .describe("Whose queues make the LED blink while the desk is free; all services when left out."),
  panel: panelOptions
    .refine(({ buttons }) => deskButtons.every((wanted) => buttons.some(({ name }) => name === wanted)), {
      path: ["buttons"],
      error: `a desk needs the buttons ${deskButtons.map((wanted) => `"${wanted}"`).join(" and ")}`,
    })
    .describe(`The board with the buttons ${deskButtons.join(" and ")}, and an LED named ${deskLed} if there is one.`),
});
export type DeskOptions = z.output<typeof deskOptions>;
