/** Brings the stored authority and the Secret of the proxies to where they should be now. */

import type { Log } from "#runtime/telemetry/log.ts";
import { logFields } from "#runtime/telemetry/log-fields.ts";
import type { ObjectStore } from "#store/object-store.ts";
import {
  readSecret,
  type StoredSecret,
  secretKey,
  UnusableSecretError,
  wasOvertaken,
  writeSecret,
} from "../stored-secret.ts";
import { refreshProxySecret } from "./proxy-secret.ts";
import { nextRotationStep } from "./root-rotation.ts";
import {
  createAuthority,
  formatAuthority,
  parseAuthority,
  rotationState,
  takeStep,
  type XdsAuthority,
} from "./xds-authority.ts";

/** The name of the Secret; who reads it can pass for every proxy and every replica. */
export const authoritySecretName = "sekisho-xds-authority";

export interface XdsSecretsDeps {
  readonly store: ObjectStore;
  readonly log: Log;
}

export interface SettledSecrets {
  readonly authority: XdsAuthority;
  /** Before this nothing is due. */
  readonly until: Temporal.Instant;
}

/** How often another writer may come first before it is left to a later turn. */
const maxAttempts = 6;

/** All steps from nothing or from years ago are fewer. */
const maxSteps = 8;

/**
 * Reads both Secrets, makes what is missing and takes the steps that are due. Every replica does this; a write that
 * another one came before is given up, and what that one wrote is read. Throws StoreError and UnusableSecretError.
 */
export async function settleXdsSecrets(
  deps: XdsSecretsDeps,
  namespace: string,
  now: Temporal.Instant,
): Promise<SettledSecrets> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await settleOnce(deps, namespace, now);
    } catch (error) {
      if (!wasOvertaken(error) || attempt === maxAttempts) throw error;
    }
  }
}

async function settleOnce(
  { store, log }: XdsSecretsDeps,
  namespace: string,
  now: Temporal.Instant,
): Promise<SettledSecrets> {
  let current = await readOrCreate({ store, log }, namespace, now);
  for (let taken = 0; taken < maxSteps; taken++) {
    const { authority, stored } = current;
    const { renewAt, issued } = await refreshProxySecret(store, namespace, authority, now);
    if (issued !== undefined)
      log.info("issued the certificate with which proxies ask for xDS", {
        [logFields.certificate]: issued,
      });
    const step = nextRotationStep(now, rotationState(authority));
    if (step.kind === "wait") return { authority, until: earlier(step.until, renewAt) };
    const next = takeStep(authority, step.kind, now);
    current = await writeAuthority(store, namespace, next, stored);
    log.info("took a step of the rotation of the xDS root", {
      [logFields.reason]: step.kind,
      [logFields.certificate]: next.signing.certificate.serialNumber,
    });
  }
  throw new Error("the rotation of the xDS root does not come to rest");
}

interface StoredAuthority {
  readonly authority: XdsAuthority;
  readonly stored: StoredSecret;
}

async function readOrCreate(
  { store, log }: XdsSecretsDeps,
  namespace: string,
  now: Temporal.Instant,
): Promise<StoredAuthority> {
  const key = secretKey(namespace, authoritySecretName);
  const stored = await readSecret(store, key);
  if (stored === undefined) {
    const created = await writeAuthority(store, namespace, createAuthority(now), undefined);
    log.info("created the xDS root", {
      [logFields.certificate]: created.authority.signing.certificate.serialNumber,
    });
    return created;
  }
  const authority = parseAuthority(stored);
  if (!authority.ok) throw new UnusableSecretError(key, authority.error);
  return { authority: authority.value, stored };
}

async function writeAuthority(
  store: ObjectStore,
  namespace: string,
  authority: XdsAuthority,
  replaces: StoredSecret | undefined,
): Promise<StoredAuthority> {
  const stored = await writeSecret(store, {
    key: secretKey(namespace, authoritySecretName),
    type: "Opaque",
    values: formatAuthority(authority),
    replaces,
  });
  return { authority, stored };
}

function earlier(a: Temporal.Instant, b: Temporal.Instant): Temporal.Instant {
  return Temporal.Instant.compare(a, b) < 0 ? a : b;
}
