import { test } from "uvu";
import * as assert from "uvu/assert";
import { refuse } from "../../protocol/errors.ts";
import { makeTicket } from "../fakes/scripted-hub.ts";
import { need } from "../needs.ts";
import { until } from "../until.ts";
import { accessibilityProblems, closeBrowser, landscape, looksRight, portrait, withKiosk } from "./kiosk.ts";
import { client, makeOffice } from "./terminal.ts";

/** What the functions below find in the page. */
declare function getComputedStyle(element: unknown): Record<"fontSize" | "outlineWidth" | "backgroundColor", string>;

const service = (id: string) => `[data-service="${id}"]`;
const done = ".actions button:last-child";

/** In the page: taps at this place the very moment at which the screen changes, as no finger could do it more exactly. */
const tapAtOnce = (x: number, y: number) => `
  window.tapped = undefined;
  const shown = document.getElementById("screen");
  const observer = new MutationObserver(() => {
    observer.disconnect();
    tapped = shown.dataset.screen;
    const finger = { bubbles: true, isPrimary: true, pointerId: 9, clientX: ${x}, clientY: ${y} };
    const key = document.elementFromPoint(${x}, ${y});
    for (const type of ["pointerdown", "pointerup"]) key.dispatchEvent(new PointerEvent(type, finger));
  });
  observer.observe(shown, { attributes: true, attributeFilter: ["data-screen"] });`;

