import assert from "node:assert/strict";
import { test } from "node:test";
import { coveringHosts, formatHost, hostFromText, serverNameHosts } from "./host.ts";

test("a host's text gives the host back", () => {
  for (const text of ["a.example.com", "*.example.com", "**.example.com", "*"]) {
    assert.equal(formatHost(hostFromText(text)), text);
  }
});

const covers: Readonly<Record<string, readonly [host: string, name: string, covers: boolean]>> = {
  "an exact host covers no other name": ["a.com", "b.a.com", false],
  "a one-label wildcard covers one label": ["*.a.com", "b.a.com", true],
  "a one-label wildcard does not cover a second label": ["*.a.com", "c.b.a.com", false],
  "a one-label wildcard does not cover its apex": ["*.a.com", "a.com", false],
  "a wildcard does not cover a part of a label": ["*.a.com", "ba.com", false],
  "a many-label wildcard covers several": ["**.a.com", "c.b.a.com", true],
  "a many-label wildcard does not cover its apex": ["**.a.com", "a.com", false],
  "every host is covered by the star": ["*", "anything", true],
};

for (const [sentence, [host, name, expected]] of Object.entries(covers)) {
  test(sentence, () => {
    const covering = coveringHosts(hostFromText(name)).map(formatHost);
    assert.equal(covering.includes(host), expected);
  });
}

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
