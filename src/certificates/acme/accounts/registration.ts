/**
 * An issuer's account at its ACME server: whether it can be used, and what is done until it can.
 *
 *   no Secret with a key        → one is made, unless the issuer brings its own
 *   nothing changed             → the server is not asked
 *   a key that is to follow     → the one that opens the account is found, and it gets the new one
 *   no account under the key    → one is made, bound to one elsewhere if the issuer says so
 *   another e-mail address      → the server is told
 */

import type { Result } from "#base/result.ts";
import { SecretBytes } from "#base/secret-bytes.ts";
import { accountKeyHash } from "#crypto/keys/account-key.ts";
import type { AcmeIssuer, AcmeIssuerStatus } from "#kinds/cert-manager/acme-issuer.ts";
import { read } from "#kinds/kind.ts";
import type { KubeObject } from "#kinds/object.ts";
import { secretKind, secretValue } from "#kinds/secret.ts";
import type { AcmeDeps } from "../acme-deps.ts";
import {
  type Account,
  changeEmail,
  changeKey,
  createAccount,
  deactivateAccount,
  type ExternalAccount,
  findAccount,
} from "../client/account.ts";
import { AcmeError } from "../client/acme-error.ts";
import type { AcmeSession } from "../client/session.ts";
import {
  type AccountKeys,
  createAccountKey,
  fulfilledWish,
  type KeyPlace,
  promoteNextKey,
  readAccountKeys,
  storeNextKey,
} from "./account-secret.ts";
import { credentialsNamespace, isReady, readAccountStatus, readIssuer } from "./issuers.ts";
import type { Sessions } from "./sessions.ts";

export interface AccountVerdict {
  readonly ready: "True" | "False";
  readonly reason:
    | "ACMEAccountRegistered"
    | "ErrRegisterACMEAccount"
    | "ErrVerifyACMEAccount"
    | "ErrUpdateACMEAccount"
    | "InvalidConfig"
    | "InvalidURL"
    | "InvalidSolver";
  readonly message: string;
  readonly account: AcmeIssuerStatus;
  /** When to try again although nothing changes; absent: that helps nothing. */
  readonly retryAfter?: Temporal.Duration;
}

/** On an issuer: closes the account for good when it says its URL. */
const deactivateAnnotation = "sekisho.dev/deactivate-account";

/** On an issuer: whenever its text changes, the account gets another key. */
const rollAnnotation = "sekisho.dev/roll-account-key";

const outageRetry = Temporal.Duration.from({ seconds: 30 });

interface Registration {
  readonly deps: AcmeDeps;
  readonly session: AcmeSession;
  readonly issuer: KubeObject;
  readonly config: AcmeIssuer;
  readonly place: KeyPlace;
  readonly signal: AbortSignal;
}

/** Sees to it that the issuer has an account; called again at any time it finds what is there. */
export async function verifyAccount(
  deps: AcmeDeps & { readonly sessions: Sessions },
  issuer: KubeObject,
  signal: AbortSignal,
): Promise<AccountVerdict> {
  const { config, problems } = readIssuer(issuer);
  const known = readAccountStatus(issuer);
  const [problem] = problems;
  if (problem !== undefined || config === undefined) {
    const isSolver = problem?.path.startsWith("spec.acme.solvers") === true;
    const message =
      problem === undefined ? "it names no server" : `${problem.path} ${problem.message}`;
    return refusal(isSolver ? "InvalidSolver" : "InvalidConfig", message, known);
  }
  if (!URL.canParse(config.server)) {
    const message = `Failed to parse existing ACME server URI "${config.server}"`;
    return refusal("InvalidURL", message, known);
  }
  const place = keyPlace(deps, issuer, config);
  const keys = await keysFor(deps, config, place);
  if (!keys.ok) return refusal("ErrVerifyACMEAccount", `${failedToVerify}${keys.error}`, known);
  const session = deps.sessions.to(config);
  const isToEnd = wantsEnd(issuer, known);
  if (!isToEnd && isUnchanged(issuer, config, keys.value)) return registered(known);
  try {
    if (isToEnd) return await close(session, keys.value, known, signal);
    return await register({ deps, session, issuer, config, place, signal }, keys.value);
  } catch (error) {
    if (!(error instanceof AcmeError)) throw error;
    return failure(error, known);
  }
}

/** Where an issuer has the key of its account. */
export function keyPlace(
  { clusterResourceNamespace }: Pick<AcmeDeps, "clusterResourceNamespace">,
  issuer: KubeObject,
  { privateKeySecretRef: { name, key = "" } }: AcmeIssuer,
): KeyPlace {
  const namespace = credentialsNamespace(issuer, clusterResourceNamespace);
  return { namespace, name, key: key === "" ? "tls.key" : key };
}

const failedToVerify = "Failed to verify ACME account: ";
const failedToRegister = "Failed to register ACME account: ";

async function keysFor(
  { store }: AcmeDeps,
  config: AcmeIssuer,
  place: KeyPlace,
): Promise<Result<AccountKeys, string>> {
  const there = await readAccountKeys(store, place);
  if (there !== undefined) return there;
  if (config.disableAccountKeyGeneration !== true) return await createAccountKey(store, place);
  return {
    ok: false,
    error: `the ACME issuer config has 'disableAccountKeyGeneration' set to true, but the secret was not found: ${place.namespace}/${place.name}`,
  };
}

