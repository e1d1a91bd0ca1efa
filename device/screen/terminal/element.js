// @ts-check
/// <reference lib="dom" />

const svgNamespace = "http://www.w3.org/2000/svg";

/**
 * An element with classes, attributes and children. Texts become text nodes: nothing that was sent is ever markup.
 *
 * @param {string} tag
 * @param {Record<string, string>} attributes
 * @param {(Node | string)[]} children
 */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/**
 * @param {string} viewBox
 * @param {Record<string, string>} attributes
 * @param {[string, Record<string, string>][]} shapes
 */
export function drawing(viewBox, attributes, ...shapes) {
  const svg = document.createElementNS(svgNamespace, "svg");
  svg.setAttribute("viewBox", viewBox);
  svg.setAttribute("aria-hidden", "true");
  for (const [name, value] of Object.entries(attributes)) svg.setAttribute(name, value);
  for (const [tag, shape] of shapes) {
    const made = document.createElementNS(svgNamespace, tag);
    for (const [name, value] of Object.entries(shape)) made.setAttribute(name, value);
    svg.append(made);
  }
  return svg;
}

/**
 * Each tone has a sign of its own, so that colour is never alone in saying it.
 *
 * @param {string} tone
 */
export function sign(tone) {
  const attributes = { class: "sign" };
  if (tone === "good") return drawing("0 0 100 100", attributes, ["path", { d: "M14 54 L40 80 L88 22" }]);
  if (tone === "problem") {
    return drawing(
      "0 0 100 100",
      attributes,
      ["path", { d: "M50 10 L94 88 H6 Z" }],
      ["path", { d: "M50 40 V60" }],
      ["path", { d: "M50 75 V75.1" }],
    );
  }
  const dot = (/** @type {number} */ x) =>
    /** @type {[string, Record<string, string>]} */ (["circle", { class: "dot", cx: `${x}`, cy: "50", r: "11" }]);
  if (tone === "wait") return drawing("0 0 100 100", attributes, dot(16), dot(50), dot(84));
  return drawing(
    "0 0 100 100",
    attributes,
    ["circle", { cx: "50", cy: "50", r: "42" }],
    ["path", { d: "M50 46 V72" }],
    ["path", { d: "M50 28 V28.1" }],
  );
}

/**
 * A QR code from its rows, `1` for dark. The quiet zone is the page's white around it (ISO/IEC 18004: four modules).
 *
 * @param {string[]} rows
 */
export function qrCode(rows) {
  const quiet = 4;
  const size = rows.length + 2 * quiet;
  const dark = rows.flatMap((row, y) => [...row].flatMap((bit, x) => (bit === "1" ? [`M${x} ${y}h1v1h-1z`] : [])));
  return drawing(`${-quiet} ${-quiet} ${size} ${size}`, { class: "qr", "shape-rendering": "crispEdges" }, [
    "path",
    { d: dark.join("") },
  ]);
}

/** The mark of a code, beside the hint that there is a scanner. */
export function codeMark() {
  return drawing("0 0 7 7", { class: "mark" }, [
    "path",
    {
      d: "M0 0h3v3h-3zM1 1v1h1v-1zM4 0h3v3h-3zM5 1v1h1v-1zM0 4h3v3h-3zM1 5v1h1v-1zM4 4h1v1h-1zM6 4h1v2h-1zM5 5h1v2h-1z",
    },
  ]);
}

/** Takes the last digit away. */
export function eraseMark() {
  return drawing(
    "0 0 120 100",
    {},
    ["path", { d: "M40 14 H112 V86 H40 L8 50 Z" }],
    ["path", { d: "M58 34 L92 66 M92 34 L58 66" }],
  );
}

/** What is further down. */
export function arrowDown() {
  return drawing("0 0 100 100", {}, ["path", { d: "M50 10 V86 M18 54 L50 88 L82 54" }]);
}
