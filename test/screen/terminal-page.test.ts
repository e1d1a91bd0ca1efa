import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { createScreen } from "../../device/screen/server.ts";
import type { View } from "../../device/terminal/view.ts";
import { launchChromium } from "../chromium.ts";
import { need } from "../needs.ts";
import { until } from "../until.ts";

const arabic: View = {
  office: "Bürgerbüro Dorsten",
  accent: "#0b4f8a",
  language: "ar",
  languages: [
    { code: "de", name: "Deutsch" },
    { code: "ar", name: "العربية" },
  ],
  largePrint: { label: "خط كبير", on: false },
  banner: "",
  moment: "لحظة من فضلك",
  screen: {
    kind: "number",
    name: "kept",
    tone: "problem",
    heading: "رقمك",
    number: "A017",
    lines: ["لا يوجد ورق في الطابعة.", "من فضلك تذكر رقمك A017."],
    qr: null,
    actions: [{ label: "تم", do: "done" }],
  },
};

/** What the functions below find in the page. */
declare function getComputedStyle(element: unknown): Record<"direction", string>;

if (need("chromium")) {
  test("a language that is written from right to left is shown so, and German again for the next", async () => {
    const screen = createScreen<View>({
      port: 0,
      pageFolder: join(import.meta.dirname, "../../device/screen/terminal"),
    });
    screen.start(() => {});
    const browser = await launchChromium();
    try {
      const page = await browser.newPage({ viewport: { width: 1280, height: 1024 } });
      await page.goto(await until("the page is served", () => screen.url()));
      const direction = () =>
        page
          .locator("#screen p")
          .last()
          .evaluate((line) => getComputedStyle(line).direction);
      screen.show(arabic);
      await page.locator(".digits", { hasText: "A017" }).waitFor();
      assert.is(await direction(), "rtl");
      const key = { service: "id-card", name: "بطاقة", label: "1", open: true, lines: ["٥ ينتظرون."] };
      const services = [key, { ...key, service: "pick-up", label: "2" }];
      screen.show({
        ...arabic,
        screen: { kind: "choose", name: "choose", question: "؟", services, appointment: null, more: "" },
      });
      const [first, second] = [0, 1].map((index) => page.locator(".service").nth(index));
      const left = async (which: typeof first) => (await which?.boundingBox())?.x ?? Number.NaN;
      assert.ok((await left(first)) < (await left(second)), "the first key is where it always is");
      assert.is(
        await page
          .locator(".service .line")
          .first()
          .evaluate((line) => getComputedStyle(line).direction),
        "rtl",
      );
      const folder = process.env.WARTEMARKE_TEST_PICTURES;
      if (folder) await page.screenshot({ path: join(folder, "terminal-arabic.png") });
      screen.show({ ...arabic, language: "de", office: "Rathaus" });
      await page.locator("#office", { hasText: "Rathaus" }).waitFor();
      assert.is(await direction(), "ltr");
    } finally {
      await browser.close();
      await screen.stop();
    }
  });
}

test.run();
