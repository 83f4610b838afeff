/** Random routes of a VirtualServer, from a small stock of words, so that routes and requests meet often. */

import fc from "fast-check";
import type { Condition } from "#test/simulators/nginx/location.ts";
import { type Action, type Route, splitPath } from "#test/simulators/nginx/virtual-server.ts";
import { patterns } from "./patterns.ts";

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

function actions(ofPath: string): fc.Arbitrary<Action> {
  const rewritePath = ofPath.startsWith("~") ? patternRewrite : fixedRewrite;
  return fc
    .tuple(fc.constantFrom(...upstreams), fc.option(rewritePath, { freq: 2, nil: undefined }))
    .map(([upstream, rewritten]) => ({
      upstream,
      ...(rewritten !== undefined && { rewritePath: rewritten }),
    }));
}

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

const route: fc.Arbitrary<Route> = path.chain((text) =>
  fc
    .tuple(
      actions(text),
      fc.option(
        fc.array(
          fc.record({
            conditions: fc.array(condition, { minLength: 1, maxLength: 2 }),
            action: actions(text),
          }),
          { minLength: 1, maxLength: 2 },
        ),
        { freq: 4, nil: undefined },
      ),
    )
    .map(([action, matches]) => ({
      path: text,
      action,
      ...(matches !== undefined && { matches }),
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
