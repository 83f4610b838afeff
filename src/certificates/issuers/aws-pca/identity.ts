/** With which credentials an issuer asks AWS: those of its Secret, or where it may, those of this process. */

import { err, ok, type Result } from "#base/result.ts";
import { SecretBytes } from "#base/secret-bytes.ts";
import type { AwsPcaIssuerSpec } from "#kinds/cert-manager/aws-pca-issuer.ts";
import { read } from "#kinds/kind.ts";
import { secretKind, secretValue } from "#kinds/secret.ts";
import type { ObjectStore } from "#store/object-store.ts";
import type { AwsIdentity } from "../../aws/credentials.ts";
import type { IssuerAccess } from "../../solvers/solver.ts";

const defaultKeys = { id: "AWS_ACCESS_KEY_ID", secret: "AWS_SECRET_ACCESS_KEY" } as const;

export interface Asker {
  readonly spec: AwsPcaIssuerSpec;
  readonly isClusterWide: boolean;
  readonly access: IssuerAccess;
}

/** Whose credentials they are, or why there are none. Throws StoreError. */
export async function identityOf(
  store: ObjectStore,
  asker: Asker,
): Promise<Result<AwsIdentity, string>> {
  const { secretRef } = asker.spec;
  const { name = "" } = secretRef ?? {};
  if (secretRef === undefined || name === "") return ofProcess(asker.access);
  const { credentialsNamespace: home } = asker.access;
  const namespace =
    secretRef.namespace === undefined || secretRef.namespace === "" ? home : secretRef.namespace;
  if (namespace !== home && !asker.isClusterWide)
    return err(
      `secretRef names a Secret in namespace ${namespace}: an AWSPCAIssuer reads those of its own namespace only`,
    );
  const valueOf = async (key: string): Promise<SecretBytes | undefined> =>
    namespace === home
      ? await asker.access.secretOf({ name, key })
      : await readValue(store, { namespace, name, key });
  const keys = {
    id: secretRef.accessKeyIDSelector?.key ?? defaultKeys.id,
    secret: secretRef.secretAccessKeySelector?.key ?? defaultKeys.secret,
  };
  const [id, secret] = [await valueOf(keys.id), await valueOf(keys.secret)];
  const missing = id === undefined ? keys.id : keys.secret;
  if (id === undefined || secret === undefined)
    return err(`Secret ${namespace}/${name} is not there or has no ${missing}`);
  return ok({ kind: "access-key", id: Buffer.from(id.reveal()).toString("utf8").trim(), secret });
}

function ofProcess({ mayUseAmbient }: IssuerAccess): Result<AwsIdentity, string> {
  return mayUseAmbient
    ? ok({ kind: "process" })
    : err(
        "an AWSPCAIssuer may not use what this process is let into AWS by: give it a secretRef, or make it an AWSPCAClusterIssuer",
      );
}

async function readValue(
  store: ObjectStore,
  {
    namespace,
    name,
    key,
  }: { readonly namespace: string; readonly name: string; readonly key: string },
): Promise<SecretBytes | undefined> {
  const object = await store.get({ kind: secretKind.id, namespace, name });
  const secret = object === undefined ? undefined : read(secretKind, object).value;
  const value = secret === undefined ? undefined : secretValue(secret, key);
  return value === undefined ? undefined : new SecretBytes(value);
}
