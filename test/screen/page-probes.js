// Runs inside the browser, put there before the page: what a test wants to know of how a page really looks.
// Plain JavaScript, because the browser's own names are unknown to the rest of the tests.

globalThis.probe = {
  hasClass: (name) => document.body.classList.contains(name),
  style: (selector, property) => getComputedStyle(document.querySelector(selector))[property],
  loadedFonts: () => [...document.fonts].filter(({ status }) => status === "loaded").map(({ family }) => family),
  fontsReady: () => document.fonts.ready.then(() => true),
  animations: () => document.getAnimations().map((animation) => animation.effect.getTiming()),

  /** WCAG 2.2, "contrast ratio", of what an element's text is painted with. */
  contrast(selector) {
    const parts = (color) => (color.match(/[\d.]+/g) ?? []).map(Number);
    const luminance = (color) => {
      const [r, g, b] = parts(color).map((part) => {
        const value = part / 255;
        return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
      });
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const element = document.querySelector(selector);
    let behind = element;
    while (behind && parts(getComputedStyle(behind).backgroundColor)[3] === 0) behind = behind.parentElement;
    const paper = luminance(behind ? getComputedStyle(behind).backgroundColor : "rgb(255, 255, 255)");
    const ink = luminance(getComputedStyle(element).color);
    return (Math.max(paper, ink) + 0.05) / (Math.min(paper, ink) + 0.05);
  },

  /** How high the glyphs of an element's text stand, in pixels: the ink, not the line. */
  inkHeight(selector) {
    const element = document.querySelector(selector);
    const { fontWeight, fontSize, fontFamily } = getComputedStyle(element);
    const context = document.createElement("canvas").getContext("2d");
    context.font = `${fontWeight} ${fontSize} ${fontFamily}`;
    return context.measureText(element.textContent).actualBoundingBoxAscent;
  },

  /** Texts that stick out of the screen or of the box that would cut them, and whether the page could be scrolled. */
  overflowing(selector) {
    const found = [];
    const { scrollWidth, scrollHeight } = document.documentElement;
    const couldScroll = [document.documentElement, document.body].some(
      (it) => getComputedStyle(it).overflow !== "hidden",
    );
    if (couldScroll && (scrollWidth > innerWidth || scrollHeight > innerHeight)) found.push("the page scrolls");
    for (const element of document.querySelectorAll(selector)) {
      const range = document.createRange();
      range.selectNodeContents(element);
      const { width, left, right } = range.getBoundingClientRect();
      if (width === 0) continue;
      // Sideways the text itself; in height its box, as a typeface's own height is much more than its ink.
      const { top, bottom } = element.getBoundingClientRect();
      const room = { left: 0, top: 0, right: innerWidth, bottom: innerHeight };
      for (let around = element; around !== document.body; around = around.parentElement) {
        if (getComputedStyle(around).overflow !== "hidden") continue;
        Object.assign(room, around.getBoundingClientRect().toJSON());
        break;
      }
      const isCut = left < room.left - 1 || right > room.right + 1 || top < room.top - 1 || bottom > room.bottom + 1;
      if (isCut) found.push(`${element.textContent}: ${[left, right, top, bottom].map(Math.round).join(" ")}`);
    }
    return found;
  },
};
