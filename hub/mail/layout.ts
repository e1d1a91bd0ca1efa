import { html } from "ghtml";
import type { Wording } from "./wording.ts";

/** Characters of a line of plain text, as mail programs show them without a scroll bar (RFC 3676, section 4.2). */
const lineChars = 72;
/** What of a mail's image of the code its address within the mail is. */
export const codeImageId = "code@wartemarke";

/** Breaks a text at spaces; words that are longer than a line, such as links, stay whole. */
function wrap(text: string, indent = ""): string {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(/\s+/).filter((part) => part !== "")) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (line !== "" && longer.length > lineChars) {
      lines.push(line);
      line = indent + word;
    } else line = longer;
  }
  return [...lines, line].join("\n");
}

/** The mail as plain text, without a line that breaks where it should not. */
export function textOf({ greeting, intro, facts, links, code, closing, office, automatic }: Wording): string {
  const blocks = [
    wrap(greeting),
    wrap(intro),
    facts.map(({ label, value }) => wrap(`${label}: ${value}`, "  ")).join("\n"),
    ...links.map(({ text, url }) => `${text}:\n${url}`),
    ...(code ? [`${wrap(code.explained)}\n${code.digits}`] : []),
    `${closing}\n${wrap(office)}`,
    // Behind this line mail programs take the rest for a signature, and leave it out of an answer.
    `-- \n${wrap(automatic)}`,
  ];
  return `${blocks.join("\n\n")}\n`;
}

const style = {
  body: "font-family:sans-serif;font-size:16px;line-height:1.5;color:#10151c;background:#ffffff;max-width:40em",
  label: "text-align:left;vertical-align:top;padding:4px 16px 4px 0;font-weight:normal;color:#4a5361",
  value: "text-align:left;vertical-align:top;padding:4px 0;font-weight:bold",
  fine: "font-size:13px;color:#4a5361",
};

/** The frame has the town's colour, the words do not: so that they are readable whatever colour that is. */
const button = (accent: string) =>
  `display:inline-block;padding:12px 24px;border:2px solid ${accent};border-radius:4px;color:#10151c;background:#ffffff;font-weight:bold`;

/** The mail as HTML: says all of it without an image, and fetches nothing. */
export function htmlOf(wording: Wording, accent: string): string {
  const { language, subject, greeting, intro, facts, links, code, closing, office, automatic } = wording;
  const rows = facts.map(
    ({ label, value }) =>
      html`<tr><th scope="row" style="${style.label}">${label}</th><td style="${style.value}">${value}</td></tr>`,
  );
  const [main, ...others] = links.map(({ text, url }) => ({ text, url }));
  const key = main
    ? html`<p style="margin:24px 0"><a href="${main.url}" style="${button(accent)}">${main.text}</a></p>`
    : "";
  const more = others.map(({ text, url }) => html`<p><a href="${url}" style="color:#10151c">${text}</a></p>`);
  const image = code
    ? html`<p>${code.explained}</p>
<p><img src="cid:${codeImageId}" width="232" height="232" alt="${code.digits}"></p>`
    : "";
  return html`<!doctype html>
<html lang="${language}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${subject}</title></head>
<body style="${style.body}">
<h1 style="font-size:20px">${office}</h1>
<p>${greeting}</p>
<p>${intro}</p>
<table style="border-collapse:collapse">
!${rows.join("\n")}
</table>
!${key}
!${more.join("\n")}
!${image}
<p>${closing}<br>${office}</p>
<p style="${style.fine}">${automatic}</p>
</body>
</html>
`;
}
