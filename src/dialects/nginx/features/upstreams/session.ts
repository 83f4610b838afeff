/** `sessionCookie`: requests of one client go to one endpoint, by a cookie that the client gets. */

import type { UpstreamSessionCookie } from "#kinds/nginx/upstream.ts";
import type { HashKey } from "#model/action.ts";
import { parseTime } from "../../quantities.ts";
import { type Report, refuses, requires } from "../../report.ts";

/** Nobody's browser keeps a cookie longer (nginx, `expires max`: the end of 2037). */
const longestSeconds = 10 * 365 * 86_400;

/** The cookie; undefined when there is none, or after a complaint. */
export function translateSession(
  session: UpstreamSessionCookie | undefined,
  at: string,
  report: Report,
): HashKey | undefined {
  if (session?.enable !== true) return undefined;
  const { name = "", expires, path, domain = "" } = session;
  if (name === "") return requires(report, `${at}.name`);
  if (!/^\w+$/.test(name)) {
    const detail = "a valid cookie name must consist of alphanumeric characters or '_'";
    return refuses(report, `${at}.name`, name, detail);
  }
  const ttlSeconds = lifetimeOf(expires, `${at}.expires`, report);
  return {
    kind: "cookie",
    name,
    set: {
      ttlSeconds,
      ...(path === undefined || path === "" ? {} : { cookiePath: path }),
      attributes: {
        ...(domain === "" ? {} : { Domain: domain }),
        ...(session.secure === true ? { Secure: "" } : {}),
        ...(session.httpOnly === true ? { HttpOnly: "" } : {}),
        ...sameSiteOf(session.samesite, `${at}.samesite`, report),
      },
    },
  };
}

function lifetimeOf(expires: string | undefined, at: string, report: Report): number {
  if (expires === undefined || expires === "") return 0;
  if (expires === "max") return longestSeconds;
  const parsed = parseTime(expires);
  if (parsed === undefined) refuses(report, at, expires, "must be a time such as 1h, or max");
  return Math.floor((parsed ?? 0) / 1000);
}

function sameSiteOf(
  text: string | undefined,
  at: string,
  report: Report,
): Readonly<Record<string, string>> {
  if (text === undefined || text === "") return {};
  const known = ["Strict", "Lax", "None"].find((word) => word.toLowerCase() === text.toLowerCase());
  if (known !== undefined) return { SameSite: known };
  refuses(report, at, text, "must be one of: `strict`, `lax`, `none`");
  return {};
}
