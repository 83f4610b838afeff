/** `proxy-redirect-from` and `-to`: where redirects of an upstream lead to ("proxy_redirect", ngx_http_proxy_module). */

import type { Forward } from "#model/action.ts";
import type { Text, Variable } from "#model/text.ts";
import { annotationField } from "../../common/support.ts";
import { refuses, warns } from "../report.ts";
import type { Tellers } from "./headers.ts";
import type { Told } from "./values.ts";

const fromName = "nginx.org/proxy-redirect-from";
const toName = "nginx.org/proxy-redirect-to";

const variables: Readonly<Record<string, Variable>> = {
  scheme: { kind: "scheme" },
  host: { kind: "host" },
  server_name: { kind: "host" },
  http_host: { kind: "header", name: "host" },
  server_port: { kind: "local-port" },
  request_uri: { kind: "target" },
};

/** What a location says of it stands in the place of what its host says. */
export function locationsOf({ location, server }: Tellers): Forward["locations"] {
  return proxyRedirect(location.text(fromName) === undefined ? server : location);
}

/**
 * What becomes of Location; undefined: it stays as it is, as with `off`. So it is with `default`, too: no upstream here knows
 * the name under which nginx would have it.
 */
function proxyRedirect(told: Told): Forward["locations"] {
  const from = told.text(fromName);
  const to = told.text(toName);
  for (const [name, text] of [
    [fromName, from],
    [toName, to],
  ] as const)
    if (text !== undefined && !/^[^;{}`\s#]+$/.test(text))
      refuses(told.report, annotationField(name), text, "must not contain ; { } ` # or whitespace");
  const isWord = from === undefined || from === "off" || from === "default";
  if (to !== undefined && isWord) {
    const detail = `requires ${fromName} with a URL or a pattern`;
    return refuses(told.report, annotationField(toName), to, detail);
  }
  if (isWord) return undefined;
  if (to === undefined)
    return refuses(told.report, annotationField(fromName), from, `requires ${toName} as well`);
  if (from.startsWith("~")) return leavesIt("a pattern is not looked for", fromName, told);
  const begins = textOf(from, fromName, told);
  const instead = textOf(to, toName, told);
  return begins === undefined || instead === undefined ? undefined : { from: begins, to: instead };
}

/** A text with variables that stand without braces, or in them. */
function textOf(text: string, annotation: string, told: Told): Text | undefined {
  const parts = text
    .split(/(\$\w+)/)
    .filter((part) => part !== "")
    .map((part) => (part.startsWith("$") ? variables[part.slice(1)] : part));
  const known = parts.filter((part) => part !== undefined);
  return known.length === parts.length
    ? known
    : leavesIt("a variable in it is not known here", annotation, told);
}

function leavesIt(why: string, annotation: string, { report }: Told): undefined {
  warns(report, annotationField(annotation), {
    reason: "LocationNotChanged",
    message: `${why}; the Location of an upstream's redirect goes to clients as it is`,
    advice: "write the text with which such a Location begins",
  });
  return undefined;
}
