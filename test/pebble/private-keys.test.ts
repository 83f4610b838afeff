/** Private keys, and the seeds and keys of session tickets, stay in their Secrets: looked for in everything else that a gate says, keeps and answers. */

import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import http from "node:http";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { after, before, describe, test } from "node:test";
import type { JsonObject } from "#base/json.ts";
import { createTicketSeed, ticketKey } from "#crypto/ticket-key.ts";
import { kinds } from "#kinds/all.ts";
import { findCondition } from "#kinds/condition.ts";
import { ticketSecretName } from "#proxies/session-tickets/ticket-keeper.ts";
import { parseSeeds } from "#proxies/session-tickets/ticket-seeds.ts";
import { createLocalSocket } from "#runtime/network/real-local-socket.ts";
import { createClock } from "#runtime/real-clock.ts";
import { until } from "#test/bench/measure/waiting.ts";
import { startPrivateCa } from "#test/fakes/aws-pca/private-ca.ts";
import { skipWithoutGo } from "#test/lab/build/requirements.ts";
import { type Ended, runCommand } from "#test/system/harness/commands.ts";
import { freshPlace, type ProgramPlace } from "#test/system/harness/program.ts";
import { type ServedDirectory, serveDirectory } from "#test/system/harness/served-directory.ts";
import { issuerOf } from "./acme-stage.ts";
import { findKey, type SoughtKey, soughtKey } from "./key-search.ts";
import { startPebble } from "./pebble.ts";

const skip = await skipWithoutGo();

interface StoredSecret {
  readonly name: string;
  readonly text: string;
  readonly keys: readonly SoughtKey[];
}

/** Where something was said → what. */
type Said = Map<string, Uint8Array>;

const awsKey = { id: "AKIATEST", secret: "of a test" };
const wanted = ["root", "by-ca", "by-acme", "by-aws"] as const;

