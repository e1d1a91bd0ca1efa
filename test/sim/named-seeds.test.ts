// time limit: 600 s
import { test } from "uvu";
import * as assert from "uvu/assert";
import { findFault } from "./put-in-fault.ts";
import { namedSeeds } from "./seeds.ts";

for (const { bug, seed, check, fault } of namedSeeds) {
  test(`put into the product, day ${seed} shows it by ${check}: ${bug}`, async () => {
    const found = (await findFault(fault, seed, 1)) ?? "nothing was found";
    console.log(found);
    assert.ok(found.startsWith(`seed ${seed}: ${check}: `), found);
  });
}

test.run();
