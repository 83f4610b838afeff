/** cert-manager's conformance suite as tests over an issuer that somebody has set up. */

import assert from "node:assert/strict";
import type { X509Certificate } from "node:crypto";
import type { TestContext } from "node:test";
import { openssl } from "#test/fakes/certificates/openssl.ts";
import { changes } from "./conformance-changes.ts";
import { type Expected, type RowName, rows } from "./conformance-rows.ts";
import { type IssuerUnderTest, issue, leafOf } from "./conformance-stage.ts";

/** What an issuer does not do, and why. */
export interface Unsupported {
  /** The Certificate fails, or it is signed without what cannot be had. */
  readonly outcome: "refused" | "left out";
  readonly why: string;
}

export type UnsupportedRows = Readonly<Partial<Record<RowName, Unsupported>>>;

/** Plays every row, those that an issuer does not support too: they end as it says. */
export async function conforms(
  context: TestContext,
  issuer: IssuerUnderTest,
  unsupported: UnsupportedRows = {},
): Promise<void> {
  const { stage } = issuer;
  for (const [index, [what, [spec, expected]]] of Object.entries(rows).entries()) {
    const name = `row-${index}`;
    const not = unsupported[what as RowName];
    await context.test(not === undefined ? what : `not ${what}: ${not.why}`, async () => {
      await issue(issuer, name, spec);
      if (not?.outcome === "refused") {
        assert.match(await stage.condition(name, "Issuing"), /^False Failed /);
        return;
      }
      const leaf = await leafOf(stage, name);
      if (not === undefined) check(leaf, expected);
      else assert.throws(() => check(leaf, expected), "what it does not support it did");
      assert.match(await stage.condition(name, "Ready"), /^True Ready /);
    });
  }
  for (const [what, play] of Object.entries(changes))
    await context.test(what, async () => await play(issuer));
}

function check(
  leaf: X509Certificate,
  { names, subject, key, usages, isAuthority, hours }: Expected,
): void {
  assert.equal(leaf.subjectAltName, names);
  if (subject !== undefined) assert.equal(leaf.subject, subject);
  if (key !== undefined) assert.equal(leaf.publicKey.asymmetricKeyType, key);
  assert.equal(leaf.ca, isAuthority === true);
  const text = openssl(["x509", "-noout", "-text"], leaf.toString());
  for (const usage of usages ?? []) assert.match(text, usage);
  if (hours === undefined) return;
  const actual = (leaf.validToDate.getTime() - leaf.validFromDate.getTime()) / 3_600_000;
  // Issuers begin a certificate up to an hour before, for clocks that are late.
  assert.ok(actual >= hours && actual <= hours + 1.01, `${actual} hours`);
}
