/** `sekisho up` on a terminal: the live view under the pseudo terminal of util-linux's `script`. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { after, before, describe, test } from "node:test";
import { stripVTControlCharacters } from "node:util";
import { type StartedProgram, startProgram } from "../harness/program.ts";
import { type ReceivedText, receiveText } from "../harness/received-text.ts";
import type { ServedDirectory } from "../harness/served-directory.ts";
import { ingress, lineOf, serveDirectory, shopFiles } from "../harness/served-directory.ts";
import { http1Text, sendText } from "../harness/wire-client.ts";

const hasScript = /util-linux/.test(spawnSync("script", ["--version"]).stdout?.toString() ?? "");
const skip = !hasScript && "this machine has no script(1) of util-linux";

const enter = "\u001b[?1049h";
const leave = "\u001b[?1049l";
/** A drawing begins and ends with these. */
const home = "\u001b[H";
const clearBelow = "\u001b[J";
const showCursor = "\u001b[?25h";

describe("on a terminal", { skip }, () => {
  const undo = new AsyncDisposableStack();
  let running:
    | {
        readonly program: StartedProgram;
        readonly shop: ServedDirectory;
        readonly screen: ReceivedText;
      }
    | undefined;

  before(async () => {
    const shop = undo.use(serveDirectory(shopFiles()));
    const program = await startProgram(["up", shop.path], {
      through: (line) => ["script", "-qefc", `stty cols 250 rows 50; exec ${line}`, "/dev/null"],
    });
    undo.defer(async () => void (await program.stop()));
    const screen = receiveText(program.child.stdout);
    await screen.until(enter);
    running = { program, shop, screen };
  });

  after(() => undo.disposeAsync());

  function started(): NonNullable<typeof running> {
    assert.ok(running);
    return running;
  }

  /** Waits until a drawing of the screen fits, the newest or a later one. */
  async function untilShown(fits: RegExp): Promise<void> {
    const { screen } = started();
    let from = Math.max(0, screen.text().lastIndexOf(home));
    while (!fits.test(stripVTControlCharacters(await screen.until(clearBelow, from)))) {
      from = screen.text().length;
    }
  }

  test("it shows what is served, the certificates, the pods, and what is wrong", async () => {
    const { httpsPort } = started().program;
    await untilShown(/^Serving\s+https:\/\/shop\.test/m);
    await untilShown(new RegExp(`https://shop\\.test:${httpsPort}\\r?$`, "m"));
    await untilShown(/default\/shop-tls \(shop\.test\): valid until 2099-12-31, \d+ days/);
    await untilShown(/^ {2}2 of 2 ready/m);
    await untilShown(/services\.yaml:15:1 warning NoEndpoints: /);
  });

  test("a request appears with the line that decided its answer", async () => {
    const { httpPort } = started().program;
    await sendText({ port: httpPort }, http1Text("/empty", ["Host: shop.test"]));
    const place = `ingress\\.yaml:${lineOf("path: /empty")} Ingress/default/shop`;
    await untilShown(new RegExp(`503 UH GET http://shop\\.test/empty .*${place}`));
  });

  test("a file that breaks appears, and goes when it is mended", async () => {
    const { shop } = started();
    shop.write("ingress.yaml", `${ingress}    - [\n`);
    await untilShown(/ingress\.yaml:\d+:\d+ error InvalidYaml/);
    shop.write("ingress.yaml", ingress);
    await untilShown(/^(?!.*InvalidYaml)/s);
  });

  test("Ctrl-C leaves the terminal as it was, says what it waits for, and exits with 0", async () => {
    const { program, screen } = started();
    const exited = once(program.child, "exit");
    program.child.stdin.write("\u0003");
    const [code] = await exited;
    assert.equal(code, 0);
    const end = screen.text().slice(screen.text().lastIndexOf(leave) + leave.length);
    assert.match(end, /^stopping: open requests may end .*\r?\n$/);
    assert.ok(screen.text().endsWith(`${showCursor}${leave}${end}`));
  });
});
