import assert from "node:assert/strict";
import { test } from "node:test";
import type { JsonObject } from "#base/json.ts";
import type { KubeObject } from "#kinds/object.ts";
import { storedObject } from "#test/fakes/stored-object.ts";
import { CertificateNotices } from "./certificate-notices.ts";

function certificate(conditions: Readonly<Record<string, "True" | "False">>): KubeObject {
  const status: JsonObject = {
    conditions: Object.entries(conditions).map(([type, one]) => ({
      ...{ type, status: one, reason: "Reason", message: "the name leads nowhere" },
    })),
  };
  return storedObject({
    apiVersion: "cert-manager.io/v1",
    kind: "Certificate",
    metadata: { name: "web" },
    body: {
      spec: {
        ...{ secretName: "web", dnsNames: ["a.test", "b.test", "c.test", "d.test"] },
        issuerRef: { kind: "ClusterIssuer", name: "prod" },
      },
    },
    status,
  });
}

const asking =
  "asking ClusterIssuer prod for a certificate for a.test, b.test, c.test and 1 more …";

test("that a certificate is asked for is told once, and then how it ended", () => {
  const notices = new CertificateNotices();
  const waiting = certificate({ Issuing: "True", Ready: "False" });
  assert.equal(notices.noticeOf(certificate({ Ready: "False" })), undefined);
  assert.equal(notices.noticeOf(waiting), asking);
  assert.equal(notices.noticeOf(waiting), undefined);
  assert.match(notices.noticeOf(certificate({ Ready: "True" })) ?? "", /has come: it is served/);
  assert.equal(notices.noticeOf(certificate({ Ready: "True" })), undefined);
  assert.equal(notices.noticeOf(waiting), asking);
  assert.match(
    notices.noticeOf(certificate({ Issuing: "False", Ready: "False" })) ?? "",
    /^no certificate for .* came: the name leads nowhere; see why: sekisho cert status web -n default$/,
  );
});

test("of a certificate that was well before nothing is told", () => {
  assert.equal(new CertificateNotices().noticeOf(certificate({ Ready: "True" })), undefined);
});
