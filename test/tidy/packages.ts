import { codeOf, type Rule, type SourceFile } from "./source.ts";

interface Manifest {
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
  overrides?: Record<string, string>;
}

const manifestOf = (files: readonly SourceFile[]): Manifest =>
  JSON.parse(files.find(({ path }) => path === "package.json")?.text ?? "{}");

/** What the office asked for by name is in use, not only installed. */
const givenPackages = [
  "johnny-five",
  "serialport",
  "@serialport/parser-readline",
  "escpos",
  "escpos-usb",
  "node-hid",
  "mqtt",
  "better-sqlite3",
];

export const givenPackagesAreUsed: Rule = (files) => {
  const code = codeOf(files);
  const users = (name: string, place: RegExp) =>
    code.filter(({ path, imports }) => place.test(path) && imports.some(({ from }) => from === name));
  return [
    ...givenPackages.filter((name) => users(name, /^(?:device|hub|protocol)\//).length === 0),
    ...(users("uvu", /^test\//).length === 0 ? ["uvu"] : []),
  ].map((name) => `${name} is not used`);
};

/** A version that may float is another program tomorrow. */
export const exactVersions: Rule = (files) => {
  const { dependencies, devDependencies, overrides } = manifestOf(files);
  return Object.entries({ ...dependencies, ...devDependencies, ...overrides })
    .filter(([, version]) => !/^(?:npm:@?[\w./-]+@)?\d+\.\d+\.\d+(?:-[\w.]+)?$|^\$[\w@/-]+$/.test(version))
    .map(([name, version]) => `package.json: ${name} has no exact version: ${version}`);
};

const packageOf = (from: string) => (from.startsWith("@") ? /^[^/]+\/[^/]+/ : /^[^/]+/).exec(from)?.[0] ?? from;

/** The product runs without the packages for development; nobody leans on what only others declared. */
export const importsAreDeclared: Rule = (files) => {
  const { dependencies = {}, devDependencies = {} } = manifestOf(files);
  const product = new Set(Object.keys(dependencies));
  const all = new Set([...product, ...Object.keys(devDependencies)]);
  return codeOf(files).flatMap(({ path, imports }) =>
    imports
      .filter(({ from, target }) => target === undefined && !/^(?:node:|\/|https?:|#|$)/.test(from))
      .filter(({ from }) => !(/^(?:test|deploy)\//.test(path) ? all : product).has(packageOf(from)))
      .map(({ from, line }) => `${path}:${line}: ${from} is not among its packages`),
  );
};

/** The lock names packages and their checksums; where they come from is the business of who installs them. */
export const lockNamesNoHost: Rule = (files) =>
  files
    .filter(({ path }) => path === "package-lock.json")
    .flatMap(({ text }) => [...text.matchAll(/"resolved": *"(?:https?|git)[^"]*"/g)])
    .map(([match]) => `package-lock.json: names a host: ${match}`);
