import assert from "node:assert/strict";
import { test } from "node:test";
import { readSettings } from "./settings.ts";

test("an issuer is named by kind, group where it is not cert-manager's, and name", () => {
  for (const [text, issuer] of [
    ["ClusterIssuer/letsencrypt", { kind: "ClusterIssuer", name: "letsencrypt" }],
    [
      "AWSPCAIssuer.awspca.cert-manager.io/private.ca",
      { kind: "AWSPCAIssuer", group: "awspca.cert-manager.io", name: "private.ca" },
    ],
  ] as const) {
    const { settings, problems } = readSettings({ defaultIssuer: text });
    assert.deepEqual(problems, []);
    assert.deepEqual(settings.defaultIssuer, issuer);
  }
});

test("what names no kind, no name or more than that is refused", () => {
  for (const text of ["letsencrypt", "Issuer/", "/ca", "Issuer/a/b", "issuer/a", "Issuer./a", 7]) {
    const { settings, problems } = readSettings({ defaultIssuer: text });
    assert.equal(settings.defaultIssuer, undefined);
    assert.deepEqual(
      problems.map(({ path }) => path),
      ["defaultIssuer"],
    );
  }
});
