/** Cookies that say something which clients can neither read nor make up: JSON, sealed, with its end in it. */

import { isJsonObject, type Json, type JsonObject } from "#base/json.ts";
import { createSealer } from "#crypto/sealer.ts";
import type { Check, Header } from "../check.ts";

export interface SealedCookie {
  readonly name: string;
  /** What a request's cookie says; undefined when it has none that is ours and not yet over. */
  readonly read: (check: Check, seconds: number) => JsonObject | undefined;
  /** The header that gives it to a client, until then; undefined when no browser would keep it. */
  readonly write: (said: JsonObject, until: number, check: Check) => Header | undefined;
}

/** Browsers keep no longer ones (RFC 6265 §6.1). */
const mostCharacters = 4000;

/** `key`: 32 bytes. */
export function sealedCookie(name: string, key: Uint8Array): SealedCookie {
  const sealer = createSealer(key);
  return {
    name,
    read: ({ headers }, seconds) => {
      const text = cookieIn(headers.get("cookie") ?? "", name);
      const plain =
        text === undefined ? undefined : sealer.open(Buffer.from(text, "base64url"), name);
      if (plain === undefined) return undefined;
      const said = JSON.parse(Buffer.from(plain).toString("utf8")) as Json;
      if (!isJsonObject(said)) return undefined;
      const { until } = said;
      return typeof until === "number" && seconds < until ? said : undefined;
    },
    write: (said, until, { scheme }) => {
      const plain = Buffer.from(JSON.stringify({ ...said, until }));
      const value = Buffer.from(sealer.seal(plain, name)).toString("base64url");
      const secure = scheme === "https" ? "; Secure" : "";
      const cookie = `${name}=${value}; Path=/; HttpOnly; SameSite=Lax${secure}`;
      return cookie.length > mostCharacters ? undefined : { name: "set-cookie", value: cookie };
    },
  };
}

/** The header that has a browser forget it. */
export function forgetCookie({ name }: SealedCookie): Header {
  return { name: "set-cookie", value: `${name}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax` };
}

/** Of two of one name the first counts. */
export function cookieIn(header: string, name: string): string | undefined {
  const start = `${name}=`;
  return header
    .split(/;\s*/)
    .find((pair) => pair.startsWith(start))
    ?.slice(start.length);
}

/** The header without cookies of these names; empty when no other is left. */
export function withoutCookies(header: string, names: readonly string[]): string {
  const isOther = (pair: string): boolean => !names.some((name) => pair.startsWith(`${name}=`));
  return header
    .split(/;\s*/)
    .filter((pair) => pair !== "" && isOther(pair))
    .join("; ");
}