describe("private keys", { skip }, () => {
  const undo = new AsyncDisposableStack();
  let place: ProgramPlace;
  let directory: ServedDirectory;
  let stop: () => Promise<Ended>;

  before(async () => {
    place = await freshPlace();
    const aws = undo.use(await startPrivateCa({ clock: createClock(), keys: [awsKey] }));
    const pebble = undo.use(await startPebble({ httpPort: place.httpPort }));
    directory = undo.use(serveDirectory({ "all.json": manifests(issuerOf(pebble), aws.arn) }));
    const settings = join(place.data, "settings.yaml");
    writeFileSync(settings, "outboundAddresses: [127.0.0.0/8, '::1']\n");
    const interruption = new AbortController();
    const ports = ["--http", `${place.httpPort}`, "--https", `${place.httpsPort}`];
    const up = runCommand(
      ["up", directory.path, "--config", settings, "--data", place.data, "--json", ...ports],
      {
        ...{ logLevel: "debug", interrupted: interruption.signal },
        variables: { AWS_ENDPOINT_URL_ACM_PCA: aws.url },
      },
    );
    stop = () => {
      interruption.abort();
      return up;
    };
    undo.defer(async () => void (await stop()));
    await until(areIssued, { what: "the certificates", longestMs: 90_000, everyMs: 100 });
  });

  after(() => undo.disposeAsync());

  async function run(...args: readonly string[]): Promise<string> {
    const { out, err } = await runCommand([...args, "--data", place.data]);
    return `${out}${err}`;
  }

  async function areIssued(): Promise<boolean> {
    const { out } = await runCommand(["get", "certificates", "-o", "json", "--data", place.data]);
    if (!out.startsWith("{")) return false;
    const { items } = JSON.parse(out) as { readonly items: readonly JsonObject[] };
    const ready = items.filter(({ status }) => findCondition(status, "Ready")?.status === "True");
    return ready.length === wanted.length;
  }

  async function secrets(): Promise<readonly StoredSecret[]> {
    const text = await run("get", "secrets", "-A", "-o", "json");
    const { items } = JSON.parse(text) as {
      readonly items: readonly {
        readonly metadata: { readonly name: string };
        readonly data?: Readonly<Record<string, string>>;
      }[];
    };
    return items.map((item) => {
      const pem = Buffer.from(item.data?.["tls.key"] ?? "", "base64");
      const { name } = item.metadata;
      const seeds = name === ticketSecretName ? String(atob(item.data?.["seeds"] ?? "")) : "";
      return {
        name,
        text: JSON.stringify(item),
        keys: [...(pem.length > 0 ? [soughtKey(name, pem)] : []), ...ticketKeysOf(name, seeds)],
      };
    });
  }

  /** Everything but Secrets and the store that holds them. */
  async function everything(): Promise<Said> {
    const said: Said = new Map();
    const add = (where: string, what: string | Uint8Array): void =>
      void said.set(where, Buffer.from(what));
    for (const file of readdirSync(place.data, { recursive: true, withFileTypes: true }))
      if (file.isFile() && !file.name.startsWith("store.db"))
        add(file.name, readFileSync(join(file.parentPath, file.name)));
    for (const { id, plural } of kinds)
      if (id !== "Secret") add(`get ${plural}`, await run("get", id, "-A", "-o", "json"));
    for (const command of commands) add(command, await run(...command.split(" ")));
    const socket = join(place.data, "api.sock");
    add("metrics", String(await createLocalSocket().call(socket, "gate.metrics", null)));
    for (const path of ["/config_dump?include_eds", "/certs", "/stats/prometheus", "/clusters"])
      add(path, await admin(path));
    return said;
  }

  async function admin(path: string): Promise<Uint8Array> {
    const socketPath = join(place.data, "envoy", "admin.sock");
    const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
    http
      .get({ socketPath, path, agent: false }, (answer) => buffer(answer).then(resolve, reject))
      .on("error", reject);
    return await promise;
  }

  function whereFound(keys: readonly SoughtKey[], said: Said): readonly string[] {
    return keys.flatMap((key) =>
      [...said].flatMap(([where, what]) =>
        findKey(key, what).map((form) => `${key.name} in ${where}: ${form}`),
      ),
    );
  }

  test("are in their own Secrets, and nowhere else: log, objects, metrics, Envoy, what commands print", async () => {
    const stored = await secrets();
    const keys = stored.flatMap((one) => one.keys);
    const names = keys.map(({ name }) => name).sort();
    const ofTickets = [ticketSecretName, ...wanted.map((name) => `tickets of ${name}`)];
    assert.deepEqual(names, ["account-key", ...wanted, ...ofTickets].sort());
    const said = await everything();
    for (const must of ["sekisho.log", "envoy.log", "/config_dump?include_eds", "metrics"])
      assert.ok((said.get(must)?.length ?? 0) > 0, `${must} was looked into`);
    assert.match(String(said.get("/config_dump?include_eds")), /tickets\/default\/by-acme/);
    assert.deepEqual(whereFound(keys, said), []);
    for (const { name, text, keys: own } of stored) {
      const [mine] = own;
      if (mine !== undefined) assert.notDeepEqual(findKey(mine, Buffer.from(text)), [], name);
      const others = keys.filter((key) => key.name !== name);
      assert.deepEqual(whereFound(others, new Map([[name, Buffer.from(text)]])), []);
    }
  });

  test("would be found, in whatever form they were put down", async () => {
    const pair = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
    const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
    const ofTickets = createTicketSeed().reveal();
    const seeds = [pair, rsa, ofTickets].flatMap((key, index) =>
      formsOf(key).map(([form, content]) => ({ key, form, content, index })),
    );
    const named = seeds.map((one) => ({ ...one, name: `seed-${one.index}-${one.form}` }));
    const texts = named.map(({ name, content }) => [name, textOf(content)] as const);
    directory.write("seeds.json", seeded(texts));
    for (const { name, content } of named) writeFileSync(join(place.data, `${name}.log`), content);
    const are = async (): Promise<boolean> => {
      const all = await run("get", "issuers", "-o", "json");
      return texts.every(([, text]) => all.includes(JSON.stringify(text)));
    };
    await until(are, { what: "the seeds", longestMs: 20_000, everyMs: 50 });
    const said = new Map(await everything());
    for (const { name } of named)
      said.set(`get ${name}`, Buffer.from(await run("get", "issuer", name, "-o", "json")));
    for (const { name, key, form } of named) {
      const found = whereFound([{ name, key }], said);
      for (const where of [`${name}.log`, `get ${name}`])
        assert.ok(
          found.some((one) => one.includes(` in ${where}: `)),
          `${form} in ${where}`,
        );
    }
  });

  test("are not in what it prints until it has ended", async () => {
    const keys = (await secrets()).flatMap((one) => one.keys);
    const { code, out, err } = await stop();
    assert.equal(code, 0, err);
    assert.match(out, /"event":"ready"/);
    assert.deepEqual(whereFound(keys, new Map([["printed", Buffer.from(`${out}${err}`)]])), []);
  });
});

