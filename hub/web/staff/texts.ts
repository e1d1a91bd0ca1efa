import de from "./texts.de.json" with { type: "json" };
import en from "./texts.en.json" with { type: "json" };

export type StaffTexts = typeof de;

export const staffTexts: Record<string, StaffTexts> = { de, en };
