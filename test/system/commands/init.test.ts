/** Manifests that init writes: what they are, what they never replace, and that a gate serves them. */

import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { runCommand } from "../harness/commands.ts";
import { repository } from "../harness/program.ts";
import { startSekisho } from "../harness/sekisho.ts";
import { http1Text, sendText } from "../harness/wire-client.ts";

function place(context: TestContext): string {
  const parent = mkdtempSync(join(tmpdir(), "sekisho-init-"));
  context.after(() => rmSync(parent, { recursive: true, force: true }));
  return join(parent, "manifests");
}

const host = ["--host", "www.example.com"] as const;
const to = ["--to", "127.0.0.1:3000"] as const;

test("the example is what init writes", async (context) => {
  const directory = place(context);
  const { code, out, err } = await runCommand(["init", ...host, ...to, "--staging", directory]);
  assert.equal(code, 0, err);
  assert.match(
    out,
    /^serve it: sekisho up .*\nthen .*: sekisho cert preflight www\.example\.com$/m,
  );
  const example = join(repository, "examples/own-domain/manifests");
  assert.deepEqual(readdirSync(directory), readdirSync(example));
  for (const file of readdirSync(example))
    assert.equal(
      readFileSync(join(directory, file), "utf8"),
      readFileSync(join(example, file), "utf8"),
    );
});

test("files of other content stay, and then nothing is written; the same again changes nothing", async (context) => {
  const directory = place(context);
  assert.equal((await runCommand(["init", ...host, ...to, directory])).code, 0);
  const again = await runCommand(["init", ...host, ...to, directory]);
  assert.match(again.out, /has it all already/);
  const file = join(directory, "www.example.com.yaml");
  writeFileSync(file, "# mine\n");
  rmSync(join(directory, "issuer.yaml"));
  const refused = await runCommand(["init", ...host, ...to, directory]);
  assert.equal(refused.code, 1);
  assert.match(refused.err, /is there already, with other content; nothing was written/);
  assert.deepEqual(readdirSync(directory), ["www.example.com.yaml"]);
  assert.equal(readFileSync(file, "utf8"), "# mine\n");
});

test("a second host is written beside the first, under the same issuer", async (context) => {
  const directory = place(context);
  const email = ["--email", "someone@example.com"] as const;
  await runCommand(["init", ...host, ...to, ...email, directory]);
  const second = ["--host", "7.example.com", "--to", "[::1]:80"] as const;
  const { code, err } = await runCommand(["init", ...second, ...email, directory]);
  assert.equal(code, 0, err);
  const checked = await runCommand(["cert", "plan", directory]);
  assert.match(checked.out, /default\/site-7-example-com-tls .* 7\.example\.com +HTTP-01/);
  assert.match(checked.out, /default\/www-example-com-tls .* www\.example\.com +HTTP-01/);
});

const refusals: Readonly<Record<string, readonly [readonly string[], RegExp]>> = {
  "a URL in place of a host": [["https://a.example.com"], /is no DNS name\n {2}write it as in/],
  "an address in place of a host": [["192.0.2.1"], /is an address\n/],
  "a wildcard": [["*.example.com"], /is a wildcard, .*\n.*DNS-01/],
  "a host of one label": [["localhost"], /has one label/],
  "a host that ends in a number": [["a.1"], /is no DNS name/],
  "a target without a port": [
    ["a.test", "127.0.0.1"],
    /--to 127\.0\.0\.1 is no address with a port/,
  ],
  "a target that is a name": [["a.test", "server:80"], /is no address with a port/],
  "a port out of range": [["a.test", "127.0.0.1:70000"], /a port is a number from 1 to 65535/],
  "an e-mail that is none": [["a.test", "127.0.0.1:80", "me"], /--email me is no e-mail address/],
};

for (const [what, [[name = "", target = "127.0.0.1:80", email], said]] of Object.entries(refusals))
  test(`${what} is refused with what to write instead, and nothing is written`, async (context) => {
    const directory = place(context);
    const contact = email === undefined ? [] : ["--email", email];
    const args = ["init", "--host", name, "--to", target, ...contact, directory];
    const { code, err } = await runCommand(args);
    assert.equal(code, 2);
    assert.match(err, said);
    assert.deepEqual(readdirSync(join(directory, "..")), []);
  });

test("a gate serves what init wrote: requests reach the server that was named", async (context) => {
  const directory = place(context);
  const server = createServer((request, response) => response.end(`own ${request.url}`));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  context.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  await runCommand(["init", ...host, "--to", `127.0.0.1:${port}`, directory]);
  const settings = join(repository, "examples/own-domain/try.yaml");
  const sekisho = await startSekisho(["up", directory, "--config", settings]);
  context.after(() => sekisho.stop());
  const asked = http1Text("/page", ["Host: www.example.com"]);
  const { status, body } = await sendText({ port: sekisho.httpPort }, asked);
  assert.deepEqual([status, body], [200, "own /page"]);
});
