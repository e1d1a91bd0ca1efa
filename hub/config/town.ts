import { extname } from "node:path";
import * as z from "zod";

const paragraphText = z.string().min(1).max(5_000);
const paragraph = z.object({ de: paragraphText }).catchall(paragraphText);

/** The content types of pictures that can be a logo, by the ending of the file. */
const logoTypes: Record<string, string> = {
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".jpg": "image/jpeg",
  ".jpeg": "image/jpeg",
  ".webp": "image/webp",
};

/** The content type of a logo; undefined for a file that cannot be one. */
export const logoType = (path: string): string | undefined => logoTypes[extname(path).toLowerCase()];

/** What the booking pages and the mails say of the town. */
export const townSection = z.strictObject({
  /** Where the office is, in one line. */
  address: z.string().max(200).default(""),
  /** A picture, for the head of the booking pages: PNG, SVG, JPEG or WebP. */
  logo: z
    .string()
    .refine((path) => logoType(path), `use a file that ends in ${Object.keys(logoTypes).join(", ")}`)
    .optional(),
  /** Paragraphs of the legal notice and of the privacy page. */
  imprint: z.array(paragraph).default([]),
  privacy: z.array(paragraph).default([]),
});
