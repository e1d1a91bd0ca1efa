// @ts-check
/// <reference lib="dom" />

/** How service keys may look, from the largest on; beyond each but the last, so many services begin with the next. */
const sizes = /** @type {const} */ ([
  { name: "few", servicesMax: 4 },
  { name: "usual", servicesMax: 6 },
  { name: "many", servicesMax: 12 },
  { name: "dense", servicesMax: Number.POSITIVE_INFINITY },
]);
/** Type is made smaller by this much a step, and at most to this part of its usual size. */
const fitStep = 0.95;
const fitLeast = 0.55;
/** Of what is said in an emergency, which is as large as it can be. */
const emergencyFitLeast = 0.2;
/** Of the keys' type, which is not that large to begin with. */
const keysFitLeast = 0.8;

/** @param {Element} element */
function isTooHigh(element) {
  return element.scrollHeight > element.clientHeight + 1;
}

/**
 * Whether anything is drawn over the edge of its place.
 *
 * @param {HTMLElement} main
 */
function overflows(main) {
  const place = main.getBoundingClientRect();
  const [first, last] = [main.firstElementChild?.firstElementChild, main.firstElementChild?.lastElementChild];
  const isHigher = first && first.getBoundingClientRect().top < place.top - 1;
  const isLower = last && last.getBoundingClientRect().bottom > place.bottom + 1;
  return Boolean(isHigher || isLower) || isTooHigh(main);
}

/**
 * Whether a word of a service's name is longer than a line.
 *
 * @param {HTMLElement} grid
 */
function breaksWords(grid) {
  grid.toggleAttribute("data-measuring", true);
  const breaks = [...grid.querySelectorAll(".name")].some((name) => name.scrollWidth > name.clientWidth + 1);
  grid.toggleAttribute("data-measuring", false);
  return breaks;
}

/**
 * Makes type smaller until `isTooLarge` is content, or it is as small as it may be.
 *
 * @param {HTMLElement} main
 * @param {number} least
 * @param {() => boolean} isTooLarge
 */
function shrink(main, least, isTooLarge) {
  let fit = 1;
  main.style.removeProperty("--fit");
  while (fit * fitStep >= least && isTooLarge()) {
    fit *= fitStep;
    main.style.setProperty("--fit", String(fit));
  }
}

/**
 * Makes everything on the screen fit into it. Services come with their details while there is room for them, and where
 * there is none for all their names a key leads to the rest.
 *
 * @param {HTMLElement} main
 */
export function fitScreen(main) {
  const grid = /** @type {HTMLElement | null} */ (main.querySelector(".services"));
  const more = /** @type {HTMLElement | null} */ (main.querySelector(".more"));
  if (!grid || !more) {
    shrink(main, main.dataset.screen === "emergency" ? emergencyFitLeast : fitLeast, () => overflows(main));
    return;
  }
  more.hidden = true;
  const isTooLarge = () => isTooHigh(grid) || breaksWords(grid);
  for (const { name, servicesMax } of sizes) {
    if (grid.childElementCount > servicesMax) continue;
    grid.dataset.size = name;
    shrink(main, keysFitLeast, isTooLarge);
    if (!isTooLarge()) return;
  }
  more.hidden = !isTooHigh(grid);
}

/**
 * One screenful further, and from the end to the beginning.
 *
 * @param {HTMLElement} main
 */
export function showMore(main) {
  const grid = main.querySelector(".services");
  if (!grid) return;
  const isAtEnd = grid.scrollTop + grid.clientHeight >= grid.scrollHeight - 2;
  // A row that was cut is seen whole on the next screenful.
  grid.scrollTop = isAtEnd ? 0 : grid.scrollTop + grid.clientHeight * 0.8;
}
