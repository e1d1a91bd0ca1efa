import * as z from "zod";
import { name } from "../../protocol/messages.ts";
import { signOptions } from "../sign/options.ts";
import { screenOptions } from "./screen.ts";

/** What a board has. */
export const boardOptions = z.strictObject({
  group: name.default("all").describe("Which calls it shows; the group `all` has every call."),
  screen: screenOptions(8082),
  sign: signOptions.optional().describe("An LED sign."),
});
export type BoardOptions = z.output<typeof boardOptions>;
