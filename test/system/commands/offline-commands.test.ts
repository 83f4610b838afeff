/** Commands that need no gate: check and translate, their outputs and their exit codes, and the help of every command. */

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { promisify } from "node:util";
import { type Ended, runCommand } from "../harness/commands.ts";
import { repository } from "../harness/program.ts";

const directory = mkdtempSync(join(tmpdir(), "sekisho-offline-"));
after(() => rmSync(directory, { recursive: true, force: true }));
// Findings name files as they were given: relative to where the command runs.
process.chdir(directory);

const ingress = `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: shop
  annotations:
    example.test/colour: green
spec:
  rules:
    - host: shop.test
      http:
        paths:
          - path: /
            pathType: Prefix
            backend: { service: { name: shop, port: { number: 80 } } }
`;
const service =
  "apiVersion: v1\nkind: Service\nmetadata: { name: shop }\nspec: { ports: [{ port: 80 }] }\n";

function made(name: string, files: Readonly<Record<string, string>>): string {
  mkdirSync(join(directory, name));
  for (const [file, text] of Object.entries(files))
    writeFileSync(join(directory, name, file), text);
  return name;
}

const good = made("good", {
  "ingress.yaml": ingress.replace(/ {2}annotations:\n.*\n/, ""),
  "service.yaml": service,
});
const bad = made("bad", { "ingress.yaml": ingress, "broken.yaml": "kind: [\n" });

const run = (...args: readonly string[]): Promise<Ended> => runCommand(args);
const example = (name: string): string => join(repository, "examples", name);

const quick = ["--no-envoy"] as const;

test("check counts what it has read and found", async () => {
  const { code, out, err } = await run("check", good, ...quick);
  assert.deepEqual([code, err], [0, ""]);
  assert.equal(out, "2 objects: 0 errors, 0 warnings, 0 notes\n");
});

test("check prints each finding with file, line and column, and what to do, errors first", async () => {
  const { code, out } = await run("check", bad, ...quick);
  assert.equal(code, 1);
  const lines = out.split("\n");
  assert.match(lines[0] ?? "", /^bad\/broken\.yaml:2:1 error InvalidYaml: /);
  assert.match(lines[1] ?? "", /^ {4}\S/);
  assert.match(
    out,
    /^bad\/ingress\.yaml:14:\d+ error ServiceNotFound: .* \(Ingress\/default\/shop spec\.rules\[0\]\.http\.paths\[0\]\.backend\.service\.name\)\n {4}create the Service/m,
  );
  assert.match(out, /^bad\/ingress\.yaml:6:\d+ warning \w+: .*example\.test\/colour/m);
  assert.equal(lines.at(-2), "1 object: 2 errors, 1 warning, 0 notes");
});

test("check -o json is one document with the counts, every finding, and how much was looked at", async () => {
  const { code, out } = await run("check", bad, "-o", "json", ...quick);
  assert.equal(code, 1);
  const { findings, summary, ...counts } = JSON.parse(out);
  assert.deepEqual(counts, { objects: 1, error: 2, warning: 1, info: 0 });
  assert.deepEqual(summary, {
    files: 2,
    objects: 1,
    fields: { honoured: 5, approximated: 0, refused: 0, unknown: 1 },
  });
  const [first] = findings;
  assert.deepEqual(first.place, { file: "bad/broken.yaml", line: 2, column: 1 });
  assert.deepEqual(Object.keys(first).sort(), [
    "advice",
    "message",
    "object",
    "origin",
    "place",
    "reason",
    "severity",
  ]);
});

test("check -o github annotates the lines of a pull request", async () => {
  const { code, out } = await run("check", bad, "-o", "github", ...quick);
  assert.equal(code, 1);
  const lines = out.trimEnd().split("\n");
  assert.equal(lines.length, 3);
  assert.match(lines[0] ?? "", /^::error file=bad\/broken\.yaml,line=2,col=1,title=InvalidYaml::/);
  assert.ok(lines.some((line) => line.startsWith("::warning file=bad/ingress.yaml,line=6,")));
});

test("check has the real Envoy validate what it would be told", async () => {
  const { code, out, err } = await run("check", example("cafe"), example("httpbin"));
  assert.deepEqual([code, out, err], [0, "9 objects: 0 errors, 0 warnings, 0 notes\n", ""]);
});

