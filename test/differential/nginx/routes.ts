/** Random routes of a VirtualServer, from a small stock of words, so that routes and requests meet often. */

import fc from "fast-check";
import type { Condition, ErrorPage, Page, Redirect } from "#test/simulators/nginx/location.ts";
import {
  type Action,
  type Answering,
  type Forward,
  type Route,
  splitPath,
} from "#test/simulators/nginx/virtual-server.ts";
import { patterns } from "./patterns.ts";
import { pageStart } from "./raw-requests.ts";

/** As texts of a manifest. */
export const words = ["tea", "te", "Tea", "teapot", "green", "a", "b", "x.png", "café", "a+b", "1"];

export const upstreams = ["one", "two", "three"] as const;

const fixedPath: fc.Arbitrary<string> = fc.oneof(
  { arbitrary: fc.constant("/"), weight: 2 },
  {
    arbitrary: fc
      .tuple(
        fc.array(fc.constantFrom(...words), { minLength: 1, maxLength: 3 }),
        fc.constantFrom("", "", "", "/"),
      )
      .map(([segments, end]) => `/${segments.join("/")}${end}`),
    weight: 10,
  },
);

const path: fc.Arbitrary<string> = fc.oneof(
  { arbitrary: fixedPath, weight: 8 },
  { arbitrary: fixedPath.map((text) => `=${text}`), weight: 3 },
  { arbitrary: fixedPath.map((text) => `^~${text}`), weight: 3 },
  {
    arbitrary: fc
      .tuple(fc.constantFrom("~ ", "~* ", "~"), patterns)
      .map(([modifier, text]) => `${modifier}${text}`),
    weight: 6,
  },
);

const fixedRewrite = fc.constantFrom("/", "/x", "/x/", "/new/path", "/te+a");
const patternRewrite = fc.constantFrom("/r", "/r/$1", "/$2/$1", "/r$1.html", "/$1");

function forwards(ofPath: string): fc.Arbitrary<Forward> {
  const rewritePath = ofPath.startsWith("~") ? patternRewrite : fixedRewrite;
  return fc
    .tuple(fc.constantFrom(...upstreams), fc.option(rewritePath, { freq: 2, nil: undefined }))
    .map(([upstream, rewritten]) => ({
      upstream,
      ...(rewritten !== undefined && { rewritePath: rewritten }),
    }));
}

const page: fc.Arbitrary<Page> = fc.record({
  kind: fc.constant("page"),
  code: fc.constantFrom(200, 201, 403, 404, 503),
  body: fc.constantFrom("one", "two", `of \${scheme}://\${host}`).map((rest) => pageStart + rest),
});

const redirect: fc.Arbitrary<Redirect> = fc.record({
  kind: fc.constant("redirect"),
  code: fc.constantFrom(301, 302, 307, 308),
  url: fc.constantFrom(
    "http://elsewhere.test/sorry",
    `\${scheme}://\${host}/there`,
    `https://\${host}\${request_uri}`,
  ),
});

function actions(ofPath: string): fc.Arbitrary<Action> {
  return fc.oneof(
    { arbitrary: forwards(ofPath), weight: 6 },
    { arbitrary: page, weight: 1 },
    { arbitrary: redirect, weight: 1 },
  );
}

/** Three times out of four nothing. */
export function rarely<Value>(value: fc.Arbitrary<Value>): fc.Arbitrary<Value | undefined> {
  return fc.oneof(
    { arbitrary: fc.constant(undefined), weight: 3 },
    { arbitrary: value, weight: 1 },
  );
}

/** What is split, in hundredths. */
const weights = fc.constantFrom([50, 50], [90, 10], [20, 30, 50], [0, 100], [100, 0]);

function answerings(ofPath: string): fc.Arbitrary<Answering> {
  const action = actions(ofPath).map((one): Answering => ({ action: one }));
  const splits = weights
    .chain((list) =>
      fc.tuple(...list.map((weight) => actions(ofPath).map((one) => ({ weight, action: one })))),
    )
    .map((list): Answering => ({ splits: list }));
  return fc.oneof({ arbitrary: action, weight: 3 }, { arbitrary: splits, weight: 1 });
}

/** What an upstream may answer instead of 200. */
export const troubles = [302, 404, 500, 503] as const;

const errorPage: fc.Arbitrary<ErrorPage> = fc.record({
  codes: fc.uniqueArray(fc.constantFrom(...troubles), { minLength: 1, maxLength: 3 }),
  reply: fc.oneof(
    fc
      .tuple(
        fc.constantFrom(undefined, 200, 404),
        fc.constantFrom("sorry", `for \${upstream_status}`).map((rest) => pageStart + rest),
      )
      .map(([code, body]) => ({
        kind: "page" as const,
        body,
        ...(code !== undefined && { code }),
      })),
    redirect.map((one) => ({ ...one, url: `\${scheme}://elsewhere.test/sorry` })),
  ),
});

/** What requests may carry: names and values of which some are asked for. */
export const carried = {
  header: { names: ["x-version", "X-Flag"], values: ["v1", "V1", "v2", ""] },
  cookie: { names: ["flag", "session"], values: ["on", "off", ""] },
  argument: { names: ["a", "b"], values: ["1", "x", ""] },
  variable: { names: ["request_method"], values: ["GET", "POST", "post"] },
} as const;

const condition: fc.Arbitrary<Condition> = fc
  .constantFrom(...(["header", "cookie", "argument", "variable"] as const))
  .chain((of) =>
    fc
      .tuple(
        fc.constantFrom<string[]>(...carried[of].names),
        fc.constantFrom<string[]>(...carried[of].values),
        fc.boolean(),
      )
      .map(([name, value, not]): Condition => ({ of, name, value, ...(not && { not }) })),
  );

function matches(ofPath: string): fc.Arbitrary<NonNullable<Route["matches"]>> {
  const conditions = fc.array(condition, { minLength: 1, maxLength: 2 });
  const match = fc
    .tuple(conditions, answerings(ofPath))
    .map(([list, answering]) => ({ ...answering, conditions: list }));
  return fc.array(match, { minLength: 1, maxLength: 2 });
}

const route: fc.Arbitrary<Route> = path.chain((text) =>
  fc
    .tuple(
      answerings(text),
      fc.option(matches(text), { freq: 4, nil: undefined }),
      rarely(fc.array(errorPage, { minLength: 1, maxLength: 2 })),
    )
    .map(([answering, cases, errorPages]) => ({
      path: text,
      ...answering,
      ...(cases !== undefined && { matches: cases }),
      ...(errorPages !== undefined && { errorPages }),
    })),
);

/** What nginx takes for the same location: a plain prefix and one with `^~` are. */
function identityOf({ path: text }: Route): string {
  const split = splitPath(text);
  return `${split.modifier.replace("^~", "")} ${split.text}`;
}

/** The routes of one host; smaller sets come first when a failure is shrunk. */
export const routes: fc.Arbitrary<readonly Route[]> = fc.uniqueArray(route, {
  minLength: 1,
  maxLength: 7,
  size: "max",
  selector: identityOf,
});
