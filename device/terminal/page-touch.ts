import * as z from "zod";
import { validate } from "../../protocol/codec.ts";

const id = z.string().min(1).max(64);

/** What the page may send; `id` is the page's own for one touch, the same however often it is sent. */
const pageTouch = z.discriminatedUnion("do", [
  z.object({ id, do: z.literal("choose"), service: z.string().min(1).max(32) }),
  z.object({ id, do: z.literal("language"), language: z.string().length(2) }),
  z.object({ id, do: z.literal("large"), on: z.boolean() }),
  /** The same number on paper once more. */
  z.object({ id, do: z.literal("again") }),
  /** To the entry of a birth date; there, a digit more, one less, and that is it. */
  z.object({ id, do: z.literal("birthdate") }),
  z.object({ id, do: z.literal("digit"), digit: z.string().regex(/^[0-9]$/) }),
  z.object({ id, do: z.literal("erase") }),
  z.object({ id, do: z.literal("enter") }),
  /** Away from this screen. */
  z.object({ id, do: z.literal("done") }),
]);

export type PageTouch = z.infer<typeof pageTouch>;

/** Reads what a page sent; says in one line what is wrong with anything else. */
export const readPageTouch = (input: unknown) => validate(pageTouch, input);
