/** Who a certificate is for: subject, names and, of an authority, the names that it may sign for. */

import { boolean, fields, list, optional, type Parsed, required, text } from "#base/schema.ts";

export const subject = fields({
  organizations: optional(list(text), "O."),
  countries: optional(list(text), "C."),
  organizationalUnits: optional(list(text), "OU."),
  localities: optional(list(text), "L."),
  provinces: optional(list(text), "ST."),
  streetAddresses: optional(list(text), "STREET."),
  postalCodes: optional(list(text), "Postal codes."),
  serialNumber: optional(text, "The serial number of the subject, which is not the certificate's."),
});

export const otherName = fields({
  oid: required(text, "The type, as in 1.3.6.1.4.1.311.20.2.3."),
  utf8Value: required(text, "The name."),
});

const constrainedNames = fields({
  dnsDomains: optional(list(text), "DNS names at and below these."),
  ipRanges: optional(list(text), "Addresses in these networks."),
  emailAddresses: optional(list(text), "These addresses, or all at these hosts."),
  uriDomains: optional(list(text), "URIs at hosts at and below these."),
});

export const nameConstraints = fields({
  critical: optional(boolean, "Whether who does not know the extension refuses the certificate."),
  permitted: optional(constrainedNames, "The only names that may be signed for."),
  excluded: optional(constrainedNames, "Names that may not be signed for."),
});

export type NameConstraints = Parsed<typeof nameConstraints>;
