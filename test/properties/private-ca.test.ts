/** One certificate a request, whatever AWS answers and whenever the process dies: random runs of the plug-in against a small AWS. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { SigningOutcome } from "#certificates/issuers/issuer.ts";
import { beginScene, type Scene } from "#test/fakes/aws-pca/scene.ts";
import { noOpenssl } from "#test/fakes/certificates/openssl.ts";
import { seeded } from "./seeded.ts";

const skip = noOpenssl;

/** What goes wrong in one try; nothing does in most. */
type Fault =
  | { readonly kind: "death"; readonly place: string }
  | { readonly kind: "refusal"; readonly type: string }
  | { readonly kind: "none" };

const places = [
  "write 1",
  "write 1 done",
  "IssueCertificate before",
  "IssueCertificate under way",
  "IssueCertificate answered",
  "write 2",
  "write 2 done",
  "GetCertificate answered",
];

const fault: fc.Arbitrary<Fault> = fc.oneof(
  fc.record({ kind: fc.constant("death" as const), place: fc.constantFrom(...places) }),
  fc.record({
    kind: fc.constant("refusal" as const),
    // The last two: the connection breaks before, or after it was done.
    type: fc.constantFrom("ThrottlingException", "AccessDeniedException", "", "after"),
  }),
  fc.constant({ kind: "none" as const }),
);

/** Within the five minutes: at most eight tries, of which each is half a minute after the last. */
const faults = fc.array(fault, { maxLength: 8 });

async function tryOnce(scene: Scene, wrong: Fault): Promise<SigningOutcome | undefined> {
  if (wrong.kind === "refusal") scene.ca.refuseNext("IssueCertificate", { type: wrong.type });
  if (wrong.kind === "death") scene.dieAt(wrong.place);
  try {
    return await scene.sign();
  } catch {
    // The process is dead.
    return undefined;
  } finally {
    if (wrong.kind === "death") scene.restart();
    scene.ca.forgetRefusals();
  }
}

test("within five minutes a request costs one certificate, one token, and a call for each thing that goes wrong", {
  skip,
}, async (context) => {
  await fc.assert(
    fc.asyncProperty(faults, fc.nat({ max: 3 }), async (wrongs, inProgress) => {
      const scene = await beginScene(context, { ca: { inProgress } });
      let outcome: SigningOutcome | undefined;
      for (const wrong of wrongs) {
        outcome = await tryOnce(scene, wrong);
        if (outcome?.kind === "issued") break;
        assert.notEqual(outcome?.kind, "failed", JSON.stringify(outcome));
        await scene.clock.advance({ seconds: 30 });
      }
      for (let left = 6; outcome?.kind !== "issued" && left > 0; left--) {
        outcome = await scene.sign();
        if (outcome.kind === "pending") await scene.clock.advance(outcome.retryAfter ?? {});
      }
      assert.equal(outcome?.kind, "issued", JSON.stringify(outcome));
      const orders = scene.orders();
      assert.equal(scene.ca.issued.length, 1);
      assert.equal(new Set(orders.map(({ token }) => token)).size, 1);
      const troubles = wrongs.filter(({ kind }) => kind !== "none").length;
      assert.ok(orders.length <= 1 + troubles, `${orders.length} calls, ${troubles} troubles`);
    }),
    seeded(context, 0.05),
  );
});
