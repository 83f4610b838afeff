import assert from "node:assert/strict";
import { generateKeyPairSync, X509Certificate } from "node:crypto";
import { describe, test } from "node:test";
import { SecretBytes } from "#base/secret-bytes.ts";
import {
  type Account,
  changeEmail,
  changeKey,
  createAccount,
  deactivateAccount,
  findAccount,
} from "#certificates/acme/client/account.ts";
import { answerChallenge, getAuthorization } from "#certificates/acme/client/authorizations.ts";
import { certificateId } from "#certificates/acme/client/certificate-id.ts";
import { downloadChain } from "#certificates/acme/client/chains.ts";
import { createOrder, finalizeOrder, getOrder } from "#certificates/acme/client/orders.ts";
import { getRenewalInformation } from "#certificates/acme/client/renewal-information.ts";
import { revokeCertificate } from "#certificates/acme/client/revocation.ts";
import type { AcmeSession, Signer } from "#certificates/acme/client/session.ts";
import { jwkThumbprint } from "#crypto/jose/jose.ts";
import { generateSigningKey, type SigningKey } from "#crypto/keys/signing-key.ts";
import type { CertificateChain } from "#crypto/x509/certificate-chain.ts";
import { skipWithoutGo } from "#test/lab/build/requirements.ts";
import { type AnsweringServer, connectTo, requestFor, startAnswers } from "./acme-client.ts";
import { startPebble } from "./pebble.ts";

const skip = await skipWithoutGo();
const { signal } = new AbortController();
const email = "someone@example.com";

interface Served {
  readonly session: AcmeSession;
  readonly signer: Signer & { readonly account: string };
  readonly answers: AnsweringServer["answers"];
}

async function register(session: AcmeSession, key: SigningKey): Promise<Account> {
  return await createAccount(session, key, { email }, signal);
}

/** Orders for names and answers every challenge over HTTP; resolves to the chain. */
async function obtain(
  { session, signer, answers }: Served,
  names: readonly [string, ...string[]],
  wish: { readonly profile?: string; readonly preferred?: string; readonly replaces?: string } = {},
): Promise<CertificateChain> {
  const { preferred, ...details } = wish;
  const identifiers = names.map((value) => ({
    type: /^[\d.]+$/.test(value) ? ("ip" as const) : ("dns" as const),
    value,
  }));
  let order = await createOrder(session, signer, { identifiers, ...details }, signal);
  for (const url of order.authorizations) await prove({ session, signer, answers }, url);
  order = await getOrder(session, signer, order.url, signal);
  assert.equal(order.status, "ready");
  order = await finalizeOrder(session, signer, { order, csr: requestFor(...names) }, signal);
  while (order.status === "processing") order = await getOrder(session, signer, order.url, signal);
  assert.equal(order.status, "valid");
  const { certificate = "" } = order;
  return await downloadChain(session, signer, { url: certificate, preferred }, signal);
}

async function prove({ session, signer, answers }: Served, url: string): Promise<void> {
  const { status, challenges } = await getAuthorization(session, signer, url, signal);
  if (status === "valid") return;
  const challenge = challenges.find(({ type }) => type === "http-01");
  assert.ok(challenge);
  const { token } = challenge;
  answers.set(`/.well-known/acme-challenge/${token}`, `${token}.${jwkThumbprint(signer.key)}`);
  await answerChallenge(session, signer, challenge.url, signal);
  for (;;) {
    const { status } = await getAuthorization(session, signer, url, signal);
    if (status === "valid") return;
    assert.equal(status, "pending");
  }
}

