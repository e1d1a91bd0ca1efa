import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { asyncApiText } from "./document.ts";

// Writes deploy/docs/asyncapi.json anew, after a change of the protocol.
writeFileSync(join(import.meta.dirname, "../docs/asyncapi.json"), asyncApiText());
