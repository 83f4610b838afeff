/** Accounts at an ACME server: found, made, changed, given another key, closed (RFC 8555 §7.3). */

import type { JsonObject } from "#base/json.ts";
import type { SecretBytes } from "#base/secret-bytes.ts";
import { authenticateJws, publicJwk, signJws } from "#crypto/jose/jose.ts";
import type { SigningKey } from "#crypto/keys/signing-key.ts";
import { AcmeError } from "./acme-error.ts";
import { readList, readObject, readText } from "./read-answer.ts";
import type { AcmeSession, Signer } from "./session.ts";
import type { AcmeAnswer } from "./transport.ts";

export interface Account {
  readonly url: string;
  /** Lower case, without `mailto:`; empty: the server knows none. */
  readonly emails: readonly string[];
  readonly status: string;
}

/** What binds a new account to one elsewhere (RFC 8555 §7.3.4). */
export interface ExternalAccount {
  readonly keyId: string;
  readonly key: SecretBytes;
}

/** The account of a key; undefined when there is none. */
export async function findAccount(
  session: AcmeSession,
  key: SigningKey,
  signal: AbortSignal,
): Promise<Account | undefined> {
  const { newAccount } = await session.directory(signal);
  try {
    const asked = { onlyReturnExisting: true };
    return accountOf(
      await session.post({ action: "register_account", url: newAccount }, asked, { key }, signal),
    );
  } catch (error) {
    const isUnknown = error instanceof AcmeError && error.problem?.type === "accountDoesNotExist";
    if (isUnknown) return undefined;
    throw error;
  }
}

/** Makes the account of a key, or finds it: a request that is sent again makes no second one. */
export async function createAccount(
  session: AcmeSession,
  key: SigningKey,
  details: { readonly email: string; readonly external?: ExternalAccount | undefined },
  signal: AbortSignal,
): Promise<Account> {
  const { newAccount } = await session.directory(signal);
  const { email, external } = details;
  const binding =
    external === undefined ? {} : { externalAccountBinding: bind(external, key, newAccount) };
  const payload = { termsOfServiceAgreed: true, ...contactOf(email), ...binding };
  return accountOf(
    await session.post({ action: "register_account", url: newAccount }, payload, { key }, signal),
  );
}

/** Tells the server another e-mail address; the empty one removes it. */
export async function changeEmail(
  session: AcmeSession,
  signer: Signer & { readonly account: string },
  email: string,
  signal: AbortSignal,
): Promise<Account> {
  const payload = { contact: email === "" ? [] : [`mailto:${email}`] };
  const answer = await session.post(
    { action: "update_account", url: signer.account },
    payload,
    signer,
    signal,
  );
  return accountOf(answer, signer.account);
}

/** Gives the account another key (RFC 8555 §7.3.5): the new one signs that it wants, the old one that it lets it. */
export async function changeKey(
  session: AcmeSession,
  signer: Signer & { readonly account: string },
  newKey: SigningKey,
  signal: AbortSignal,
): Promise<void> {
  const { keyChange } = await session.directory(signal);
  if (keyChange === undefined)
    throw new AcmeError("refused", "the server does not let accounts change their key");
  const wish = { account: signer.account, oldKey: publicJwk(signer.key) };
  const header = { jwk: publicJwk(newKey), url: keyChange };
  const inner = signJws(header, JSON.stringify(wish), newKey);
  await session.post(
    { action: "change_account_key", url: keyChange },
    { ...inner },
    signer,
    signal,
  );
}

/** Closes the account for good. */
export async function deactivateAccount(
  session: AcmeSession,
  signer: Signer & { readonly account: string },
  signal: AbortSignal,
): Promise<void> {
  await session.post(
    { action: "update_account", url: signer.account },
    { status: "deactivated" },
    signer,
    signal,
  );
}

function contactOf(email: string): JsonObject {
  return email === "" ? {} : { contact: [`mailto:${email}`] };
}

function bind({ keyId, key }: ExternalAccount, account: SigningKey, url: string): JsonObject {
  return { ...authenticateJws({ kid: keyId, url }, JSON.stringify(publicJwk(account)), key) };
}

function accountOf(answer: AcmeAnswer, known?: string): Account {
  const url = answer.headers["location"] ?? known;
  if (url === undefined) throw new AcmeError("unreadable", "an account without a URL");
  const value = readObject(answer);
  const contacts = readList(value, "contact").filter((one) => typeof one === "string");
  return {
    url,
    emails: contacts.flatMap((one) => /^mailto:(.*)$/.exec(one)?.[1]?.toLowerCase() ?? []),
    status: readText(value, "status"),
  };
}
