import packageJson from "../package.json" with { type: "json" };

/** The version of this software, as every status and the command line say it. */
export const version: string = packageJson.version;