/** As cert-manager judges it, so that an issuer that it registered is taken as it is. */
function isUnchanged(issuer: KubeObject, config: AcmeIssuer, keys: AccountKeys): boolean {
  const { uri = "", lastRegisteredEmail = "", lastPrivateKeyHash } = readAccountStatus(issuer);
  return (
    isReady(issuer) &&
    URL.parse(uri)?.host === URL.parse(config.server)?.host &&
    lastRegisteredEmail === (config.email ?? "") &&
    lastPrivateKeyHash === accountKeyHash(keys.current) &&
    keys.next === undefined &&
    !wantsOtherKey(issuer, keys)
  );
}

function wantsOtherKey(issuer: KubeObject, keys: AccountKeys): boolean {
  const wish = issuer.metadata.annotations[rollAnnotation];
  return wish !== undefined && wish !== fulfilledWish(keys);
}

function wantsEnd(issuer: KubeObject, { uri }: AcmeIssuerStatus): boolean {
  return uri !== undefined && issuer.metadata.annotations[deactivateAnnotation] === uri;
}

/** An account that is closed already is not found by its key. */
async function close(
  session: AcmeSession,
  { current }: AccountKeys,
  known: AcmeIssuerStatus,
  signal: AbortSignal,
): Promise<AccountVerdict> {
  const account = await findAccount(session, current, signal);
  if (account?.status === "valid")
    await deactivateAccount(session, { key: current, account: account.url }, signal);
  const message = `${failedToVerify}it was closed, as the annotation ${deactivateAnnotation} asks`;
  return refusal("ErrVerifyACMEAccount", message, known);
}

async function register(registration: Registration, found: AccountKeys): Promise<AccountVerdict> {
  const { issuer, config } = registration;
  const hasToFollow = found.next !== undefined || wantsOtherKey(issuer, found);
  const keys = hasToFollow ? await rollKey(registration, found) : found;
  const account = await findOrCreate(registration, keys);
  const email = config.email ?? "";
  const uri = account.url;
  if (email !== "" && !account.emails.includes(email.toLowerCase()))
    await tellEmail(registration, { key: keys.current, account: uri });
  return registered({
    uri,
    lastRegisteredEmail: email,
    lastPrivateKeyHash: accountKeyHash(keys.current),
  });
}

/** Servers that keep no addresses answer without one: what was told them counts as told. */
async function tellEmail(
  { session, config, issuer, signal }: Registration,
  signer: { readonly key: AccountKeys["current"]; readonly account: string },
): Promise<void> {
  const { lastRegisteredEmail } = readAccountStatus(issuer);
  if (lastRegisteredEmail === config.email) return;
  await changeEmail(session, signer, config.email ?? "", signal);
}

async function findOrCreate(
  { deps, session, config, place, signal }: Registration,
  { current }: AccountKeys,
): Promise<Account> {
  const account = await findAccount(session, current, signal);
  if (account !== undefined) return account;
  const external = await externalAccount(deps, config, place.namespace);
  return await createAccount(session, current, { email: config.email ?? "", external }, signal);
}

/** Both keys are tried: nobody knows whether the server heard of the new one before a crash. */
async function rollKey(
  { deps: { store }, session, issuer, place, signal }: Registration,
  found: AccountKeys,
): Promise<AccountKeys> {
  const wish = issuer.metadata.annotations[rollAnnotation] ?? fulfilledWish(found) ?? "";
  const keys = found.next === undefined ? usable(await storeNextKey(store, place, found)) : found;
  if (keys.next === undefined) return keys;
  const account = await findAccount(session, keys.current, signal);
  if (account !== undefined)
    await changeKey(session, { key: keys.current, account: account.url }, keys.next, signal);
  return usable(await promoteNextKey(store, place, { ...keys, wish }));
}

function usable(keys: Result<AccountKeys, string>): AccountKeys {
  if (!keys.ok) throw new AcmeError("unreadable", keys.error);
  return keys.value;
}

async function externalAccount(
  { store }: AcmeDeps,
  { externalAccountBinding: binding }: AcmeIssuer,
  namespace: string,
): Promise<ExternalAccount | undefined> {
  if (binding === undefined) return undefined;
  const { name, key = "" } = binding.keySecretRef;
  const secret = await store.get({ kind: secretKind.id, namespace, name });
  const value = secret === undefined ? undefined : read(secretKind, secret).value;
  const bytes = value === undefined ? undefined : secretValue(value, key);
  if (bytes === undefined) {
    const message = `failed to get External Account Binding key from secret: ${namespace}/${name} has no ${key}`;
    throw new AcmeError("refused", message);
  }
  const text = Buffer.from(bytes).toString("latin1").trim();
  return { keyId: binding.keyID, key: new SecretBytes(Buffer.from(text, "base64url")) };
}

function registered(account: AcmeIssuerStatus): AccountVerdict {
  const message = "The ACME account was registered with the ACME server";
  return { ready: "True", reason: "ACMEAccountRegistered", message, account };
}

function refusal(
  reason: AccountVerdict["reason"],
  message: string,
  account: AcmeIssuerStatus,
): AccountVerdict {
  return { ready: "False", reason, message, account };
}

function failure(error: AcmeError, known: AcmeIssuerStatus): AccountVerdict {
  const verdict = refusal("ErrRegisterACMEAccount", `${failedToRegister}${error.message}`, known);
  const retryAfter = error.retryAfter ?? outageRetry;
  return error.retryable ? { ...verdict, retryAfter } : verdict;
}
