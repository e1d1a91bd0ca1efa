// time limit: 240 s
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Locator, Page, Response } from "playwright-core";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { launchChromium } from "../chromium.ts";
import { temporaryFolder } from "../hub/hub-process.ts";
import { need } from "../needs.ts";
import { until } from "../until.ts";
import { hiddenIn, openSite, textIn, townOffice, typed } from "./booking-site.ts";
import type { Hand, PageKind } from "./booking-visitor.ts";
import { assertAccessible, assertFits, pageKinds, visitEveryPage, withVisitor } from "./booking-visitor.ts";

/** What the functions below find in the page. */
interface Element {
  id: string;
}
declare const document: { activeElement: Element | null };
declare const getComputedStyle: (element: unknown) => { outlineWidth: string; outlineStyle: string };

/** A folder for pictures to look at; those of the documentation are then taken anew, too. */
const pictures = process.env.WARTEMARKE_PICTURES;
const keptPictures: Record<string, string> = {
  "times-de-phone": "booking-phone.png",
  "data-en-desktop": "booking-desktop.png",
};

/** Windows as visitors have them, in CSS pixels. */
const phone = { width: 360, height: 740 };
const desktop = { width: 1280, height: 800 };
/** The same desktop at 200 % (WCAG 2.2, 1.4.4). */
const zoomed = { viewport: { width: 640, height: 400 }, deviceScaleFactor: 2 };
/** More keys than any page has places to stop at. */
const tabsMax = 150;

const german = { language: "de", one: "1 Person", email: "anna@example.org" } as const;
const english = { language: "en", one: "1 person", email: "anna@example.org" } as const;

const test = suite("booking pages in a browser");
let browser: Browser;
test.before(async () => {
  browser = await launchChromium();
});
test.after(() => browser?.close());

async function picture(page: Page, name: string): Promise<void> {
  if (!pictures) return;
  mkdirSync(pictures, { recursive: true });
  await page.screenshot({ path: join(pictures, `${name}.png`), fullPage: true });
  const kept = keptPictures[name];
  if (kept) await page.screenshot({ path: join(import.meta.dirname, "../../deploy/docs/pictures", kept) });
}

/** What each page must send along, so that no other site can frame it, read from it or pass for it. */
function assertGuarded(response: Response | undefined, kind: PageKind): void {
  const headers = response?.headers() ?? {};
  const policy = new Set((headers["content-security-policy"] ?? "").split(";"));
  for (const rule of ["default-src 'self'", "form-action 'self'", "frame-ancestors 'none'", "base-uri 'none'"]) {
    assert.ok(policy.has(rule), `${kind}: ${rule} in ${[...policy].join(";")}`);
  }
  assert.is(headers["referrer-policy"], "same-origin", kind);
  assert.is(headers["x-content-type-options"], "nosniff", kind);
  assert.is(headers["cache-control"], "no-store", kind);
  assert.is(headers["content-type"], "text/html; charset=utf-8", kind);
}

for (const [visitor, size, viewport] of [
  [german, "phone", phone],
  [english, "desktop", desktop],
] as const) {
  test(`${visitor.language}, ${size}: axe finds nothing on any page, nothing scrolls sideways, each page is guarded`, async () => {
    const site = await openSite();
    const seen: PageKind[] = [];
    try {
      await withVisitor(browser, site, { viewport }, async (page) => {
        let last: Response | undefined;
        page.on("response", (response) => {
          if (response.request().isNavigationRequest()) last = response;
        });
        await visitEveryPage(site, page, visitor, async (kind) => {
          const what = `${kind}, ${visitor.language}, ${size}`;
          await assertAccessible(page, what);
          await assertFits(page, what);
          assertGuarded(last, kind);
          assert.is(await page.locator("html").getAttribute("lang"), visitor.language);
          seen.push(kind);
          await picture(page, what.replaceAll(/\W+/g, "-"));
        });
      });
    } finally {
      await site.stop();
    }
    assert.equal(seen, [...pageKinds]);
  });
}

