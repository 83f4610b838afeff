import assert from "node:assert/strict";
import { test } from "node:test";
import {
  certificatePem,
  createAuthority,
  createPapers,
  revocationList,
} from "#test/fakes/certificates/client-papers.ts";
import { checkAuthorities } from "./authorities.ts";

const authority = createAuthority("an authority");
const certificate = certificatePem(authority);
const list = revocationList(authority, [createPapers("alice", authority)]);

function check(certificates: string, revoked?: string): ReturnType<typeof checkAuthorities> {
  return checkAuthorities(
    Buffer.from(certificates),
    revoked === undefined ? undefined : Buffer.from(revoked),
  );
}

test("certificates and lists are kept, and what stands between them is not", () => {
  const both = check(`a bundle\n${certificate}# another one\n${certificate}`, `a list\n${list}`);
  assert.ok(both.ok);
  assert.equal(both.value.certificates, certificate.repeat(2));
  assert.equal(both.value.revoked, list);
  assert.deepEqual(check(certificate), { ok: true, value: { certificates: certificate } });
});

const broken: Readonly<Record<string, readonly [string, string?]>> = {
  "no certificate": ["text"],
  "a certificate that is none": [certificate.replace(/\n[^-]{20}/, "\nAAAA")],
  "no list": [certificate, "text"],
  "a certificate where a list should be": [certificate, certificate],
  "a list that is none": [certificate, list.replace(/\n[^-]{20}/, "\nAAAA")],
  "more than anybody has": ["x".repeat(2_000_000)],
};

for (const [what, texts] of Object.entries(broken)) {
  test(`${what}: refused`, () => assert.equal(check(...texts).ok, false));
}
