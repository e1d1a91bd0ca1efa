import de from "./notices.de.json" with { type: "json" };
import en from "./notices.en.json" with { type: "json" };

const notices: Record<string, typeof de> = { de, en };

/** What the hub itself says on the boards, in the first two of the office's languages for which there are texts. */
export function noticeIn(key: keyof typeof de, languages: readonly string[]): string {
  const texts = languages.flatMap((language) => notices[language]?.[key] ?? []).slice(0, 2);
  return (texts.length > 0 ? texts : [de[key]]).join(" · ");
}
