import assert from "node:assert/strict";
import { test } from "node:test";
import { standIns } from "../images/all.ts";
import { findImage, matchesImage, parseImageName } from "./image-name.ts";
import { findProgram } from "./program.ts";

test("references are taken apart as registries do", () => {
  assert.deepEqual(parseImageName("nginx"), { host: "docker.io", path: "nginx", tag: undefined });
  assert.deepEqual(parseImageName("docker.io/library/nginx:1@sha256:ab"), {
    host: "docker.io",
    path: "nginx",
    tag: "1",
  });
  assert.deepEqual(parseImageName("localhost:5000/a/b"), {
    host: "localhost:5000",
    path: "a/b",
    tag: undefined,
  });
});

test("a pattern names an image in every registry, below mirrors, and with every tag it does not exclude", () => {
  const cases: Readonly<Record<string, readonly [string, string, boolean]>> = {
    plain: ["kennethreitz/httpbin", "kennethreitz/httpbin", true],
    tag: ["kennethreitz/httpbin", "docker.io/kennethreitz/httpbin:latest", true],
    digest: ["kennethreitz/httpbin", "kennethreitz/httpbin@sha256:0123", true],
    mirror: ["kennethreitz/httpbin", "registry.local:5000/mirror/kennethreitz/httpbin:1", true],
    "other name": ["kennethreitz/httpbin", "kennethreitz/httpbin2", false],
    "part of a name": ["kennethreitz/httpbin", "xkennethreitz/httpbin", false],
    "wanted tag": ["a/b:1.*", "a/b:1.2", true],
    "other tag": ["a/b:1.*", "a/b:2.0", false],
    "wanted host": ["quay.io/a/b", "quay.io/a/b:1", true],
    "other host": ["quay.io/a/b", "a/b", false],
    star: ["registry.local/*", "registry.local/x/y:1", true],
  };
  for (const [name, [pattern, reference, expected]] of Object.entries(cases)) {
    assert.equal(matchesImage(pattern, reference), expected, name);
  }
});

test("the pattern with the most fixed characters wins", () => {
  const entries = [{ pattern: "a/*" }, { pattern: "a/b" }, { pattern: "*" }];
  assert.equal(findImage(entries, "a/b:1")?.pattern, "a/b");
  assert.equal(findImage(entries, "a/c")?.pattern, "a/*");
});

test("the demo images of the walkthroughs have stand-ins", () => {
  const patterns = standIns.flatMap(({ name, patterns: all }) =>
    all.map((pattern) => ({ name, pattern })),
  );
  const played: Readonly<Record<string, string | undefined>> = {
    "nginxdemos/nginx-hello:plain-text": "nginx-hello",
    "nginxdemos/hello:plain-text": "nginx-hello",
    "nginxdemos/hello": undefined,
    "kennethreitz/httpbin": "httpbin",
    "docker.io/kennethreitz/httpbin": "httpbin",
    "mccutchen/go-httpbin:v2.15.0": "go-httpbin",
    "nmatsui/hello-world-api:latest": "json-hello",
    "hashicorp/http-echo:1.0": "echo",
    "gcr.io/k8s-staging-gateway-api/echo-basic:v1": "echo",
    "ealen/echo-server": "echo",
  };
  for (const [image, name] of Object.entries(played)) {
    assert.equal(findImage(patterns, image)?.name, name, image);
  }
});

test("images: of the user come before stand-ins, and a manifest's command runs only where the user allows it", () => {
  const container = { name: "c", image: "kennethreitz/httpbin", command: ["evil"], args: ["x"] };
  const mapped = findProgram(
    container,
    { httpbin: { command: ["mine", "-a"], args: ["b"] } },
    "node",
  );
  assert.deepEqual([mapped?.command, mapped?.args], ["mine", ["-a", "x"]]);
  const images = { httpbin: { command: ["mine"], manifestCommands: true } };
  const trusted = findProgram(container, images, "node");
  assert.deepEqual([trusted?.command, trusted?.args], ["evil", ["x"]]);
  const standIn = findProgram(container, {}, "node");
  assert.equal(standIn?.standIn, "httpbin");
  assert.equal(standIn?.command, "node");
  assert.equal(
    findProgram({ name: "c", image: "busybox", command: ["sh"] }, {}, "node"),
    undefined,
  );
});