if (need("chromium")) {
  test("a touch, at once the word that it prints, the number as large as the screen, and back", () =>
    withKiosk(async ({ terminal, page, screen, tap, text }) => {
      const { printer } = terminal.device();
      assert.match(await text(), "Was möchten Sie erledigen?");
      assert.match(await text(), "ca. 20–30 Min. · 5 warten");
      assert.match(await text(), "Gebühr: 37,00 €");
      printer.hold();
      await tap(service("id-card"));
      await screen("busy");
      assert.match(await text(), "Ihr Ticket wird gedruckt …");
      printer.release();
      await screen("taken");
      assert.match(await text(), "Bitte Ticket entnehmen");
      const box = await page.locator(".digits").boundingBox();
      assert.is(await page.locator(".digits").textContent(), "A017");
      assert.ok(box && box.height > landscape.height / 4 && box.width > landscape.width / 2, JSON.stringify(box));
      await tap(done);
      await screen("choose");
      assert.is(printer.receipts.length, 1);
    }));

  test("taps in a hurry make one ticket, and none falls through onto the next screen", () =>
    withKiosk(async ({ terminal, page, screen, tap }) => {
      const box = await page.locator(service("id-card")).boundingBox();
      assert.ok(box);
      const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
      for (let tapped = 0; tapped < 5; tapped += 1) await page.touchscreen.tap(x, y);
      await screen("taken");
      await page.evaluate(tapAtOnce(x, y));
      await tap(done);
      await screen("choose");
      assert.is(await page.evaluate("tapped"), "choose");
      assert.is(terminal.device().printer.receipts.length, 1);
      assert.is(new Set(terminal.seen("ticket.issue").map(({ id }) => id)).size, 1);
    }));

  test("a touch whose way back was lost is sent again and has one effect", () =>
    withKiosk(async ({ terminal, page, screen, tap, errors }) => {
      let posts = 0;
      await page.route("**/touch", async (route) => {
        posts += 1;
        await route.fetch();
        await (posts === 1 ? route.abort() : route.continue());
      });
      // A page that is there already may send its next touch past the route.
      await page.reload();
      await screen("choose");
      await tap(service("pick-up"));
      await screen("taken");
      await until("it was sent again", () => posts === 2);
      assert.is(new Set(terminal.seen("ticket.issue").map(({ id }) => id)).size, 1);
      assert.match(errors.splice(0).join("\n"), "ERR_FAILED");
    }));

  test("a finger that stays long counts; one that slides away does not; news under it do no harm", () =>
    withKiosk(async ({ terminal, page, screen }) => {
      const box = await page.locator(service("id-card")).boundingBox();
      assert.ok(box);
      const at = [box.x + 40, box.y + 40] as const;
      await page.mouse.move(...at);
      await page.mouse.down();
      await page.mouse.move(box.x + 40, landscape.height - 10);
      await page.mouse.up();
      await page.mouse.move(...at);
      await page.mouse.down();
      const office = makeOffice();
      for (const one of office.services) one.waiting = 11;
      await terminal.office(office);
      await page.getByText("11 warten").first().waitFor();
      await page.mouse.up();
      await screen("taken");
      assert.is(terminal.seen("ticket.issue").length, 1);
    }));

  test("no paper: number, reason and a code that a telephone reads stay on the screen", () =>
    withKiosk(async ({ terminal, page, screen, tap, text }) => {
      terminal.device().printer.setStatus({ state: "paper-out", detail: "" });
      const statusUrl = "https://dorsten.example/t/3Jx8kQpLm2Zt7Vw9";
      terminal.answer(({ verb }) => {
        return verb === "ticket.issue" ? { result: { ticket: makeTicket("A018", { statusUrl }) } } : "usual";
      });
      await tap(service("id-card"));
      await screen("kept");
      assert.match(await text(), "A018");
      assert.match(await text(), "Der Drucker hat kein Papier.");
      assert.match(await text(), "scannen Sie den Code");
      const box = await page.locator(".qr").boundingBox();
      assert.ok(box && box.width > 250 && Math.abs(box.width - box.height) < 2, JSON.stringify(box));
      assert.is(await page.locator('[data-touch*="again"]').count(), 0);
    }));

  test("nobody knows whether it printed: the same number again, once asked for", () =>
    withKiosk(async ({ terminal, screen, tap, text }) => {
      const { printer } = terminal.device();
      printer.script({ outcome: "unknown", sure: false, detail: "no answer" });
      await tap(service("id-card"));
      await screen("kept");
      assert.match(await text(), "A017");
      await tap('[data-touch*="again"]');
      await screen("taken");
      assert.is(printer.receipts.length, 2);
      assert.match(JSON.stringify(printer.receipts[1]), "KOPIE");
      assert.is(terminal.seen("ticket.issue").length, 1);
    }));

  test("refused and away: each says what to do now", () =>
    withKiosk(async ({ terminal, page, screen, tap, text }) => {
      terminal.answer(({ verb }) => (verb === "ticket.issue" ? { error: refuse("full", "") } : "usual"));
      await tap(service("pick-up"));
      await screen("full");
      assert.match(await text(), "Für Abholung sind heute keine Nummern mehr frei");
      await tap(done);
      await screen("choose");
      await terminal.leave();
      await screen("away");
      assert.match(await text(), "Bitte melden Sie sich am Empfang.");
      assert.is(await page.locator(".service").count(), 0);
    }));

  test("no answer: that it is unclear is said, and what to do now", () =>
    withKiosk(
      async ({ terminal, screen, tap, text }) => {
        terminal.answer(({ verb }) => (verb === "ticket.issue" ? undefined : "usual"));
        await tap(service("pick-up"));
        await screen("unclear");
        assert.match(await text(), "versuchen Sie es noch einmal oder fragen Sie am Empfang");
        await tap(done);
        await screen("choose");
      },
      landscape,
      { answerTimeoutMs: 500 },
    ));

  test("closed: when it opens next is the largest text there is", () =>
    withKiosk(async ({ terminal, page, screen, text }) => {
      await terminal.office(makeOffice({ open: false, nextChange: "2030-01-07T07:00:00Z" }));
      await screen("closed");
      assert.match(await text(), "Montag, 7. Januar um 08:00 Uhr");
      const sizes = await page.locator("#screen h1, #screen p").evaluateAll((all) => {
        return all.map((one) => Number.parseFloat(getComputedStyle(one).fontSize));
      });
      assert.is(sizes.at(-1), Math.max(...sizes));
      assert.ok(sizes.filter((size) => size === sizes.at(-1)).length === 1);
    }));

  test("in an emergency the message is as large as it can be, whatever somebody is at, and as long as it lasts", () =>
    withKiosk(async ({ terminal, page, screen, tap, text }) => {
      const long = "Bitte verlassen Sie ruhig das Gebäude. Please leave the building calmly. ".repeat(4);
      const messages: [string, number][] = [
        ["Bitte verlassen Sie sofort das Gebäude.", 100],
        [long.slice(0, 200), 50],
      ];
      await tap(service("id-card"));
      await screen("taken");
      for (const [emergency, pixels] of messages) {
        await terminal.office(makeOffice({ open: false, emergency }));
        await page.locator("h1", { hasText: emergency.slice(0, 30) }).waitFor();
        await screen("emergency");
        await looksRight(page, landscape, emergency.slice(0, 20));
        const size = await page.locator("h1").evaluate((one) => Number.parseFloat(getComputedStyle(one).fontSize));
        assert.ok(size >= pixels, `${size} px`);
        assert.is(await page.locator("#screen button").count(), 0);
        assert.equal(await accessibilityProblems(page), []);
      }
      await terminal.office(makeOffice());
      await screen("taken");
      assert.match(await text(), "A017");
    }));

  test("languages by name, large print in high contrast, and German again for the next", () =>
    withKiosk(async ({ page, screen, tap, text, terminal }) => {
      assert.equal(await page.locator("#languages button").allInnerTexts(), ["Deutsch", "English", "Aa"]);
      await tap('[data-language="en"]');
      await page.getByText("What would you like to do?").waitFor();
      assert.is(await page.locator("html").getAttribute("lang"), "en");
      const size = () => page.locator("h1").evaluate((one) => Number.parseFloat(getComputedStyle(one).fontSize));
      const usual = await size();
      await tap("#large");
      await page.locator("html[data-large]").waitFor();
      assert.ok((await size()) > usual * 1.2);
      assert.is(await page.locator("body").evaluate((body) => getComputedStyle(body).backgroundColor), "rgb(0, 0, 0)");
      await tap(service("registration"));
      await screen("taken");
      assert.match(await text(), "Please take your ticket");
      assert.match(JSON.stringify(terminal.device().printer.receipts[0]), "Registering your address");
      await tap(done);
      await screen("choose");
      assert.match(await text(), "Was möchten Sie erledigen?");
      assert.is(await page.locator("html[data-large]").count(), 0);
    }));

  test("a code that is none of ours is told apart, and what it said is nowhere", () =>
    withKiosk(async ({ terminal, page, screen, text }) => {
      terminal.device().scanner.scan("<b>SECRET</b>", "qr");
      await screen("turned-away");
      assert.match(await text(), "Dieser Code ist kein Termin-Code");
      assert.not.match(await page.content(), "SECRET");
    }));

  test("by keyboard: the focus is seen, stays over news, and Enter is a touch", () =>
    withKiosk(async ({ terminal, page, screen }) => {
      while (!(await page.locator(`${service("registration")}:focus`).count())) await page.keyboard.press("Tab");
      const office = makeOffice();
      for (const one of office.services) one.waiting = 11;
      await terminal.office(office);
      await page.getByText("11 warten").first().waitFor();
      const focused = page.locator(`${service("registration")}:focus-visible`);
      assert.is(await focused.evaluate((one) => getComputedStyle(one).outlineWidth), "4px");
      await page.keyboard.press("Enter");
      await screen("taken");
      assert.is(terminal.seen("ticket.issue")[0]?.args.service, "registration");
    }));

  test("the daemon is away: the page is calm, takes nothing, and comes back by itself", () =>
    withKiosk(async ({ terminal, page, screen, text }) => {
      await page.context().setOffline(true);
      await terminal.device().page?.stop();
      await screen("moment");
      assert.match(await text(), "Einen Moment bitte");
      assert.is(await page.locator(".service").count(), 0);
    }));

  test("this device is asked which one it is", () =>
    withKiosk(async ({ terminal, page }) => {
      const validUntil = new Date(Date.now() + 60_000).toISOString();
      await terminal.device().role.commands.identify?.({ id: "1", validUntil });
      await page.locator("#banner", { hasText: client }).waitFor();
    }));

  for (const viewport of [landscape, portrait]) {
    test(`${viewport.width} × ${viewport.height}: all is in view, keys are 20 mm and do not overlap`, () =>
      withKiosk(async ({ terminal, page, screen, tap }) => {
        await looksRight(page, viewport, "choose");
        terminal.device().printer.script({ outcome: "unknown", sure: false, detail: "" });
        const statusUrl = "https://dorsten.example/t/3Jx8kQpLm2Zt7Vw9";
        terminal.answer(({ verb }) => {
          return verb === "ticket.issue" ? { result: { ticket: makeTicket("Z000018", { statusUrl }) } } : "usual";
        });
        await tap(service("id-card"));
        await screen("kept");
        await looksRight(page, viewport, "kept");
        await tap('[data-touch*="again"]');
        await screen("taken");
        await looksRight(page, viewport, "taken");
      }, viewport));

    test(`${viewport.width} × ${viewport.height}: what became of the last ticket is told after a restart, and all is in view`, () =>
      withKiosk(async ({ terminal, page, screen, tap, text, errors }) => {
        const statusUrl = "https://dorsten.example/t/3Jx8kQpLm2Zt7Vw9";
        terminal.answer(({ verb }) => {
          return verb === "ticket.issue" ? { result: { ticket: makeTicket("Z000018", { statusUrl }) } } : "usual";
        });
        terminal.device().printer.hold();
        await tap(service("id-card"));
        await screen("busy");
        await terminal.restart();
        terminal.device().printer.hold();
        await page.goto(await until("the page is served", () => terminal.device().page?.url()));
        await screen("looking-back");
        assert.match(await text(), "sieht nach, ob das letzte Ticket gedruckt wurde");
        await looksRight(page, viewport, "looking-back");
        terminal.device().printer.release();
        await screen("kept");
        assert.match(await text(), "Ist das Ticket mit dieser Nummer herausgekommen?");
        await tap("#large");
        await page.locator("html[data-large]").waitFor();
        await looksRight(page, viewport, "kept after a restart");
        assert.equal(await accessibilityProblems(page), []);
        // The page lost its server on purpose.
        errors.length = 0;
      }, viewport));
  }

  const longNames = [
    "Verpflichtungserklärung für Besuchsaufenthalte",
    "Wohnungsgeberbestätigung und Anmeldebescheinigung",
    "Kraftfahrzeugzulassungsangelegenheiten",
    "<b>Straßenverkehrsbehörde</b>",
  ];

  /** So many services with names and conditions as offices have them. */
  function largeOffice(count: number): ReturnType<typeof makeOffice> {
    const [first] = makeOffice().services;
    const bring = "Personalausweis oder Reisepass, biometrisches Lichtbild und Bestätigung des Wohnungsgebers";
    const services = Array.from({ length: count }, (_, index) => ({
      ...(first as NonNullable<typeof first>),
      id: `service-${index}`,
      names: { de: longNames[index % longNames.length] ?? "" },
      bring: { de: bring },
    }));
    return makeOffice({ name: "Bürgerbüro der Großen Kreisstadt Oberhausen-Rheinhausen", services });
  }

  for (const count of [3, 12, 30]) {
    test(`${count} services with long names: each can be read and reached, and so can the key beneath the number`, () =>
      withKiosk(async ({ terminal, page, screen, tap }) => {
        await terminal.office(largeOffice(count));
        await page.locator(service(`service-${count - 1}`)).waitFor({ state: "attached" });
        const sticksOut = () =>
          page
            .locator(".service, .service .name, .more")
            .evaluateAll((all) =>
              all.filter((one) => one.scrollWidth > one.clientWidth + 1).map((one) => one.textContent),
            );
        const isInView = (selector: string, within: string) =>
          page.locator(selector).evaluate((one, container) => {
            const place = one.closest(container)?.getBoundingClientRect();
            const box = one.getBoundingClientRect();
            return place !== undefined && box.top >= place.top - 1 && box.bottom <= place.bottom + 1;
          }, within);
        assert.equal(await sticksOut(), []);
        const last = service(`service-${count - 1}`);
        const isSeen = await isInView(last, ".services");
        assert.is(await page.locator(".more").isVisible(), !isSeen, "a key leads to what is not seen");
        assert.ok(isSeen || count > 12, "twelve services are seen at once");
        for (let taps = 0; taps < 10 && !(await isInView(last, ".services")); taps += 1) await tap(".more");
        assert.ok(await isInView(last, ".services"));
        await tap("#large");
        await page.locator("html[data-large]").waitFor();
        assert.equal(await sticksOut(), []);
        await tap("#large");
        await tap(last);
        await screen("taken");
        assert.ok(await isInView(done, "#screen"));
        assert.ok(await isInView("h1", "#screen"));
      }));
  }

  test("the browser ends", async () => {
    await closeBrowser();
  });

  test.run();
}
