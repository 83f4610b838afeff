/** What keys of certificates may be used for, in the words of cert-manager (its API reference, "KeyUsage"). */

import { list, oneOf } from "#base/schema.ts";

const usage = oneOf(
  ...["signing", "digital signature", "content commitment", "key encipherment"],
  ...["key agreement", "data encipherment", "cert sign", "crl sign", "encipher only"],
  ...["decipher only", "any", "server auth", "client auth", "code signing", "email protection"],
  ...["s/mime", "ipsec end system", "ipsec tunnel", "ipsec user", "timestamping", "ocsp signing"],
  ...["microsoft sgc", "netscape sgc"],
);

export const usageList = list(usage);

/** What holds where none are named. */
export const usualUsages: readonly string[] = ["digital signature", "key encipherment"];
