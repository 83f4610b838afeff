import assert from "node:assert/strict";
import { test } from "node:test";
import { formatMatch } from "#model/route.ts";
import { parsePath } from "./path.ts";

type Type = "Exact" | "Prefix" | "ImplementationSpecific";
const cases: Readonly<
  Record<string, readonly [type: Type, path: string | undefined, match: string]>
> = {
  "an exact path is taken as it is": ["Exact", "/foo/", "= /foo/"],
  "a prefix goes by segments": ["Prefix", "/foo", "/ /foo"],
  "a trailing slash of a prefix means nothing": ["Prefix", "/foo/", "/ /foo"],
  "the root prefix takes everything": ["Prefix", "/", "^ /"],
  "an absent path takes everything": ["Prefix", undefined, "^ /"],
  "what is left to the implementation is a prefix": ["ImplementationSpecific", "/foo", "/ /foo"],
};

for (const [sentence, [pathType, path, expected]] of Object.entries(cases)) {
  test(sentence, () => {
    const parsed = parsePath({ pathType, ...(path === undefined ? {} : { path }), backend: {} });
    assert.ok(parsed.ok);
    assert.equal(formatMatch(parsed.value), expected);
  });
}

test("paths that no request can have are refused with the reason", () => {
  for (const path of [
    "foo",
    "/a?b",
    "/a#b",
    "/a b",
    "/a\u0000",
    "//",
    "/a//b",
    "/a/../b",
    "/a/.",
    "/a%2fb",
  ]) {
    assert.equal(parsePath({ pathType: "Exact", path, backend: {} }).ok, false, path);
  }
  assert.equal(parsePath({ pathType: "Exact", backend: {} }).ok, false);
});