/** A visitor who has no mouse: goes on from place to place until the one he wants has the focus, and sees that it has. */
const keyboard: Hand = {
  async press(page, selector) {
    await reach(page, selector);
    const isBox = (await page.locator(selector).first().getAttribute("type")) === "radio";
    if (isBox) await page.keyboard.press("Space");
    else await Promise.all([page.waitForEvent("load"), page.keyboard.press("Enter")]);
  },
  async type(page, selector, text) {
    await reach(page, selector);
    await page.keyboard.type(text);
  },
  async choose(page, selector, text) {
    await reach(page, selector);
    await page.keyboard.type(text.slice(0, 1));
  },
};

async function reach(page: Page, selector: string): Promise<void> {
  const wanted = page.locator(selector).first();
  const hasFocus = () => wanted.evaluate((element) => (element as unknown) === document.activeElement);
  for (let tabs = 0; !(await hasFocus()); tabs += 1) {
    if (tabs === tabsMax) throw new Error(`no key leads to ${selector} on ${page.url()}`);
    await page.keyboard.press("Tab");
  }
  const ring = await wanted.evaluate((element) => {
    const { outlineWidth, outlineStyle } = getComputedStyle(element);
    return `${outlineWidth} ${outlineStyle}`;
  });
  assert.is(ring, "4px solid", `the focus is seen at ${selector}`);
}

test("without scripts, by the keyboard alone and at 200 %: the whole way, with nothing that scrolls sideways", async () => {
  const site = await openSite();
  const seen: PageKind[] = [];
  try {
    await withVisitor(browser, site, { ...zoomed, javaScriptEnabled: false }, (page) =>
      visitEveryPage(
        site,
        page,
        german,
        async (kind) => {
          await assertFits(page, kind);
          seen.push(kind);
        },
        keyboard,
      ),
    );
  } finally {
    await site.stop();
  }
  assert.equal(seen, [...pageKinds]);
});

test("two visitors fill in the form for the last place: one wins, the other keeps what he typed and chooses anew", async () => {
  const site = await openSite({ config: { appointments: { desks: 1 } } });
  const toForm = async (page: Page) => {
    await page.goto(`${site.url}/?lang=en`);
    await page.locator("#n-id-card").selectOption("1");
    await page.locator("main form button").click();
    await page.locator("details[open] a.time", { hasText: "11:00" }).click();
  };
  const fillIn = async (page: Page, email: string) => {
    for (const [field, text] of Object.entries({ ...typed, email })) await page.locator(`#${field}`).fill(text);
    await page.getByLabel("Remind me").check();
    await page.locator("main form button").click();
  };
  const textOf = async (part: Locator) => (await part.textContent()) ?? "";
  const summaryOf = (page: Page) => textOf(page.locator("dl.summary"));
  try {
    await withVisitor(browser, site, {}, (loser) =>
      withVisitor(browser, site, {}, async (winner) => {
        await toForm(loser);
        await toForm(winner);
        assert.match(await summaryOf(loser), "11:00");
        await fillIn(winner, "winner@example.org");
        assert.match(winner.url(), "/book/done");
        await fillIn(loser, "loser@example.org");

        assert.match(await loser.title(), "Please check");
        assert.match(await textOf(loser.getByRole("alert")), "Somebody has just taken this time.");
        const choice = loser.getByRole("group", { name: "Other free times" });
        assert.match(await textOf(choice), "Somebody has just taken this time.");
        assert.not.match(await summaryOf(loser), "11:00", "the time that is gone is not shown as his");
        const times = await choice.locator("label").allTextContents();
        assert.ok(times.length > 2 && !times.some((time) => time.includes("11:00")), times.join(", "));
        assert.is(await loser.locator("input[name=at]:checked").count(), 0, "nothing is chosen for him");

        // Who chooses none is asked again, and nothing is lost.
        await loser.locator("main form button").click();
        assert.match(await textOf(loser.getByRole("alert")), "Please choose one of the free times.");
        await until(
          "the focus is on the first of the times",
          async () => (await loser.evaluate(() => document.activeElement?.id)) === "at-0",
        );
        for (const [field, text] of Object.entries({ ...typed, email: "loser@example.org" })) {
          assert.is(await loser.locator(`#${field}`).inputValue(), text);
        }
        assert.ok(await loser.getByLabel("Remind me").isChecked());
        await loser.locator("#at-1").check();
        const taken = Number(await loser.locator("#at-1").inputValue());
        await loser.locator("main form button").click();
        assert.match(loser.url(), "/book/done");
        const { link = "" } = site.mail("activation");
        const found = site.booking.find(link);
        assert.is(found.found && found.appointment.at, taken);
      }),
    );
  } finally {
    await site.stop();
  }
});

