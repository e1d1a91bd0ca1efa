import packageJson from "../package.json" with { type: "json" };

/** The version of this software, as the status topic says it. */
export const version: string = packageJson.version;
