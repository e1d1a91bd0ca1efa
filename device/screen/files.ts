import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, extname, join } from "node:path";

/** One file as it is sent: read once at start, so no request ever names a path on the disk. */
export interface PageFile {
  type: string;
  body: Buffer;
}

const contentTypes: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".woff2": "font/woff2",
};

/** The style sheet that declares the typeface; its files lie beside it under `files/`. */
const fontStyleSheet = "@fontsource-variable/atkinson-hyperlegible-next/wght.css";

/**
 * The files of a page by the path a browser asks for: the page's own folder under `/` (its `index.html` is `/` itself),
 * the browser code all pages share under `/page/`, the typeface under `/fonts/`.
 *
 * @throws when the folder cannot be read.
 */
export function loadPage(pageFolder: string): Map<string, PageFile> {
  const files = new Map<string, PageFile>();
  addFolder(files, "/", pageFolder);
  addFolder(files, "/page/", join(import.meta.dirname, "page"));
  const fontFolder = dirname(createRequire(import.meta.url).resolve(fontStyleSheet));
  files.set("/fonts/wght.css", readPageFile(join(fontFolder, "wght.css"), ".css"));
  addFolder(files, "/fonts/files/", join(fontFolder, "files"));
  const index = files.get("/index.html");
  if (index) files.set("/", index);
  return files;
}

/** Changes whenever any file of the page does; a page left open from before an update sees it and loads itself anew. */
export function pageVersion(files: Map<string, PageFile>): string {
  const hash = createHash("sha256");
  for (const [path, file] of files) hash.update(path).update("\0").update(file.body).update("\0");
  return hash.digest("hex").slice(0, 16);
}

function addFolder(files: Map<string, PageFile>, prefix: string, folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const extension = extname(entry.name);
    if (!entry.isFile() || !(extension in contentTypes)) continue;
    files.set(prefix + entry.name, readPageFile(join(folder, entry.name), extension));
  }
}

function readPageFile(path: string, extension: string): PageFile {
  return { type: contentTypes[extension] ?? "application/octet-stream", body: readFileSync(path) };
}
