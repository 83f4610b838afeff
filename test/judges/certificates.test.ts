/** What we issue, ask for and keep, judged by Go's x509 and by OpenSSL, who share no code with us. */

import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { JsonObject } from "#base/json.ts";
import { certifyHandshake } from "#certificates/solvers/tls-alpn-01/challenge-certificate.ts";
import { formatPrivateKey, generateSigningKey } from "#crypto/keys/signing-key.ts";
import { formatPem } from "#crypto/pem.ts";
import { issueCertificate, issueSelfSigned } from "#crypto/x509/certificate.ts";
import { issuersOnStage } from "#test/fakes/certificates/certificate-issuers.ts";
import { type CertificateStage, quickKey } from "#test/fakes/certificates/certificate-stage.ts";
import { noOpenssl, openssl } from "#test/fakes/certificates/openssl.ts";
import { rows } from "#test/issuers/conformance-rows.ts";
import { skipWithoutGo } from "#test/lab/build/requirements.ts";
import { askGo, type Question, type Verdict } from "./go-judge.ts";

const skip = (await skipWithoutGo()) || noOpenssl;

/** Keys and their encodings, beside what the rows of the conformance suite ask for. */
const keys: Readonly<Record<string, JsonObject>> = Object.fromEntries(
  [
    ...[
      { algorithm: "ECDSA", size: 384 },
      { algorithm: "ECDSA", size: 521 },
    ],
    ...[{ algorithm: "RSA", size: 2048 }, { algorithm: "Ed25519" }],
  ].flatMap((choice) =>
    ["PKCS1", "PKCS8"].map((encoding) => {
      const privateKey = { ...choice, encoding };
      const spec = { dnsNames: ["a.example.com"], privateKey };
      return [`a key ${JSON.stringify(privateKey)}`, spec] as const;
    }),
  ),
);

const specs: Readonly<Record<string, JsonObject>> = {
  ...Object.fromEntries(Object.entries(rows).map(([what, [spec]]) => [what, spec])),
  ...keys,
  "every field of a subject": {
    dnsNames: ["a.example.com"],
    commonName: "a.example.com",
    subject: {
      ...{ organizations: ["Example, Inc.", "Übung"], organizationalUnits: ["a"] },
      ...{ countries: ["JP"], provinces: ["東京"], localities: ["b"], postalCodes: ["1"] },
      ...{ streetAddresses: ["c 1"], serialNumber: "7" },
    },
  },
};

interface Kept {
  readonly chain: string;
  readonly roots: string;
  readonly key: string;
}

async function keptIn(stage: CertificateStage, name: string): Promise<Kept> {
  const said = `${await stage.condition(name, "Ready")}; ${await stage.condition(name, "Issuing")}`;
  const data = (await stage.secret(name))?.body["data"] as Readonly<Record<string, string>>;
  assert.ok(data?.["tls.crt"], `${name}: ${said}`);
  const textOf = (file: string): string => Buffer.from(data[file] ?? "", "base64").toString();
  return { chain: textOf("tls.crt"), roots: textOf("ca.crt"), key: textOf("tls.key") };
}

/** Has each spec issued; the questions are in their order. */
async function issueAll(
  stage: CertificateStage,
  issuerRef: JsonObject,
): Promise<readonly Question[]> {
  const all = Object.entries(specs);
  for (const [index, [, spec]] of all.entries())
    await stage.create("Certificate", `c-${index}`, {
      ...{ secretName: `c-${index}`, issuerRef, privateKey: quickKey, ...spec },
    });
  await stage.settled();
  const requests = await stage.requests();
  return await Promise.all(
    all.map(async ([name], index): Promise<Question> => {
      const request = requests.find(({ metadata }) => metadata.name === `c-${index}-1`);
      assert.ok(request, `a request for ${name}`);
      const { request: asked } = request.body["spec"] as { readonly request: string };
      const kept = await keptIn(stage, `c-${index}`);
      return { name, ...kept, request: Buffer.from(asked, "base64").toString() };
    }),
  );
}

/** An authority that may sign for example.com alone, and what it was made to sign all the same. */
async function constrain(stage: CertificateStage, by: JsonObject): Promise<readonly Question[]> {
  await stage.create("Certificate", "narrow", {
    ...{ secretName: "narrow", commonName: "narrow", isCA: true, privateKey: quickKey },
    nameConstraints: {
      ...{ critical: true, excluded: { dnsDomains: ["no.example.com"] } },
      permitted: { dnsDomains: ["example.com"], ipRanges: ["10.0.0.0/8"] },
    },
    issuerRef: by,
  });
  await stage.settled();
  await stage.create("Issuer", "narrow", { ca: { secretName: "narrow" } });
  await stage.settled();
  const { roots } = await keptIn(stage, "narrow");
  const names = { inside: "a.example.com", outside: "a.example.org", excluded: "no.example.com" };
  for (const [where, name] of Object.entries(names))
    await stage.create("Certificate", where, {
      ...{ secretName: where, dnsNames: [name], privateKey: quickKey },
      issuerRef: { name: "narrow" },
    });
  await stage.settled();
  return await Promise.all(
    Object.keys(names).map(async (name) => ({ name, ...(await keptIn(stage, name)), roots })),
  );
}

