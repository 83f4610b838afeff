/** Random requests aimed at the borders of what routes take, byte by byte as they go out. */

import fc from "fast-check";
import { utf8Bytes } from "#test/simulators/nginx/pattern.ts";
import { type Route, splitPath } from "#test/simulators/nginx/virtual-server.ts";
import type { Request } from "#test/simulators/nginx-locations.ts";
import { carried, rarely, troubles, words } from "./routes.ts";

/** A request before it has routes: a number picks one of them, forms bend its path. */
export interface Aim {
  readonly route: number;
  /** Takes the place of a route's path where that is a pattern, or of any. */
  readonly elsewhere: string;
  readonly isElsewhere: boolean;
  readonly forms: readonly (keyof typeof forms)[];
  readonly query: string;
  readonly method: "GET" | "POST";
  readonly headers: Readonly<Record<string, string>>;
  readonly upstreamStatus: number | undefined;
}

/** What a path becomes: texts with a character for each byte. */
const forms = {
  "next segment": (path: string) => `${path.replace(/\/$/, "")}/b`,
  "two segments": (path: string) => `${path.replace(/\/$/, "")}/b/1`,
  "final slash": (path: string) => `${path}/`,
  "no final slash": (path: string) => path.replace(/(.)\/$/, "$1"),
  "longer word": (path: string) => `${path}pot`,
  "shorter word": (path: string) => path.slice(0, -1),
  "upper case": (path: string) => path.replaceAll(/[a-z]/g, (letter) => letter.toUpperCase()),
  "double slash before": (path: string) => `/${path}`,
  "double slash within": (path: string) => path.replace(/(.)\//, "$1//"),
  "double slash behind": (path: string) => `${path}//`,
  "out and in": (path: string) => `/zzz/..${path}`,
  "out and in by a double slash": (path: string) => `/zzz//..${path}`,
  "one up": (path: string) => `${path}/../b`,
  "up and out": (path: string) => `${path}/../../../../b`,
  "up with a parameter": (path: string) => `${path}/..;v=1/b`,
  "up with a parameter, encoded": (path: string) => `${path}/%2e%2e;v=1/b`,
  "up at the end": (path: string) => `${path}/..`,
  "dot within": (path: string) => `${path.replace(/\/$/, "")}/./b`,
  "dot at the end": (path: string) => `${path.replace(/\/$/, "")}/.`,
  "three dots": (path: string) => `${path}/.../b`,
  "encoded dots": (path: string) => `${path}/%2e%2E/b`,
  "encoded letter": (path: string) => path.replace(/[a-z]/, (letter) => hex(letter)),
  "encoded slash": (path: string) => path.replace(/(.)\//, "$1%2F"),
  "encoded slash behind": (path: string) => `${path}%2fb`,
  "encoded bytes": (path: string) => path.replaceAll(/[\x80-\xff]/g, hex),
  "encoded plus": (path: string) => path.replaceAll("+", "%2B"),
  "encoded space": (path: string) => `${path}%20b`,
  "encoded line feed": (path: string) => `${path}%0A`,
  "encoded percent": (path: string) => `${path}%252Fb`,
  "encoded question mark": (path: string) => `${path}%3Fb`,
  "encoded number sign": (path: string) => `${path}%23b`,
  "encoded nothing": (path: string) => `${path}%00`,
  "percent alone": (path: string) => `${path}%`,
  "percent with letters": (path: string) => `${path}%zz`,
  "byte above ASCII": (path: string) => `${path}\xff`,
  "a quote and the like": (path: string) => `${path}"<>\\^\`{|}'`,
  "semicolon and the like": (path: string) => `${path};a=1,b:@&$!*()~`,
  "control character": (path: string) => `${path}\x01`,
  "delete character": (path: string) => `${path}\x7f`,
  space: (path: string) => `${path} b`,
  "space at the end": (path: string) => `${path} `,
  fragment: (path: string) => `${path}#b`,
  long: (path: string) => `${path.replace(/\/$/, "")}/${"b".repeat(7_000)}`,
  "too long": (path: string) => `${path.replace(/\/$/, "")}/${"b".repeat(9_000)}`,
  "whole URL": (path: string) => (path.startsWith("/") ? `http://host.test${path}` : path),
  "whole URL of another scheme": (path: string) =>
    path.startsWith("/") ? `ftp://host.test${path}` : path,
  // Letters without end are read as the scheme of a URL until there is no room.
  "no slash": (path: string) => (path.length < 8_000 ? path.slice(1) : path),
} as const satisfies Record<string, (path: string) => string>;

function hex(byte: string): string {
  return `%${byte.charCodeAt(0).toString(16).toUpperCase()}`;
}

const anyForm = fc.constantFrom(...(Object.keys(forms) as (keyof typeof forms)[]));

const query = fc.constantFrom(
  "",
  "",
  "",
  "?",
  "?a=1",
  "?b=x&a=1",
  "?A=X",
  "?a=&b=1",
  "?path=/a/../b//&x=%2F%zz",
  "?a=1#b",
  "??a=1",
  "?xa=1&b",
);

const elsewhere = fc
  .tuple(fc.array(fc.constantFrom(...words), { maxLength: 3 }), fc.constantFrom("", "", "/"))
  .map(([segments, end]) => `/${segments.join("/")}${end}`);

function some(of: "header" | "cookie"): fc.Arbitrary<readonly (readonly [string, string])[]> {
  const { names, values } = carried[of];
  return fc.uniqueArray(
    fc.tuple(
      fc.constantFrom<string[]>(...names),
      fc.constantFrom<string[]>(...values.filter((value) => value !== "")),
    ),
    { maxLength: 2, selector: ([name]) => name },
  );
}

const headers = fc.tuple(some("header"), some("cookie")).map(([list, cookies]) => ({
  ...Object.fromEntries(list.map(([name, value]) => [name.toLowerCase(), value])),
  ...(cookies.length > 0 && {
    cookie: cookies.map(([name, value]) => `${name}=${value}`).join("; "),
  }),
}));

const aim: fc.Arbitrary<Aim> = fc.record({
  route: fc.nat(99),
  elsewhere,
  isElsewhere: fc.nat(2).map((third) => third === 0),
  forms: fc.oneof(
    { arbitrary: fc.constant([]), weight: 2 },
    { arbitrary: fc.array(anyForm, { minLength: 1, maxLength: 1 }), weight: 4 },
    { arbitrary: fc.array(anyForm, { minLength: 2, maxLength: 2 }), weight: 1 },
  ),
  query,
  method: fc.constantFrom("GET", "GET", "POST"),
  headers,
  upstreamStatus: rarely(fc.constantFrom(...troubles)),
});

/** Aims for the routes of one host. */
export function aims(count: number): fc.Arbitrary<readonly Aim[]> {
  return fc.array(aim, { minLength: count, maxLength: count });
}

/** The request that an aim becomes before routes. */
export function shoot(routes: readonly Route[], target: Aim): Request {
  const { modifier, text } = splitPath(routes[target.route % routes.length]?.path ?? "/");
  const isPattern = modifier.startsWith("~");
  const base = utf8Bytes(isPattern || target.isElsewhere ? target.elsewhere : text);
  const path = target.forms.reduce((before, form) => forms[form](before), base);
  // What a URL without a path means is nobody's question here.
  const asked = path.replace(/^((?:http|ftp):\/\/host\.test)(?!\/)/i, "$1/");
  const { method, headers: carrying, upstreamStatus } = target;
  return {
    method,
    target: asked + target.query,
    headers: carrying,
    ...(upstreamStatus !== undefined && { upstreamStatus }),
  };
}