test("the town's colour and its logo are on the page", async () => {
  const logo = join(temporaryFolder(), "logo.svg");
  writeFileSync(
    logo,
    '<svg xmlns="http://www.w3.org/2000/svg" width="96" height="48"><rect width="96" height="48"/></svg>',
  );
  const site = await openSite({ config: { accent: "#6b1f5c", town: { ...townOffice.town, logo } } });
  try {
    await withVisitor(browser, site, {}, async (page) => {
      await page.goto(site.url);
      const size = await page.locator("header img").evaluate((image) => {
        const { naturalWidth, naturalHeight } = image as unknown as { naturalWidth: number; naturalHeight: number };
        return [naturalWidth, naturalHeight];
      });
      assert.equal(size, [96, 48]);
      await assertAccessible(page, "with a logo");
      const colour = await page
        .locator("main form button")
        .evaluate((button) => (getComputedStyle(button) as unknown as { backgroundColor: string }).backgroundColor);
      assert.is(colour, "rgb(107, 31, 92)");
    });
  } finally {
    await site.stop();
  }
});

test("a form without its token is refused, and a GET of a link changes nothing", async () => {
  const site = await openSite();
  try {
    const refused = await site.visitor().post("/book", { name: "Anna" });
    assert.is(refused.status, 403);
    const reserved = await site.reserve();
    assert.ok(reserved.ok);
    const link = site.mail("activation").link ?? "";
    for (const end of ["", "/confirm", "/cancel", "/erase"]) await site.visitor().get(`/appointment/${link}${end}`);
    const found = site.booking.find(link);
    assert.is(found.found && found.standing, "reserved");
    assert.is((await site.visitor().send(`/appointment/${link}`, `/appointment/${link}/confirm`)).status, 303);
    const after = site.booking.find(link);
    assert.is(after.found && after.standing, "confirmed");
  } finally {
    await site.stop();
  }
});

test("who puts something right in a form that has arrived already is told so, and reserves anew by sending it again", async () => {
  const site = await openSite();
  try {
    const visitor = site.visitor();
    const [time] = site.booking.offer([{ service: "id-card", persons: 1 }], "2026-11-24", 1)[0]?.times ?? [];
    const form = hiddenIn((await visitor.get(`/book/person?n-id-card=1&at=${time}`)).body);
    const wrong = { ...form, ...typed, birthdate: "3.9.1984" };
    assert.is((await visitor.post("/book", wrong)).status, 303);
    assert.is((await visitor.post("/book", wrong)).status, 303, "sent twice");
    assert.is(site.mails().length, 1);
    const told = await visitor.post("/book", { ...form, ...typed });
    assert.is(told.status, 409);
    assert.match(textIn(told.body), "noch einmal auf „Termin reservieren“");
    assert.is((await visitor.post("/book", { ...hiddenIn(told.body), ...typed })).status, 303);
    const { link = "" } = site.mail("activation");
    assert.equal(site.booking.person(link)?.birthdates, ["1984-03-09"]);
  } finally {
    await site.stop();
  }
});

