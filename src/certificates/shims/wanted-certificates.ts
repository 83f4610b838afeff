/** Certificates that objects want, as objects of cert-manager that belong to them. */

import type { JsonObject } from "#base/json.ts";
import { certificateKind } from "#kinds/cert-manager/certificate.ts";
import type { KubeObject } from "#kinds/object.ts";
import type { WantedCertificate } from "#model/wanted-certificate.ts";
import type { ObjectStore } from "#store/object-store.ts";
import { type Change, OwnedObjects, type WantedObject } from "#store/owned-objects.ts";

/** What was done for an object, for its Events. */
export interface Done {
  readonly type: "Normal" | "Warning";
  readonly reason: "CreateCertificate" | "UpdateCertificate" | "DeleteCertificate" | "BadConfig";
  readonly message: string;
}

const temporary = "cert-manager.io/issue-temporary-certificate";

export class WantedCertificates {
  readonly #objects: OwnedObjects;

  constructor(store: ObjectStore) {
    const { id, kind } = certificateKind;
    this.#objects = new OwnedObjects(store, { id, kind, apiVersion: "cert-manager.io/v1" });
  }

  /** Whether an object (`formatKey`) neither wants nor has any. */
  async isIdle(owner: string, wishes: readonly WantedCertificate[]): Promise<boolean> {
    return wishes.length === 0 && (await this.#objects.hasNone(owner));
  }

  /** Makes, changes and removes until an object has the Certificates that it wants. Throws StoreError. */
  async bring(owner: KubeObject, wishes: readonly WantedCertificate[]): Promise<readonly Done[]> {
    return (await this.#objects.bring(owner, wishes.map(objectOf))).map(doneBy);
  }
}

function doneBy({ kind, name }: Change): Done {
  switch (kind) {
    case "created":
      return succeeded("CreateCertificate", `created Certificate "${name}"`);
    case "updated":
      return succeeded("UpdateCertificate", `updated Certificate "${name}"`);
    case "deleted":
      return succeeded("DeleteCertificate", `deleted unrequired Certificate "${name}"`);
    case "foreign":
      return failed(
        `Certificate "${name}" is there already and does not belong to this object, so it is left alone`,
      );
    case "undefined-kind":
      return failed(
        "no Certificate can be made: the cluster does not define that kind; install cert-manager",
      );
  }
}

function succeeded(reason: Done["reason"], what: string): Done {
  return { type: "Normal", reason, message: `Successfully ${what}` };
}

function failed(message: string): Done {
  return { type: "Warning", reason: "BadConfig", message };
}

function objectOf(wish: WantedCertificate): WantedObject {
  return {
    name: wish.name,
    labels: wish.labels,
    annotations: (there) => annotationsOf(wish, there),
    spec: (there) => specOf(wish, there),
  };
}

function annotationsOf(
  { meanwhile, copied = {} }: WantedCertificate,
  there: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const wanted = { ...copied, [temporary]: meanwhile === "self-signed" ? "true" : null };
  return Object.fromEntries(
    Object.entries<string | null>({ ...there, ...wanted }).flatMap(([name, value]) =>
      value === null ? [] : [[name, value] as const],
    ),
  );
}

/** Those that an object may ask for besides: one that it asks for no more goes. */
const furtherFields: readonly string[] = [
  ...["emailAddresses", "ipAddresses", "privateKey", "renewBeforePercentage"],
  ...["revisionHistoryLimit", "secretTemplate", "subject"],
];

/** What others have added stays. */
function specOf(wish: WantedCertificate, there: JsonObject): JsonObject {
  const { commonName, duration, renewBefore, ...rest } = there;
  const others = Object.entries(rest).filter(
    ([field]) => wish.further === undefined || !furtherFields.includes(field),
  );
  return {
    ...Object.fromEntries(others),
    ...wish.further,
    secretName: wish.name,
    dnsNames: [...wish.hosts],
    issuerRef: { ...wish.issuer },
    usages: [...wish.usages],
    ...(wish.commonName === undefined ? {} : { commonName: wish.commonName }),
    ...(wish.duration === undefined ? {} : { duration: wish.duration }),
    ...(wish.renewBefore === undefined ? {} : { renewBefore: wish.renewBefore }),
  };
}
