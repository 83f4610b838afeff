import assert from "node:assert/strict";
import { test } from "node:test";
import {
  compareHosts,
  coveringHosts,
  formatHost,
  hostFromText,
  hostMatches,
  serverNameHosts,
} from "./host.ts";

test("a host's text gives the host back", () => {
  for (const text of ["a.example.com", "*.example.com", "**.example.com", "*"]) {
    assert.equal(formatHost(hostFromText(text)), text);
  }
});

const matches: Readonly<Record<string, readonly [host: string, name: string, matches: boolean]>> = {
  "an exact host takes its own name": ["a.com", "a.com", true],
  "an exact host takes no other name": ["a.com", "b.a.com", false],
  "a one-label wildcard takes one label": ["*.a.com", "b.a.com", true],
  "a one-label wildcard takes no second label": ["*.a.com", "c.b.a.com", false],
  "a one-label wildcard does not take its apex": ["*.a.com", "a.com", false],
  "a wildcard needs a label": ["*.a.com", ".a.com", false],
  "a wildcard does not match inside a label": ["*.a.com", "ba.com", false],
  "a many-label wildcard takes several": ["**.a.com", "c.b.a.com", true],
  "every host is taken by the star": ["*", "anything", true],
};

for (const [sentence, [host, name, expected]] of Object.entries(matches)) {
  test(sentence, () => assert.equal(hostMatches(hostFromText(host), name), expected));
}

test("hosts sort most specific first", () => {
  const hosts = ["*", "**.com", "**.a.com", "*.a.com", "b.a.com"].map(hostFromText);
  assert.deepEqual(hosts.sort(compareHosts).map(formatHost), [
    "b.a.com",
    "*.a.com",
    "**.a.com",
    "**.com",
    "*",
  ]);
});

test("an exact host is covered by its one-label wildcard, then by longer and shorter suffixes, then by every host", () => {
  assert.deepEqual(coveringHosts(hostFromText("x.a.com")).map(formatHost), [
    "*.a.com",
    "**.a.com",
    "**.com",
    "*",
  ]);
});

test("a one-label wildcard is covered by the many-label one of its suffix", () => {
  assert.deepEqual(coveringHosts(hostFromText("*.a.com")).map(formatHost), [
    "**.a.com",
    "**.com",
    "*",
  ]);
});

test("every candidate that covers a host matches all its names", () => {
  for (const covering of coveringHosts(hostFromText("x.y.a.com")))
    assert.ok(hostMatches(covering, "x.y.a.com"));
});

test("a handshake is looked up by name, then by suffixes with any number of labels", () => {
  assert.deepEqual(serverNameHosts(hostFromText("x.a.com")).map(formatHost), [
    "x.a.com",
    "**.a.com",
    "**.com",
    "*",
  ]);
  assert.deepEqual(serverNameHosts(hostFromText("*.a.com")).map(formatHost), [
    "**.a.com",
    "**.com",
    "*",
  ]);
});
