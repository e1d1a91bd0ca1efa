import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { deviceConfig } from "../device/config.ts";

/** The part of deploy/docs/device.md that is made from the schema stands between these two. */
const [begin, end] = ["<!-- fields: made by deploy/device-reference.ts -->", "<!-- end of fields -->"];

export const deviceDocument = join(import.meta.dirname, "docs", "device.md");

interface JsonSchema {
  type?: string;
  const?: unknown;
  enum?: unknown[];
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  default?: unknown;
  description?: string;
  properties?: Record<string, JsonSchema>;
  required?: string[];
  items?: JsonSchema;
  oneOf?: JsonSchema[];
  anyOf?: JsonSchema[];
}

function allowed(schema: JsonSchema): string {
  const choices =
    schema.anyOf?.map((one) => one.const) ?? schema.enum ?? (schema.const === undefined ? [] : [schema.const]);
  if (choices.length > 0) return choices.map((choice) => `\`${JSON.stringify(choice)}\``).join(", ");
  if (schema.type === "integer")
    return `${schema.minimum ?? 0} to ${(schema.maximum ?? 0) >= 2 ** 53 - 1 ? "…" : schema.maximum}`;
  if (schema.maxLength) return `text, ${schema.minLength ?? 0} to ${schema.maxLength} characters`;
  return schema.type === "boolean" ? "`true`, `false`" : "text";
}

function rows(schema: JsonSchema, path: string, required: boolean): string[] {
  const variants = schema.oneOf ?? schema.anyOf;
  if (variants?.some((variant) => variant.properties)) {
    return variants.flatMap((variant) => rows(variant, path, required));
  }
  if (schema.properties) {
    const own = Object.entries(schema.properties).flatMap(([key, value]) =>
      rows(value, path === "" ? key : `${path}.${key}`, schema.required?.includes(key) ?? false),
    );
    return schema.description && path !== "" ? [`| \`${path}\` | | | ${schema.description} |`, ...own] : own;
  }
  if (schema.items) {
    const list = schema.description ? [`| \`${path}[]\` | | | ${schema.description} |`] : [];
    return [...list, ...rows(schema.items, `${path}[]`, true)];
  }
  const usual =
    schema.default !== undefined ? `\`${JSON.stringify(schema.default)}\`` : required ? "must be given" : "";
  return [`| \`${path}\` | ${allowed(schema)} | ${usual} | ${schema.description ?? ""} |`];
}

/** The document with its table of fields as the schema has them now. */
export function withFields(document: string): string {
  const schema = z.toJSONSchema(deviceConfig, { io: "input" }) as JsonSchema;
  const table = ["| field | allowed | left out | what |", "| --- | --- | --- | --- |", ...rows(schema, "", true)];
  const [before, rest = ""] = document.split(begin);
  const after = rest.split(end)[1] ?? "";
  return `${before}${begin}\n${table.join("\n")}\n${end}${after}`;
}

if (import.meta.main) writeFileSync(deviceDocument, withFields(readFileSync(deviceDocument, "utf8")));
