/** cert-manager's conformance suite as tests over an issuer that somebody has set up. */

import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import type { TestContext } from "node:test";
import type { JsonObject } from "#base/json.ts";
import type { KubeObject } from "#kinds/object.ts";
import { quickKey } from "#test/fakes/certificate-stage.ts";
import { openssl } from "#test/fakes/openssl.ts";
import { type Expected, type RowName, rows } from "./conformance-rows.ts";

/** Where Certificates are put and looked at. */
export interface ConformanceStage {
  readonly create: (kind: "Certificate", name: string, spec: JsonObject) => Promise<unknown>;
  readonly changeSpec: (name: string, spec: JsonObject) => Promise<void>;
  /** Takes away a Certificate and what it owns; its Secret stays. */
  readonly remove: (name: string) => Promise<void>;
  readonly secret: (name: string) => Promise<KubeObject | undefined>;
  /** `True Ready message`; empty without one. */
  readonly condition: (name: string, type: string) => Promise<string>;
  /** Waits until a Certificate was issued or has failed. */
  readonly settled: (name: string) => Promise<void>;
}

export interface IssuerUnderTest {
  readonly stage: ConformanceStage;
  readonly issuerRef: JsonObject;
}

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
  await playChanges(context, issuer);
}

async function playChanges(context: TestContext, issuer: IssuerUnderTest): Promise<void> {
  const { stage } = issuer;
  const privateKey = { ...quickKey, rotationPolicy: "Never" };

  await context.test("a name that is added to a Certificate", async () => {
    await issue(issuer, "grown", { dnsNames: ["a.example.com"] });
    const before = await leafOf(stage, "grown");
    await stage.changeSpec("grown", { dnsNames: ["a.example.com", "b.example.com"] });
    await stage.settled("grown");
    const after = await leafOf(stage, "grown");
    assert.equal(after.subjectAltName, "DNS:a.example.com, DNS:b.example.com");
    assert.notEqual(after.serialNumber, before.serialNumber);
  });

  await context.test("the same key again where it is to stay", async () => {
    await issue(issuer, "kept", { dnsNames: ["a.example.com"], privateKey });
    const before = await leafOf(stage, "kept");
    await stage.changeSpec("kept", { dnsNames: ["b.example.com"] });
    await stage.settled("kept");
    const after = await leafOf(stage, "kept");
    assert.equal(after.subjectAltName, "DNS:b.example.com");
    assert.ok(after.publicKey.equals(before.publicKey));
  });

  await context.test(
    "the same key behind a Certificate that was taken away with its request",
    async () => {
      await issue(issuer, "back", { dnsNames: ["a.example.com"], privateKey });
      const before = await leafOf(stage, "back");
      await stage.remove("back");
      // Another name, so that it is issued and not only taken over.
      await issue(issuer, "back", { dnsNames: ["c.example.com"], privateKey });
      const after = await leafOf(stage, "back");
      assert.equal(after.subjectAltName, "DNS:c.example.com");
      assert.ok(after.publicKey.equals(before.publicKey));
    },
  );
}

/** Creates a Certificate, and waits until nothing is left to do for it. */
async function issue(
  { stage, issuerRef }: IssuerUnderTest,
  name: string,
  spec: JsonObject,
): Promise<void> {
  await stage.create("Certificate", name, {
    ...{ secretName: name, issuerRef, privateKey: quickKey, ...spec },
  });
  await stage.settled(name);
}

async function leafOf(stage: ConformanceStage, name: string): Promise<X509Certificate> {
  const secret = await stage.secret(name);
  const data = secret?.body["data"] as Readonly<Record<string, string>> | undefined;
  const said = `${await stage.condition(name, "Ready")}; ${await stage.condition(name, "Issuing")}`;
  assert.ok(data?.["tls.crt"], said);
  return new X509Certificate(Buffer.from(data["tls.crt"], "base64"));
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
