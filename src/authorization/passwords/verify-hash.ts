/** One password against one stored hash: the slow part of basic authentication. */

import { compareSync } from "bcryptjs";
import { unreachable } from "#base/unreachable.ts";
import { apr1, apr1Salt } from "#crypto/apr1.ts";
import { isSameSecret, sha1 } from "#crypto/keyed-hash.ts";
import type { StoredHash } from "../htpasswd.ts";

const sha1Bytes = 20;

/** Whether the password is the one that the hash was made of. */
export function verifyHash({ scheme, text }: StoredHash, password: string): boolean {
  const bytes = Buffer.from(password);
  switch (scheme) {
    case "apr1":
      return isSameSecret(text, apr1(bytes, apr1Salt(text) ?? ""));
    case "bcrypt":
      return compareSync(password, text);
    case "sha1":
      return isSameSecret(text, `{SHA}${Buffer.from(sha1(bytes)).toString("base64")}`);
    case "salted-sha1": {
      const stored = Buffer.from(text.slice("{SSHA}".length), "base64");
      const digest = Buffer.from(sha1(bytes, stored.subarray(sha1Bytes)));
      return isSameSecret(
        stored.subarray(0, sha1Bytes).toString("base64"),
        digest.toString("base64"),
      );
    }
    default:
      return unreachable(scheme);
  }
}
