import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Email } from "postal-mime";
import { temporaryFolder } from "../hub/hub-process.ts";

/** The link in a mail that ends so. */
export function linkIn({ text = "" }: Email, end = ""): string {
  const link = (text.match(/http:\S+/g) ?? []).find((url) => new RegExp(`/appointment/[\\w-]+${end}$`).test(url));
  if (link === undefined) throw new Error(`no link that ends with "${end}" in: ${text}`);
  return link;
}

/** Reads the picture in a mail with somebody else's decoder. */
export function codeIn({ attachments }: Email): string {
  const image = attachments.find(({ mimeType }) => mimeType === "image/png");
  const path = join(temporaryFolder(), "code.png");
  writeFileSync(path, Buffer.from(image?.content as ArrayBuffer));
  return spawnSync("zbarimg", ["-q", "--raw", path], { encoding: "utf8" }).stdout.trim();
}
