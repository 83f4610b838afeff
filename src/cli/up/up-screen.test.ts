import assert from "node:assert/strict";
import { test } from "node:test";
import { stripVTControlCharacters } from "node:util";
import type { GateStatus } from "#gate/statuses/gate-status.ts";
import { createManualClock, type ManualClock } from "#test/fakes/runtime/manual-clock.ts";
import type { UpOutput } from "./up-listener.ts";
import { createScreen } from "./up-screen.ts";

const alternateScreen = "\u001b[?1049h";
const status: GateStatus = {
  version: "1.2.3",
  envoy: { version: "1.40.0", state: "ready", pid: 1 },
  ports: { http: 8080, https: 8443 },
  urls: ["http://cafe.example.com:8080/"],
  certificates: [],
  pods: [],
  proxies: [],
  directories: ["examples/cafe"],
  data: "/tmp/data",
};

interface Stage {
  readonly clock: ManualClock;
  readonly screen: UpOutput;
  /** What was printed since the last call. */
  readonly printed: () => string;
}

function stage(): Stage {
  const clock = createManualClock();
  let text = "";
  const terminal = {
    ask: async () => undefined,
    print: (more: string): void => {
      text += more;
    },
    warn: (): void => assert.fail("nothing is wrong"),
    isScreen: true,
    hasColours: false,
    columns: () => 100,
    rows: () => 30,
  };
  const screen = createScreen(
    { clock, environment: { terminal } },
    { json: false, accessLog: "text" },
  );
  const printed = (): string => {
    const before = text;
    text = "";
    return before;
  };
  return { clock, screen, printed };
}

test("a notice before the screen is there is printed, and still seen on the screen", async () => {
  const { clock, screen, printed } = stage();
  screen.notice("Envoy starts again in 2 s");
  assert.equal(printed(), "Envoy starts again in 2 s\n");
  await clock.advance({ seconds: 1 });
  screen.ready(status);
  await clock.advance({ seconds: 1 });
  const shown = printed();
  assert.ok(shown.startsWith(alternateScreen));
  assert.match(stripVTControlCharacters(shown), /1s ago: Envoy starts again in 2 s/);
});

test("the newest notices stay on the screen, however many there were", async () => {
  const { clock, screen, printed } = stage();
  screen.ready(status);
  for (let index = 0; index < 10; index++) screen.notice(`notice ${index}`);
  await clock.advance({ seconds: 1 });
  assert.deepEqual(printed().match(/notice \d/g), ["notice 7", "notice 8", "notice 9"]);
});

test("a notice after the screen was left is printed, and nothing is drawn any more", async () => {
  const { clock, screen, printed } = stage();
  screen.ready(status);
  screen.close();
  printed();
  screen.notice("Envoy ended");
  await clock.advance({ seconds: 1 });
  assert.equal(printed(), "Envoy ended\n");
});
