/** A reference to one value of a Secret, as cert-manager's kinds have it. */

import { fields, optional, type Parsed, required, text } from "#base/schema.ts";

/** The namespace is never written: the issuer's own, or for a ClusterIssuer the cluster resource namespace. */
export const secretKeyRef = fields({
  name: required(text, "Name of the Secret."),
  key: optional(text, "Which of its values."),
});

export type SecretKeyRef = Parsed<typeof secretKeyRef>;
