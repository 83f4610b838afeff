/** `sekisho up` where there is no terminal: plain lines, each with the file and line it is about. */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type StartedProgram, startProgram } from "../harness/program.ts";
import { type ReceivedText, receiveText } from "../harness/received-text.ts";
import type { ServedDirectory } from "../harness/served-directory.ts";
import { ingress, lineOf, serveDirectory, shopFiles } from "../harness/served-directory.ts";
import { http1Text, sendText } from "../harness/wire-client.ts";

const undo = new AsyncDisposableStack();
let running:
  | { readonly program: StartedProgram; readonly shop: ServedDirectory; readonly out: ReceivedText }
  | undefined;

before(async () => {
  const shop = undo.use(serveDirectory(shopFiles()));
  const program = await startProgram(["up", shop.path]);
  undo.defer(async () => void (await program.stop()));
  const out = receiveText(program.child.stdout);
  await out.until(/^ready\n/m);
  running = { program, shop, out };
});

after(() => undo.disposeAsync());

function started(): NonNullable<typeof running> {
  assert.ok(running);
  return running;
}

/** Asks for a path, and returns the line that is printed about it. */
async function lineAbout(path: string): Promise<string> {
  const { program, out } = started();
  const from = out.text().length;
  await sendText({ port: program.httpPort }, http1Text(path, ["Host: shop.test"]));
  const line = new RegExp(`^.*http://shop\\.test${path} .*\\n`, "m");
  return line.exec(await out.until(line, from))?.[0].trimEnd() ?? "";
}

test("the first lines say what is done, what is served, what to try, and what is found", async () => {
  const { program, shop, out } = started();
  const { httpPort, httpsPort } = program;
  await out.until("sekisho get pods\n");
  const lines = out.text().split("\n");
  assert.deepEqual(lines.slice(lines.indexOf("ready") - 1), [
    `reading ${shop.path}`,
    "ready",
    `  https://shop.test:${httpsPort}`,
    `  http://shop.test:${httpPort}`,
    `  try: curl --resolve shop.test:${httpPort}:127.0.0.1 http://shop.test:${httpPort}/anything`,
    `${shop.path}/services.yaml:15:1 warning NoEndpoints: nobody is ready to answer for port 80 of Service empty; requests get 503 (Service/default/empty)`,
    "    look at the pods its selector takes: sekisho get pods",
    "",
  ]);
});

/** Path → what stands behind time and before duration, and what stands at the end of its line. */
const answers: Readonly<Record<string, readonly [status: string, end: string]>> = {
  "/anything": [
    "200",
    `ingress.yaml:${lineOf("path: /anything")} Ingress/default/shop spec.rules[0].http.paths[1]`,
  ],
  "/empty": [
    "503 UH",
    `ingress.yaml:${lineOf("path: /empty")} Ingress/default/shop spec.rules[0].http.paths[2] – no_healthy_upstream`,
  ],
  "/nothing": [
    "404",
    `ingress.yaml:${lineOf("- host: shop.test")} Ingress/default/shop spec.rules[0]`,
  ],
};

for (const [path, [status, end]] of Object.entries(answers)) {
  test(`the access log says of a ${status} which line of which file decided`, async () => {
    const line = await lineAbout(path);
    assert.match(
      line,
      new RegExp(`^\\d\\d:\\d\\d:\\d\\dZ ${status} GET http://shop\\.test${path} \\d+ms `),
    );
    assert.ok(line.endsWith(`/${end}`), line);
  });
}

test("a finding is printed when it comes and when it goes", async () => {
  const { shop, out } = started();
  const from = out.text().length;
  shop.write("ingress.yaml", `${ingress}    - [\n`);
  await out.until(/^\S+ingress\.yaml:\d+:\d+ error InvalidYaml: .*\n {4}\S/m, from);
  await out.until(/^\S+ingress\.yaml info LastGoodVersion: .*\n {4}\S/m, from);
  shop.write("ingress.yaml", ingress);
  await out.until(/^resolved: \S+ingress\.yaml:\d+:\d+ error InvalidYaml: /m, from);
});

test("SIGTERM ends it with 0, and nothing it printed was meant for a screen", async () => {
  const { program, out } = started();
  program.terminate();
  await out.until(/^stopping: open requests may end/m);
  assert.equal(await program.stop(), 0);
  assert.ok(!out.text().includes("\u001b"));
});