describe("over a real Pebble", { skip }, () => {
  const keys = {
    "an ECDSA account": generateSigningKey,
    "an RSA account": () => generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey,
  };
  for (const [whose, generate] of Object.entries(keys)) {
    test(`${whose} gets a certificate although half of all nonces are refused`, async () => {
      await using answering = await startAnswers();
      await using pebble = await startPebble({ httpPort: answering.port, refusedNonces: 50 });
      using connected = connectTo(pebble);
      const { session } = connected;
      const key = generate();
      const account = await register(session, key);
      const signer = { key, account: account.url };
      const served = { session, signer, answers: answering.answers };
      const chain = await obtain(served, ["a.example.com", "b.example.com"]);
      const leaf = new X509Certificate(chain.leaf);
      assert.equal(leaf.subjectAltName, "DNS:a.example.com, DNS:b.example.com");
      const root = new X509Certificate(await pebble.root());
      assert.equal(chain.topmostIssuer, /CN=(.*)/.exec(root.subject)?.[1]);
    });
  }

  test("an account is found by its key, made once, changed, given another key, closed", async () => {
    await using pebble = await startPebble();
    using connected = connectTo(pebble);
    const { session } = connected;
    const key = generateSigningKey();
    assert.equal(await findAccount(session, key, signal), undefined);
    const made = await register(session, key);
    assert.deepEqual(made.emails, [email]);
    assert.equal((await register(session, key)).url, made.url);
    const signer = { key, account: made.url };
    assert.deepEqual((await changeEmail(session, signer, "b@example.com", signal)).emails, [
      "b@example.com",
    ]);
    const next = generateSigningKey();
    await changeKey(session, signer, next, signal);
    assert.equal(await findAccount(session, key, signal), undefined);
    assert.equal((await findAccount(session, next, signal))?.url, made.url);
    await deactivateAccount(session, { key: next, account: made.url }, signal);
    await assert.rejects(
      createOrder(
        session,
        { key: next, account: made.url },
        { identifiers: [{ type: "dns", value: "a.example.com" }] },
        signal,
      ),
      { code: "refused", retryable: false },
    );
  });

  test("an account is bound to one elsewhere where the server asks for it", async () => {
    const secret = Buffer.from("zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W");
    await using pebble = await startPebble({
      externalAccounts: { "kid-1": secret.toString() },
    });
    using connected = connectTo(pebble);
    const { session } = connected;
    assert.equal((await session.directory(signal)).requiresExternalAccount, true);
    const key = generateSigningKey();
    await assert.rejects(register(session, key), { code: "refused" });
    const external = {
      keyId: "kid-1",
      key: new SecretBytes(Buffer.from(secret.toString(), "base64url")),
    };
    const account = await createAccount(session, key, { email, external }, signal);
    assert.equal(account.status, "valid");
  });

  test("profiles, IP addresses, the preferred chain, the time to renew, a successor, and revocation", async () => {
    await using answering = await startAnswers();
    await using pebble = await startPebble({
      httpPort: answering.port,
      alternateRoots: 2,
      reusedAuthorizations: 100,
    });
    using connected = connectTo(pebble);
    const { session } = connected;
    const key = generateSigningKey();
    const signer = { key, account: (await register(session, key)).url };
    const served = { session, signer, answers: answering.answers };
    const root = new X509Certificate(await pebble.root(2));
    const preferred = /CN=(.*)/.exec(root.subject)?.[1] ?? "";
    const chain = await obtain(served, ["a.example.com", "127.0.0.1"], {
      profile: "shortlived",
      preferred,
    });
    assert.equal(chain.topmostIssuer, preferred);
    assert.equal(chain.notAfter.since(chain.notBefore).total("hours") < 161, true);
    assert.match(new X509Certificate(chain.leaf).subjectAltName ?? "", /IP Address:127\.0\.0\.1/);
    const id = certificateId(chain.leaf) ?? "";
    const information = await getRenewalInformation(session, id, signal);
    assert.ok(information);
    assert.equal(Temporal.Instant.compare(information.start, chain.notAfter), -1);
    const next = await obtain(served, ["a.example.com", "127.0.0.1"], { replaces: id });
    await assert.rejects(obtain(served, ["a.example.com"], { replaces: id }), { code: "refused" });
    const revoked = { certificate: next.leaf, reason: "superseded" } as const;
    await revokeCertificate(session, signer, revoked, signal);
    await revokeCertificate(session, signer, revoked, signal);
  });
});
