import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, extname, join } from "node:path";

/** One file as it is sent: read once at start, so that no request ever names a path on the disk. */
interface PageFile {
  type: string;
  body: Buffer;
}

const contentTypes: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json; charset=utf-8",
  ".woff2": "font/woff2",
};

/** The style sheet that declares the typeface; its files lie beside it under `files/`. */
const fontStyleSheet = "@fontsource-variable/atkinson-hyperlegible-next/wght.css";

/** What the pages consist of, by the path a browser asks for: theirs under `/page/`, the typeface under `/fonts/`. */
export function loadFiles(): Map<string, PageFile> {
  const files = new Map<string, PageFile>();
  const add = (prefix: string, folder: string, wanted = /./) => {
    for (const { name } of readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile())) {
      const type = contentTypes[extname(name)];
      if (type && wanted.test(name)) files.set(prefix + name, { type, body: readFileSync(join(folder, name)) });
    }
  };
  add("/page/", join(import.meta.dirname, "page"));
  add("/page/", import.meta.dirname, /^texts\..*\.json$/);
  const fontFolder = dirname(createRequire(import.meta.url).resolve(fontStyleSheet));
  add("/fonts/", fontFolder, /^wght\.css$/);
  add("/fonts/files/", join(fontFolder, "files"));
  return files;
}

/** Changes whenever any file does: a page left open from before an update sees it and loads itself anew. */
export function versionOf(files: ReadonlyMap<string, PageFile>): string {
  const hash = createHash("sha256");
  for (const [path, { body }] of files) hash.update(path).update("\0").update(body).update("\0");
  return hash.digest("hex").slice(0, 16);
}
