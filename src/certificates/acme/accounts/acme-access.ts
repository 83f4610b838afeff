/** Everything needed to ask an ACME server for somebody: the issuer, its session, its account and key. */

import { err, ok, type Result } from "#base/result.ts";
import { SecretBytes } from "#base/secret-bytes.ts";
import { jwkThumbprint } from "#crypto/jose/jose.ts";
import type { AcmeIssuer } from "#kinds/cert-manager/acme-issuer.ts";
import type { IssuerReference } from "#kinds/cert-manager/issuer-reference.ts";
import { read } from "#kinds/kind.ts";
import type { KubeObject } from "#kinds/object.ts";
import { secretKind, secretValue } from "#kinds/secret.ts";
import type { IssuerAccess } from "../../solvers/solver.ts";
import type { AcmeDeps } from "../acme-deps.ts";
import type { AcmeSession, Signer } from "../client/session.ts";
import { readAccountKeys } from "./account-secret.ts";
import {
  clusterIssuerKindId,
  credentialsNamespace,
  isReady,
  issuerKey,
  readAccountStatus,
  readIssuer,
} from "./issuers.ts";
import { keyPlace } from "./registration.ts";
import type { Sessions } from "./sessions.ts";

export interface AcmeAccess {
  readonly issuer: KubeObject;
  readonly config: AcmeIssuer;
  readonly session: AcmeSession;
  readonly signer: Signer & { readonly account: string };
  /** Of the account's key: what a challenge's answer ends with. */
  readonly thumbprint: string;
}

/** The access of the issuer that an object refers to; the error says what is missing, which may come later. */
export async function findAccess(
  deps: AcmeDeps & { readonly sessions: Sessions },
  ref: IssuerReference,
  namespace: string,
): Promise<Result<AcmeAccess, string>> {
  const key = issuerKey(ref, namespace);
  const issuer = key === undefined ? undefined : await deps.store.get(key);
  const name = `${ref.kind ?? "Issuer"} ${ref.name}`;
  if (issuer === undefined) return err(`there is no ${name}`);
  const { config } = readIssuer(issuer);
  if (config === undefined) return err(`${name} names no ACME server that can be used`);
  const { uri = "" } = readAccountStatus(issuer);
  if (!isReady(issuer) || uri === "") return err(`${name} is not ready`);
  const keys = await readAccountKeys(deps.store, keyPlace(deps, issuer, config));
  if (keys === undefined || !keys.ok)
    return err(keys?.error ?? `the key of the account of ${name} is not there`);
  const { current } = keys.value;
  return ok({
    issuer,
    config,
    session: deps.sessions.to(config),
    signer: { key: current, account: uri },
    thumbprint: jwkThumbprint(current),
  });
}

/** What a solver may use of an issuer. */
export function issuerAccess(
  { store, clusterResourceNamespace, issuerAmbientCredentials = false }: AcmeDeps,
  issuer: KubeObject,
): IssuerAccess {
  const namespace = credentialsNamespace(issuer, clusterResourceNamespace);
  return {
    credentialsNamespace: namespace,
    mayUseAmbient:
      issuerAmbientCredentials || `${issuer.kind}.cert-manager.io` === clusterIssuerKindId,
    secretOf: async ({ name, key = "" }) => {
      const secret = await store.get({ kind: secretKind.id, namespace, name });
      const value = secret === undefined ? undefined : read(secretKind, secret).value;
      const bytes = value === undefined ? undefined : secretValue(value, key);
      return bytes === undefined ? undefined : new SecretBytes(bytes);
    },
  };
}