const commands = [
  ...["get secrets -A", "describe secret by-acme", "describe certificate by-acme"],
  ...["cert status by-acme", "cert inspect by-acme", "explain certificate/by-acme"],
  ...["explain https://by-acme.example.com/", "status", "status -o json", "events", "check"],
];

function manifests(acme: JsonObject, arn: string): string {
  const apiVersion = "cert-manager.io/v1";
  const aws = { kind: "AWSPCAIssuer", group: "awspca.cert-manager.io", name: "aws" };
  const certificate = (name: string, issuerRef: JsonObject, spec: JsonObject = {}): JsonObject => ({
    ...{ apiVersion, kind: "Certificate", metadata: { name } },
    spec: {
      ...{ secretName: name, dnsNames: [`${name}.example.com`], issuerRef },
      ...{ privateKey: { algorithm: "ECDSA" }, ...spec },
    },
  });
  const issuer = (name: string, spec: JsonObject): JsonObject => ({
    ...{ apiVersion, kind: "Issuer", metadata: { name }, spec },
  });
  return JSON.stringify({
    ...{ apiVersion: "v1", kind: "List" },
    items: [
      issuer("self", { selfSigned: {} }),
      issuer("ca", { ca: { secretName: "root" } }),
      issuer("acme", { acme }),
      certificate("root", { name: "self" }, { isCA: true, commonName: "root" }),
      certificate("by-ca", { name: "ca" }, { privateKey: { algorithm: "RSA" } }),
      certificate("by-acme", { name: "acme" }),
      certificate("by-aws", aws),
      {
        ...{ apiVersion: "v1", kind: "Secret", metadata: { name: "aws" } },
        stringData: { AWS_ACCESS_KEY_ID: awsKey.id, AWS_SECRET_ACCESS_KEY: awsKey.secret },
      },
      {
        ...{ apiVersion: `${aws.group}/v1beta1`, kind: aws.kind, metadata: { name: aws.name } },
        spec: { arn, secretRef: { name: "aws" } },
      },
      {
        ...{ apiVersion: "networking.k8s.io/v1", kind: "Ingress", metadata: { name: "shop" } },
        spec: {
          tls: wanted.map((name) => ({ hosts: [`${name}.example.com`], secretName: name })),
          rules: wanted.map((name) => ({ host: `${name}.example.com` })),
        },
      },
    ],
  });
}

/** The seed in its Secret, and what it gives for each group. */
function ticketKeysOf(name: string, seeds: string): readonly SoughtKey[] {
  return parseSeeds(seeds).flatMap(({ seed }) => [
    { name, key: seed.reveal() },
    ...wanted.map((one) => ({
      name: `tickets of ${one}`,
      key: ticketKey(seed, `default/${one}`).reveal(),
    })),
  ]);
}

function formsOf(
  key: SoughtKey["key"],
): readonly (readonly [form: string, content: string | Buffer])[] {
  if (key instanceof Uint8Array) {
    const bytes = Buffer.from(key);
    return [
      ["bytes", bytes],
      ["hex", bytes.toString("hex")],
      ["base64", bytes.toString("base64")],
      ["again", Buffer.from(`of ${bytes.toString("base64")}\n`).toString("base64")],
    ];
  }
  const der = key.export({ type: "pkcs8", format: "der" });
  const pem = key.export({ type: "pkcs8", format: "pem" }).toString();
  return [
    ["pem", pem],
    ["der", der],
    ["hex", der.toString("hex")],
    ["base64", der.toString("base64")],
    ["json", JSON.stringify({ message: pem })],
    ["again", Buffer.from(pem).toString("base64")],
  ];
}

/** What an object can hold of it. */
function textOf(content: string | Buffer): string {
  return typeof content === "string" ? content : content.toString("hex");
}

function seeded(texts: readonly (readonly [name: string, text: string])[]): string {
  return JSON.stringify({
    ...{ apiVersion: "v1", kind: "List" },
    items: texts.map(([name, text]) => ({
      ...{ apiVersion: "cert-manager.io/v1", kind: "Issuer", spec: { selfSigned: {} } },
      metadata: { name, annotations: { "example.com/seed": text } },
    })),
  });
}
