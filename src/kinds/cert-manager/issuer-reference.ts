/** Which issuer signs: `issuerRef` of the kinds that are issued (cert-manager API reference, "ObjectReference"). */

import { fields, optional, required, text } from "#base/schema.ts";

export const issuerReference = fields({
  name: required(text, "Name of the issuer."),
  kind: optional(text, 'Its kind; "Issuer" when absent.'),
  group: optional(text, 'Its API group; "cert-manager.io" when absent.'),
});