test("what Envoy refuses is a finding with what to do, and exit code 1", async () => {
  const program = join(directory, "envoy");
  const says = "error initializing configuration 'x': no such field: 'colour'";
  const script = `case "$*" in
--version) echo "envoy  version: 0/1.40.0/Clean/RELEASE/BoringSSL" ;;
*) echo "${says}" >&2; exit 1 ;;
esac`;
  writeFileSync(program, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  const { code, out } = await run("check", good, "--envoy", program);
  assert.equal(code, 1);
  assert.match(out, /^error \w+: Envoy refuses the configuration: .*\n {4}\S/);
  assert.match(out, /^2 objects: 1 error, /m);
});

test("translate prints the model: hosts, routes in order, and where each comes from", async () => {
  const { code, out, err } = await run("translate", good);
  assert.deepEqual([code, err], [0, ""]);
  assert.match(out, /^ {2}- host: shop\.test$/m);
  assert.match(out, /^ {10}path: spec\.rules\[0\]\.http\.paths\[0\]$/m);
});

test("translate -o envoy prints the resources that Envoy is told, without private keys", async () => {
  const { code, out } = await run("translate", example("cafe"), "-o", "envoy");
  assert.equal(code, 0);
  for (const type of ["listener", "routes", "scope", "cluster", "endpoints", "secret"])
    assert.match(out, new RegExp(`^ {2}- type: ${type}$`, "m"));
  assert.match(out, /BEGIN CERTIFICATE|redacted/);
  assert.ok(!out.includes("PRIVATE KEY"));
});

test("translate says on standard error what is wrong, and still prints the rest", async () => {
  const { code, out, err } = await run("translate", bad);
  assert.equal(code, 1);
  assert.match(out, /shop\.test/);
  assert.match(err, /^bad\/broken\.yaml:2:1 error InvalidYaml: /);
});

const mistakes: Readonly<
  Record<string, readonly [args: readonly string[], wrong: RegExp, next: RegExp]>
> = {
  "no directory": [["check"], /nothing is named to be checked/, /or a cluster with --cluster/],
  "a cluster beside a directory": [
    ["check", "good", "--cluster"],
    /two questions/,
    /or a cluster with --cluster/,
  ],
  "a directory that is not there": [
    ["check", "nowhere"],
    /no directory nowhere/,
    /directory that holds manifests/,
  ],
  "an unknown format": [["check", "good", "-o", "xml"], /'xml' is invalid/, /sekisho check --help/],
  "an unknown option": [
    ["up", "good", "--colour"],
    /unknown option '--colour'/,
    /sekisho up --help/,
  ],
  "an unknown command": [["serve", "good"], /unknown command 'serve'/, /sekisho --help/],
  "a port that is none": [["up", "good", "--http", "0"], /from 1 to 65535/, /sekisho up --help/],
  "serving what is not there": [["up", "nowhere"], /no directory nowhere/, /sekisho up DIR/],
  "settings that are not there": [
    ["up", "good", "--config", "no.yaml"],
    /no file no\.yaml/,
    /--config FILE/,
  ],
  "a Secret without files": [
    ["create", "secret", "tls", "x"],
    /--cert/,
    /sekisho create secret tls --help/,
  ],
};

for (const [what, [args, wrong, next]] of Object.entries(mistakes)) {
  test(`${what}: exit code 2, and what to do next`, async () => {
    const { code, out, err } = await run(...args);
    assert.deepEqual([code, out], [2, ""]);
    const [said = "", ...rest] = err.trimEnd().split("\n");
    assert.match(said, wrong);
    assert.match(said, /^sekisho: /);
    assert.match(rest.at(-1) ?? "", next);
    assert.match(rest.at(-1) ?? "", /^ {2}\S/);
  });
}

test("an Envoy that is none is named, with what to do", async () => {
  const { code, err } = await run("check", good, "--envoy", "/nowhere/envoy");
  assert.equal(code, 1);
  assert.match(
    err,
    /^sekisho: --envoy names \/nowhere\/envoy: there is no such file\n {2}name an Envoy/,
  );
});

test("settings that cannot be used are named with their place", async () => {
  writeFileSync(join(directory, "wrong.yaml"), "http: eighty\n");
  const { code, err } = await run("check", good, "--config", "wrong.yaml", ...quick);
  assert.equal(code, 2);
  assert.match(
    err,
    /^sekisho: wrong\.yaml: http .*\n {2}correct it; docs\/settings\.md lists every setting\n$/,
  );
});

test("the program itself exits with 0, 1 and 2", async () => {
  const codes = [["check", join(directory, good)], ["check", join(directory, bad)], ["check"]].map(
    async (args) => {
      try {
        await promisify(execFile)("./sekisho", [...args, ...quick], { cwd: repository });
        return 0;
      } catch (error) {
        return (error as { readonly code?: unknown }).code;
      }
    },
  );
  assert.deepEqual(await Promise.all(codes), [0, 1, 2]);
});

/** The words of all commands and their subcommands, read from the help itself. */
async function commandsBelow(words: readonly string[]): Promise<readonly (readonly string[])[]> {
  const { code, out } = await run(...words, "--help");
  assert.equal(code, 0, words.join(" "));
  const list = /^Commands:\n((?: .*\n)*)/m.exec(out)?.[1] ?? "";
  const names = [...list.matchAll(/^ {2}(\S+)/gm)].map((match) => match[1] ?? "");
  const below = names
    .filter((name) => name !== "help")
    .map((name) => commandsBelow([...words, name]));
  return [words, ...(await Promise.all(below)).flat()];
}

test("the help of every command says what it does and has an example of it", async () => {
  const all = await commandsBelow([]);
  assert.ok(all.length >= 14, all.join("; "));
  for (const words of all) {
    const { out } = await run(...words, "--help");
    const name = ["sekisho", ...words].join(" ");
    assert.match(out, new RegExp(`^Usage: ${name} .*\\n\\n\\S.*[.]`, "s"), name);
    const examples = /^Examples?:\n((?: {2}\$ .*\n?)+)/m.exec(out)?.[1] ?? "";
    assert.ok(examples.includes(`$ ${name}`), `${name} has no example of its own:\n${out}`);
  }
});
