import type { SignPicture } from "../ports.ts";

/** A picture has as few pages as a hurried reader can wait for, and all of them fit the smallest sign memory. */
export const pagesMax = 4;

/** Letters that come apart into no plain one by themselves. */
const plainLetters: Record<string, string> = { ß: "s", ẞ: "S", "–": "-", "→": ">", "’": "'" };

/**
 * One page as a sign can show it: printable ASCII, one character a column, cut at the row's end. Letters with marks
 * lose the marks (ä is a), and anything else becomes `?`: a control byte must never reach the wire as text.
 */
export function signText(text: string, columns: number): string {
  return [...text.normalize("NFC")]
    .map((letter) => plainLetters[letter] ?? letter.normalize("NFD").charAt(0))
    .map((letter) => (/^[\x20-\x7e]$/.test(letter) ? letter : "?"))
    .join("")
    .slice(0, columns);
}

/** The pages of a picture as a sign can show them; an empty picture has none. */
export function signPages(picture: SignPicture, columns: number): string[] {
  return picture.pages.slice(0, pagesMax).map((page) => signText(page, columns));
}
