import assert from "node:assert/strict";
import type { X509Certificate } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { storeAnswers } from "#api/store-calls.ts";
import { createLocalSocket } from "#runtime/network/real-local-socket.ts";
import { skipWithoutGo } from "#test/lab/build/requirements.ts";
import { type Ended, runCommand } from "#test/system/harness/commands.ts";
import { type AcmeStage, issuerOf, openStage } from "./acme-stage.ts";
import { startCertificates } from "./certificate-life.ts";
import { type Pebble, startPebble } from "./pebble.ts";

const skip = await skipWithoutGo();

/** `sekisho cert revoke`, asked of the store of a stage as of that of a running gate. */
async function commandsOf(
  { store }: AcmeStage,
  undo: AsyncDisposableStack,
): Promise<(typed: string | undefined, ...args: readonly string[]) => Promise<Ended>> {
  const directory = mkdtempSync(join(tmpdir(), "sekisho-revoke-"));
  undo.defer(() => rmSync(directory, { recursive: true }));
  const config = join(directory, "sekisho.yaml");
  writeFileSync(config, 'outboundAddresses: ["127.0.0.0/8", "::1"]\n');
  const answer = storeAnswers(store);
  const service = await createLocalSocket().serve(
    join(directory, "api.sock"),
    async ({ method, input, signal }) =>
      (await answer(method, input, signal)) ?? { kind: "value", value: null },
  );
  undo.defer(() => service.close());
  const where = ["-n", "shop", "--data", directory, "--config", config];
  return (typed, ...args) =>
    runCommand(["cert", "revoke", ...args, ...where], typed === undefined ? {} : { typed });
}

async function statusAt(pebble: Pebble, { serialNumber }: X509Certificate): Promise<string> {
  const answer = await pebble.manage(`/cert-status-by-serial/${serialNumber.toLowerCase()}`);
  return (JSON.parse(answer) as { Status: string }).Status;
}

describe("revocation at a real Pebble", { skip }, () => {
  test("a person has a certificate revoked, by its account or by its own key, and another one is issued with another key", async () => {
    await using undo = new AsyncDisposableStack();
    const stage = undo.use(await openStage());
    const pebble = undo.use(await startPebble({ httpPort: stage.answers.port }));
    const spec = issuerOf(pebble);
    assert.equal(await stage.issue(spec), "ACMEAccountRegistered");
    await stage.start();
    const life = undo.use(await startCertificates(stage));
    await life.create(["a.example.com"]);
    const first = await life.issued(1);
    const revoke = await commandsOf(stage, undo);

    assert.match((await revoke(undefined, "web")).err, /no terminal to ask at.*--yes/s);
    assert.match((await revoke("no", "web")).err, /nothing was revoked/);
    assert.equal((await revoke("yes", "gone")).code, 1);
    assert.equal((await revoke("yes", "web", "--reason", "boredom")).code, 2);
    assert.equal(await statusAt(pebble, first), "Valid");

    const asked = await revoke("yes", "web", "--reason", "keyCompromise");
    assert.equal(asked.code, 0, asked.err);
    assert.match(asked.out, /^Revoked certificate [0-9A-F]+ of shop\/web, by the account/);
    assert.equal(await statusAt(pebble, first), "Revoked");
    const second = await life.issued(2);
    assert.notDeepEqual(
      second.publicKey.export({ format: "jwk" }),
      first.publicKey.export({ format: "jwk" }),
    );

    // The issuer gets an account that has ordered nothing.
    const other = { ...spec, privateKeySecretRef: { name: "another-account" } };
    assert.equal(await stage.issue(other), "ACMEAccountRegistered");
    const own = await revoke(undefined, "web", "--yes");
    assert.match(own.out, /of shop\/web, by its own key/, own.err);
    assert.equal(await statusAt(pebble, second), "Revoked");
    assert.equal(await statusAt(pebble, await life.issued(3)), "Valid");
  });
});
