/** With whom the Secret of a Certificate goes. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { certificateStage, quickKey } from "#test/fakes/certificates/certificate-stage.ts";

for (const [sentence, certificateOwnerRef, left] of [
  ["the Secret of a Certificate stays when that goes", false, ["web-tls"]],
  ["where an operator wants it, the Secret goes with the Certificate", true, []],
] as const) {
  test(sentence, async (context) => {
    const stage = await certificateStage(context, { certificateOwnerRef });
    await stage.create("Issuer", "self", { selfSigned: {} });
    await stage.create("Certificate", "web", {
      ...{ secretName: "web-tls", dnsNames: ["web.example.com"], privateKey: quickKey },
      issuerRef: { name: "self" },
    });
    await stage.settled();
    assert.deepEqual(await stage.secrets(), ["web-tls"]);
    const { resourceVersion } = (await stage.secret("web-tls"))?.metadata ?? {};
    await stage.stop();
    await stage.start();
    assert.equal((await stage.secret("web-tls"))?.metadata.resourceVersion, resourceVersion);
    await stage.remove("web");
    await stage.settled();
    assert.deepEqual(await stage.secrets(), left);
  });
}
