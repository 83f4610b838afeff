import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { JsonObject } from "#base/json.ts";
import { certificateId } from "#certificates/acme/client/certificate-id.ts";
import { orderKind } from "#kinds/cert-manager/order.ts";
import { read } from "#kinds/kind.ts";
import { skipWithoutGo } from "#test/lab/build/requirements.ts";
import { issuerOf, openStage } from "./acme-stage.ts";
import { startCertificates } from "./certificate-life.ts";
import { startPebble } from "./pebble.ts";

const skip = await skipWithoutGo();

describe("renewal over a real Pebble", { skip }, () => {
  test("a certificate is renewed within the window that the server suggests, as the successor of the one before", async () => {
    await using stage = await openStage();
    await using pebble = await startPebble({ httpPort: stage.answers.port });
    assert.equal(await stage.issue(issuerOf(pebble)), "ACMEAccountRegistered");
    await stage.start();
    await using life = await startCertificates(stage);
    await life.create(["a.example.com"]);
    const first = await life.issued(1);
    const start = life.clock.now().add({ minutes: 30 });
    const end = start.add({ minutes: 10 });
    const explanationURL = "https://pebble.example/why";
    await pebble.manage("/set-renewal-info/", {
      Certificate: first.toString(),
      ARIResponse: JSON.stringify({ suggestedWindow: { start, end }, explanationURL }),
    });
    await life.clock.advance({ minutes: 6 });
    await life.untilStatus("the window", (status) => {
      const ari = (status["acme"] as JsonObject | undefined)?.["ari"] as JsonObject | undefined;
      return ari?.["explanationURL"] === explanationURL;
    });
    await life.clock.advance({ minutes: 35 });
    const second = await life.issued(2);
    assert.notEqual(second.serialNumber, first.serialNumber);
    const { items } = await stage.store.list(orderKind.id);
    const replaced = items.map((order) => read(orderKind, order).value?.spec.replaces);
    assert.ok(replaced.includes(certificateId(first.raw)), "the order names its predecessor");
  });
});
