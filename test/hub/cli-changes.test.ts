// time limit: 240 s
import { test } from "uvu";
import * as assert from "uvu/assert";
import { inOrder, run, withHub } from "./run-cli.ts";

test("visitors who are parked, sent on and called by mistake, and a desk that has a break", () =>
  withHub(async ({ mqttPort }) => {
    await inOrder(mqttPort, [
      ["open 1", /open for/],
      ["open 2", /open for/],
      ["ticket id-card", /^A001 /],
      ["ticket id-card", /^A002 /],
      ["priority A002 'small child' --minutes 20", /^A002 {2}20 min head start, 0 ahead/],
      ["priority A001 fainted --front --minutes 3", /either --minutes or --front/, 2],
      ["priority A001 fainted --front", /^A001 {2}1440 min head start/],
      ["next 1", /^A001 → /],
      ["undo 1", /^A001 {2}is waiting again\n$/],
      ["undo 1", /nobody is at desk 1\.\nCall somebody/, 1],
      ["next 1", /^A001 → /],
      ["park 1", /^A001 {2}parked; back with: wartemarke resume A001 1\n$/],
      ["queue --state parked", /^number.*\nA001 /],
      ["queue --state lost", /--state: use one of waiting, parked, no-show/, 2],
      ["resume A001 1", /^A001 → Platz 1\n$/],
      ["transfer 1", /where to\? Use --service, --to-desk or both/, 2],
      ["pause 1", /^Platz 1 {2}has a break\n$/],
      ["transfer 1 --service pick-up --to-desk 2", /^A001 {2}waits for pick-up at desk 2\n$/],
      ["next 1", /\(desk-closed\)/, 1],
      ["continue 1", /^Platz 1 {2}calls again\n$/],
      ["transfer 1 --number A002 --service registration", /^A002 {2}waits for registration\n$/],
      ["next 2", /^A001 → Platz 2\n$/],
      ["pause 2", /has a break/],
      ["finish 2", /^A001 {2}finished\n$/],
    ]);
  }));

test("a service that is closed, a message on the boards, an emergency", () =>
  withHub(async (hub, wartemarke) => {
    await inOrder(hub.mqttPort, [
      ["service close pick-up --until 23:59", /^pick-up {2}closed until \d{4}-\d\d-\d\d 23:59\n$/],
      ["ticket pick-up", /\(service-closed\)/, 1],
      ["service close nothing", /\(unknown-service\)/, 1],
      ["service open pick-up", /^pick-up {2}open\n$/],
      ["ticket pick-up", /^C001 /],
      ["message show 'Drucker defekt'", /^shown on the boards of all\n$/],
      ["message show Text --until soon", /soon is no time: use one such as/, 2],
      ["message clear", /^taken off the boards of all\n$/],
      ["emergency start 'Bitte das Haus verlassen'", /emergency: .*\nEnd it with: wartemarke emergency end\n$/],
      ["ticket id-card", /^wartemarke: refused: /, 1],
      ["emergency end", /the queue goes on as it was\n$/],
      ["ticket id-card", /^A001 /],
      ["backup", /^\/.*hub-\d{8}T\d{6}Z\.sqlite {2}\d+\.\d MB\n$/],
    ]);
    const { office } = JSON.parse((await wartemarke("office", "--json")).out);
    assert.is(office.emergency, undefined);
  }));

test("times are those of the office, in whatever zone the machine is", () =>
  withHub(async ({ mqttPort }) => {
    const elsewhere = (...args: string[]) => run(mqttPort, args, { environment: { TZ: "Pacific/Auckland" } });
    const { out } = await elsewhere("service", "close", "pick-up", "--until", "23:59");
    assert.match(out, /^pick-up {2}closed until \d{4}-\d\d-\d\d 23:59\n$/);
    const { office } = JSON.parse((await elsewhere("office", "--json")).out);
    const { opensAt } = office.services.find(({ id }: { id: string }) => id === "pick-up");
    const inBerlin = new Intl.DateTimeFormat("en-GB", { timeZone: "Europe/Berlin", timeStyle: "short" });
    assert.is(inBerlin.format(Date.parse(opensAt)), "23:59");
  }));

test("users and devices: the password is read from stdin, and only its hash is sent", () =>
  withHub(async ({ mqttPort }) => {
    const with_ = (input: string, ...args: string[]) => run(mqttPort, args, { input });
    const added = await with_("Kaffee um 10\n", "user", "add", "desk-7", "desk", "--desk", "1");
    assert.equal([added.code, added.out], [0, "desk-7  desk\n"], added.err);
    assert.is((await with_("kurz\n", "user", "add", "desk-8", "desk", "--desk", "1")).code, 2);
    assert.match((await with_("Kaffee um 10\n", "user", "add", "desk-8", "boss")).err, /\(bad-request\)/);
    const asUser = ["--user", "desk-7", "--password", "Kaffee um 10"];
    const opened = await with_("", "open", "1", ...asUser);
    assert.equal([opened.code, opened.err], [0, ""], "he may log in and act for his desk");
    const board = await with_("Kaffee um 10\n", "--json", "device", "add", "board-7", "board");
    assert.is(JSON.parse(board.out).user.device, true);
    await inOrder(mqttPort, [
      ["users", /desk-7 +desk +1 +user, \d{4}.*/],
      ["user change desk-7", /what is to be changed\? Use --role/, 2],
      ["user change desk-7 --desk 1 --desk 2", /^desk-7 {2}desk\n$/],
      ["open 2 --user desk-7 --password 'Kaffee um 10'", /^Platz 2 {2}open/],
      ["user remove desk-7", /^desk-7 {2}may log in no more\n$/],
      ["queue --user desk-7 --password 'Kaffee um 10'", /login refused/, 4],
      ["device revoke board-7", /^board-7 {2}may log in no more\n$/],
    ]);
  }));

test.run();
