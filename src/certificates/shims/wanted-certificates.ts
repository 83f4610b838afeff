/** Certificates that objects want, as objects of cert-manager that belong to them. */

import type { JsonObject } from "#base/json.ts";
import { certificateKind } from "#kinds/cert-manager/certificate.ts";
import type { WantedCertificate } from "#model/wanted-certificate.ts";
import type { ObjectStore } from "#store/object-store.ts";
import { OwnedObjects, type WantedObject } from "#store/owned-objects.ts";

const temporary = "cert-manager.io/issue-temporary-certificate";

/** Makes Certificates and keeps them as they are wanted. */
export function ownedCertificates(store: ObjectStore): OwnedObjects<WantedCertificate> {
  const { id, kind } = certificateKind;
  return new OwnedObjects(store, {
    ...{ id, kind, apiVersion: "cert-manager.io/v1" },
    definedBy: "install cert-manager",
    objectOf,
  });
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
