import { test } from "uvu";
import * as assert from "uvu/assert";
import { systemClock } from "../../device/clock.ts";
import { signOptions } from "../../device/sign/options.ts";
import { createSign } from "../../device/sign/sign.ts";
import { signContract } from "../contract/sign.ts";
import { openAlphaSign } from "../emulators/sign-alpha.ts";
import { openLineSign } from "../emulators/sign-line.ts";
import { createFakeSign } from "../fakes/sign.ts";

signContract(test, "fake sign", () => {
  const sign = createFakeSign();
  return {
    sign,
    lit: () => sign.pictures.at(-1) ?? { pages: [], flash: false },
    unplug: () => sign.unplug(),
    plugIn: () => sign.plugIn(),
    close() {},
  };
});

for (const framing of ["8N1", "7E1"] as const) {
  signContract(test, `Alpha sign, ${framing}`, () => {
    const emulator = openAlphaSign({ columns: 8, framing, address: "01" });
    const options = { protocol: "alpha", path: emulator.path, columns: 8, framing, address: "01" };
    return {
      sign: createSign(signOptions.parse(options), systemClock()),
      lit: () => emulator.lit(),
      unplug: () => emulator.unplug(),
      plugIn: () => emulator.plugIn(),
      close() {
        emulator.close();
        assert.equal(emulator.errors, []);
      },
    };
  });
}

signContract(test, "line sign", () => {
  const emulator = openLineSign({ columns: 8 });
  const options = { protocol: "line", path: emulator.path, columns: 8 };
  return {
    sign: createSign(signOptions.parse(options), systemClock()),
    lit: () => ({ pages: emulator.lit().text ? [emulator.lit().text] : [], flash: emulator.lit().flash }),
    unplug: () => emulator.unplug(),
    plugIn: () => emulator.plugIn(),
    close() {
      emulator.close();
      assert.equal(emulator.errors, []);
    },
  };
});

test.run();
