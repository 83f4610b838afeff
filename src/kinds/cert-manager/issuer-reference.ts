/** Which issuer signs: `issuerRef` of the kinds that are issued (cert-manager API reference, "ObjectReference"). */

import { fields, optional, type Parsed, required, text } from "#base/schema.ts";

/** The group of the issuers that come with cert-manager. */
const ownGroup = "cert-manager.io";

export const issuerReference = fields(
  {
    name: required(text, "Name of the issuer."),
    kind: optional(text, 'Its kind; "Issuer" when absent.'),
    group: optional(text, 'Its API group; "cert-manager.io" when absent.'),
  },
  {
    rule: `(has(self.group) && self.group != "" && self.group != "cert-manager.io") || !has(self.kind) || self.kind in ["", "Issuer", "ClusterIssuer"]`,
    holds: (reference) => {
      const { kind, group } = withDefaults(reference);
      return group !== ownGroup || kind === "Issuer" || kind === "ClusterIssuer";
    },
    message:
      "must be of kind Issuer or ClusterIssuer (did you forget to set issuerRef.group for an external issuer?)",
  },
);

/**
 * What an issuerRef says with its defaults. Defaults are never written into objects: where cert-manager did so once, every
 * certificate was issued anew (its release 1.19.0).
 */
export function withDefaults({
  name,
  kind,
  group,
}: {
  readonly name: string;
  readonly kind?: string | undefined;
  readonly group?: string | undefined;
}): {
  readonly name: string;
  readonly kind: string;
  readonly group: string;
} {
  return {
    name,
    kind: kind === undefined || kind === "" ? "Issuer" : kind,
    group: group === undefined || group === "" ? ownGroup : group,
  };
}

/** By what kubectl selects those of an issuer. */
export const issuerFields: readonly string[] = [
  ".spec.issuerRef.group",
  ".spec.issuerRef.kind",
  ".spec.issuerRef.name",
];

export type IssuerReference = Parsed<typeof issuerReference>;