/** What is not issued for a Certificate: of our own authorities, and shown to ACME servers. */
function ownCertificates(): readonly Question[] {
  const now = Temporal.Now.instant();
  const dates = { notBefore: now.subtract({ hours: 1 }), notAfter: now.add({ hours: 24 }) };
  const [key, leafKey] = [generateSigningKey(), generateSigningKey()];
  const authority = issueSelfSigned({
    ...{ subject: { organization: "Sekisho", commonName: "a root" }, key, ...dates },
    extensions: { authority: { maxPathLength: 0 }, keyUsage: ["keyCertSign", "cRLSign"] },
  });
  const leaf = issueCertificate(
    {
      ...{ subject: {}, key: leafKey, ...dates },
      extensions: {
        ...{ keyUsage: ["digitalSignature"], extendedKeyUsage: ["clientAuth", "serverAuth"] },
        alternativeNames: [
          { kind: "dns", name: "xds.example.com" },
          { kind: "uri", uri: "spiffe://example.com/ns/a" },
          { kind: "ip", address: "2001:db8::1" },
        ],
      },
    },
    { certificate: authority, key },
  );
  const pem = (der: Uint8Array): string => formatPem("CERTIFICATE", der);
  const shown = certifyHandshake({ host: "a.example.com", digest: "ab".repeat(32) });
  return [
    { name: "a name shown to an ACME server", chain: shown.certificateChain },
    { name: "the key of another", chain: pem(leaf), roots: pem(authority), key: textOfKey(key) },
    { name: "an authority of ours", chain: pem(authority), key: textOfKey(key) },
    { name: "what it signs", chain: pem(leaf), roots: pem(authority), key: textOfKey(leafKey) },
  ];
}

function textOfKey(key: ReturnType<typeof generateSigningKey>): string {
  return Buffer.from(formatPrivateKey(key).reveal()).toString();
}

/** `undefined` where it finds nothing wrong. */
function opensslProblem(context: TestContext, { chain, roots }: Question): string | undefined {
  const directory = mkdtempSync(join(tmpdir(), "sekisho-judge-"));
  context.after(() => rmSync(directory, { recursive: true }));
  const files = { chain: join(directory, "chain"), roots: join(directory, "roots") };
  writeFileSync(files.chain, chain);
  writeFileSync(files.roots, roots ?? chain);
  const said = openssl([
    ...["verify", "-x509_strict", "-CAfile", files.roots, "-untrusted", files.chain, files.chain],
  ]);
  return said.endsWith(": OK\n") ? undefined : said;
}

/** What Go reads is what Node reads. */
function compare({ chain }: Question, verdict: Verdict): void {
  const leaf = new X509Certificate(chain);
  const known = (leaf.subjectAltName ?? "")
    .split(", ")
    .flatMap((one) => /^(?:DNS|URI|email):(.*)$/.exec(one)?.[1] ?? [])
    .sort();
  const dotted = verdict.names.filter((name) => !/^[\d.]+$|^[0-9a-f:]+$/.test(name));
  assert.deepEqual(dotted, known, verdict.name);
  assert.equal(verdict.isCA, leaf.ca, verdict.name);
  assert.equal(verdict.others, leaf.keyUsage?.length ?? 0, verdict.name);
}

/** What is not to pass, by the words of Go and of OpenSSL; that looks at no keys. */
const refusals: Readonly<Record<string, readonly [go: RegExp, openssl: RegExp | undefined]>> = {
  outside: [/not permitted by any constraint/, /permitted subtree violation/],
  excluded: [/excluded by constraint/, /excluded subtree violation/],
  // Nobody shall take it for a certificate of the name (RFC 8737 §3).
  "a name shown to an ACME server": [/unhandled critical/, /unhandled critical/],
  "the key of another": [/the key of another certificate/, undefined],
};

test("Go and OpenSSL find nothing wrong with what is issued, requested and kept, and refuse what constraints forbid", {
  skip,
}, async (context) => {
  const { stage, issuerRef } = await issuersOnStage.ca(context);
  const questions = [
    ...(await issueAll(stage, issuerRef)),
    ...(await constrain(stage, issuerRef)),
    ...ownCertificates(),
  ];
  const verdicts = await askGo(questions);
  assert.equal(verdicts.length, questions.length);
  for (const [index, verdict] of verdicts.entries()) {
    const question = questions[index];
    assert.ok(question);
    const refusal = refusals[question.name];
    const problem = opensslProblem(context, question);
    if (refusal === undefined) {
      assert.equal(verdict.problem, "", question.name);
      assert.equal(problem, undefined, question.name);
      compare(question, verdict);
    } else {
      assert.match(verdict.problem, refusal[0], question.name);
      if (refusal[1] === undefined) assert.equal(problem, undefined, question.name);
      else assert.match(problem ?? "", refusal[1], question.name);
    }
  }
});