test("what the hub cannot write down now is not passed off as done", async () => {
  let isFull = false;
  const site = await openSite({
    wrapStore: (store) => ({
      ...store,
      commit(batch) {
        if (isFull) throw new Error("database or disk is full");
        store.commit(batch);
      },
    }),
  });
  try {
    const reserved = await site.reserve();
    const link = site.mail("activation").link ?? "";
    const own = `/appointment/${link}`;
    const visitor = site.visitor();
    for (const [form, path, fields] of [
      [own, `${own}/confirm`, {}],
      [`${own}/cancel`, `${own}/cancel`, {}],
      [`${own}/data`, `${own}/erase`, {}],
      ["/my-booking", "/my-booking", { booking: reserved.ok ? reserved.appointment.id : "" }],
    ] as const) {
      isFull = true;
      const answer = await visitor.send(form, path, fields);
      assert.is(answer.status, 503, path);
      assert.match(textIn(answer.body), "Das hat gerade nicht geklappt, und es ist nichts geschehen.", path);
      isFull = false;
      const found = site.booking.find(link);
      assert.is(found.found && found.standing, "reserved");
    }
  } finally {
    await site.stop();
  }
});

test("each of very many services can be chosen, and a slash too many is only a page that is not there", async () => {
  const services = Array.from({ length: 200 }, (_, index) => ({
    id: `service-${index}`,
    letter: "A",
    names: { de: `Anliegen ${index}` },
    minutes: 10,
  }));
  const desks = [{ id: "1", name: "Platz 1", services: services.map(({ id }) => id) }];
  const site = await openSite({ config: { services, desks } });
  try {
    // As a browser sends the form: every field of it.
    const query = new URLSearchParams(
      services.map(({ id }): [string, string] => [`n-${id}`, id === "service-199" ? "1" : "0"]),
    );
    const times = await site.visitor().get(`/book/times?${query}`);
    assert.is(times.status, 200);
    assert.match(textIn(times.body), "Anliegen 199");
    const missing = await site.visitor().get("//", { accept: "text/html" });
    assert.is(missing.status, 404);
    assert.match(textIn(missing.body), "Diese Seite gibt es nicht.");
  } finally {
    await site.stop();
  }
});

test("who sends too many forms is told to wait, in words", async () => {
  const site = await openSite();
  try {
    const visitor = site.visitor();
    const statuses: number[] = [];
    for (let forms = 0; forms < 31; forms += 1) {
      statuses.push((await visitor.send("/my-booking", "/my-booking", { booking: "k7m29xq001" })).status);
    }
    assert.equal(statuses, [...Array(30).fill(303), 429]);
    const again = await visitor.send("/my-booking?lang=de", "/my-booking?lang=de", { booking: "k7m29xq001" });
    assert.match(again.body, "Das waren zu viele Anfragen.");
    assert.ok(Number(again.headers["retry-after"]) > 0);
  } finally {
    await site.stop();
  }
});

test("who asks for too many pages is told to wait; what belongs to a page is not counted", async () => {
  const site = await openSite();
  try {
    const visitor = site.visitor();
    const statusOf = async (path: string) => (await visitor.get(path)).status;
    const statuses: number[] = [];
    for (let pages = 0; pages < 301; pages += 1) {
      if (pages % 10 === 0) assert.is(await statusOf("/booking/booking.css"), 200);
      statuses.push(await statusOf(["/", "/imprint", "/privacy"][pages % 3] ?? "/"));
    }
    assert.equal(statuses, [...Array(300).fill(200), 429]);
    assert.is(await statusOf("/no-such-page"), 429);
    assert.is(await statusOf("/booking/booking.css"), 200, "the page that says so has its style");
  } finally {
    await site.stop();
  }
});

if (need("chromium")) test.run();
