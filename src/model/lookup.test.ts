import assert from "node:assert/strict";
import { test } from "node:test";
import { normaliseHost, normalisePath, pathMatches } from "./lookup.ts";

const paths: Readonly<Record<string, readonly [given: string, normal: string]>> = {
  "the query is no part of the path": ["/a?b=/c", "/a"],
  "slashes are merged": ["//a///b", "/a/b"],
  "a trailing slash stays": ["/a//", "/a/"],
  "dot segments are resolved": ["/a/./b/../c", "/a/c"],
  "a final dot segment leaves its slash": ["/a/b/..", "/a/"],
  "nothing is above the root": ["/../../a", "/a"],
  "unreserved characters are decoded": ["/%61%2Db", "/a-b"],
  "other escapes stay": ["/%c3%a9", "/%c3%a9"],
  "of slashes alone two stay": ["///", "//"],
};

for (const [sentence, [given, normal]] of Object.entries(paths)) {
  test(sentence, () => assert.equal(normalisePath(given), normal));
}

test("a host is looked up in lower case, without port and trailing dot", () => {
  assert.equal(normaliseHost("A.Example.COM.:8443"), "a.example.com");
});

test("a prefix by segments takes whole segments only", () => {
  assert.ok(pathMatches({ kind: "segments", path: "/a" }, "/a"));
  assert.ok(pathMatches({ kind: "segments", path: "/a" }, "/a/b"));
  assert.ok(!pathMatches({ kind: "segments", path: "/a" }, "/ab"));
});
