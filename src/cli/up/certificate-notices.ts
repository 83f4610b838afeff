/** Certificates that are asked for while `up` runs, told to whoever waits for them: that it is so, and how it ended. */

import { type Certificate, certificateKind } from "#kinds/cert-manager/certificate.ts";
import { findCondition } from "#kinds/condition.ts";
import { read } from "#kinds/kind.ts";
import type { KubeObject } from "#kinds/object.ts";
import { type ObjectStore, StoreError } from "#store/object-store.ts";

/** What was told last of each Certificate. */
export class CertificateNotices {
  readonly #told = new Map<string, string>();

  /** What is to be told of a Certificate as it stands now; undefined: nothing that was not told. */
  noticeOf(object: KubeObject): string | undefined {
    const { uid, name, namespace } = object.metadata;
    const spec = read(certificateKind, object).value?.spec;
    if (spec === undefined) return undefined;
    const issuing = findCondition(object.status, "Issuing");
    const names = namesOf(spec);
    if (issuing?.status === "True")
      return this.#tell(uid, `asking ${issuerOf(spec)} for a certificate for ${names} …`);
    // What was well before was not waited for.
    if (!this.#told.has(uid)) return undefined;
    if (issuing?.status === "False") {
      const next = `see why: sekisho cert status ${name} -n ${namespace}`;
      return this.#tell(uid, `no certificate for ${names} came: ${issuing.message}; ${next}`);
    }
    if (findCondition(object.status, "Ready")?.status !== "True") return undefined;
    const notice = `the certificate for ${names} has come: it is served from now on`;
    return this.#tell(uid, notice);
  }

  /** It is gone: one of its name is another one. */
  forget({ metadata }: KubeObject): void {
    this.#told.delete(metadata.uid);
  }

  #tell(uid: string, notice: string): string | undefined {
    if (this.#told.get(uid) === notice) return undefined;
    this.#told.set(uid, notice);
    return notice;
  }
}

const mostNames = 3;

function namesOf({ commonName, dnsNames = [], ipAddresses = [] }: Certificate["spec"]): string {
  const names = [...dnsNames, ...ipAddresses];
  if (names.length === 0) return commonName ?? "nobody";
  const more = names.length > mostNames ? ` and ${names.length - mostNames} more` : "";
  return `${names.slice(0, mostNames).join(", ")}${more}`;
}

function issuerOf({ issuerRef: { kind, name } }: Certificate["spec"]): string {
  return `${kind === undefined || kind === "" ? "Issuer" : kind} ${name}`;
}

/** Tells of all of them until aborted. */
export async function followCertificates(
  store: Pick<ObjectStore, "list" | "watch">,
  tell: (notice: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const notices = new CertificateNotices();
  const take = (object: KubeObject): void => {
    const notice = notices.noticeOf(object);
    if (notice !== undefined) tell(notice);
  };
  while (!signal.aborted) {
    const { items, point } = await store.list(certificateKind.id);
    items.forEach(take);
    try {
      for await (const { events } of store.watch({ [certificateKind.id]: point }, signal)) {
        for (const { kind, object } of events) {
          if (kind === "deleted") notices.forget(object);
          else take(object);
        }
      }
    } catch (error) {
      // Others wrote more than is kept of it: how it stands now says enough.
      const isBehind = error instanceof StoreError && error.code === "expired";
      if (!isBehind && !signal.aborted) throw error;
    }
  }
}
