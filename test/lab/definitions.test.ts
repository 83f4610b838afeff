/** The definitions of our kinds in a real API server: installed beside those of others, explained and printed by the real kubectl. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { fields, list, optional, required, text } from "#base/schema.ts";
import { customResourceDefinition, definitionName } from "#kinds/custom-resource-definition.ts";
import type { Kind } from "#kinds/kind.ts";
import { policyKind } from "#kinds/nginx/policy.ts";
import { transportServerKind } from "#kinds/nginx/transport-server.ts";
import { runCommand } from "#test/system/harness/commands.ts";
import { repository } from "#test/system/harness/program.ts";
import { skipWithoutLab } from "./build/requirements.ts";
import type { Lab } from "./lab.ts";
import { startLab } from "./lab.ts";

const skip = await skipWithoutLab();
const files = join(repository, "deploy/crds");

/** A kind with everything that a parser can tell. */
const toll = {
  ...policyKind,
  id: "Toll.example.com",
  group: "example.com",
  kind: "Toll",
  plural: "tolls",
  shortNames: [],
  legacy: {},
  columns: [],
  definition: { description: "What passing costs." },
  parse: fields({
    spec: required(
      fields({
        coins: required(
          list(
            fields(
              { gold: optional(text, "In gold."), silver: optional(text, "In silver.") },
              {
                rule: "has(self.gold) != has(self.silver)",
                holds: ({ gold, silver }) => (gold === undefined) !== (silver === undefined),
                message: "is paid in gold or in silver, and not in both",
              },
            ),
          ),
          "One of each kind.",
        ),
        payer: optional(text, "Who pays.", "the traveller"),
      }),
      "The price.",
    ),
  }),
};

describe("definitions of our kinds", { skip }, () => {
  const undo = new AsyncDisposableStack();
  let lab: Lab;

  before(async () => {
    lab = undo.use(await startLab({ without: "pods" }));
  });
  after(() => undo.disposeAsync());

  async function apply(manifest: unknown, ...options: readonly string[]): Promise<string> {
    return await lab.kubectl(["apply", ...options, "-f", "-"], JSON.stringify(manifest));
  }

  async function install(
    ...options: readonly string[]
  ): Promise<{ readonly out: string; readonly err: string; readonly code: number | null }> {
    return await runCommand(["install", "crds", "--kubeconfig", lab.kubeconfig, ...options]);
  }

  /** The definition of a kind as somebody else has it: without our label, with one version. */
  function foreign(kind: Kind<unknown>, version: string): unknown {
    const { spec } = customResourceDefinition({ ...kind, definition: { description: "Theirs." } });
    const [only] = (spec as { readonly versions: readonly object[] }).versions;
    return {
      apiVersion: "apiextensions.k8s.io/v1",
      kind: "CustomResourceDefinition",
      metadata: { name: definitionName(kind) },
      spec: { ...(spec as object), versions: [{ ...only, name: version }] },
    };
  }

  async function contentOf(name: string): Promise<string> {
    const content = "{.metadata.generation} {.metadata.labels} {.metadata.annotations}";
    return await lab.kubectl(["get", "crd", name, "-o", `jsonpath=${content}`]);
  }

  it("are taken by the API server without a warning", async () => {
    const said = await lab.kubectl([
      "apply",
      "--dry-run=server",
      "--warnings-as-errors",
      "-f",
      files,
    ]);
    assert.match(said, /virtualservers\.k8s\.nginx\.org created/);
  });

  it("are created where they are missing; those of others stay, and one too old to be read is named", async () => {
    const theirs = [definitionName(policyKind), definitionName(transportServerKind)] as const;
    await apply(foreign(policyKind, "v1"), "--server-side", "--field-manager=somebody");
    await apply(foreign(transportServerKind, "v1alpha1"));
    const before = await Promise.all(theirs.map(contentOf));
    const trial = await install("--dry-run");
    assert.match(trial.out, /virtualservers\.k8s\.nginx\.org would be created$/m);
    assert.deepEqual(
      await lab.kubectl(["get", "crd", "-l", "app.kubernetes.io/managed-by", "-o", "name"]),
      "",
    );
    const { out, err, code } = await install();
    assert.equal(code, 1);
    assert.match(out, /virtualservers\.k8s\.nginx\.org created$/m);
    assert.match(out, /policies\.k8s\.nginx\.org left to somebody, serves v1$/m);
    assert.match(err, /transportservers\.k8s\.nginx\.org left to .*, serves v1alpha1\n.* reads v1/);
    assert.deepEqual(await Promise.all(theirs.map(contentOf)), before);
    await lab.kubectl(["delete", "crd", ...theirs]);
  });

  it("are updated when they are ours, whoever applied them, and not touched when nothing changes", async () => {
    assert.equal((await install()).code, 0);
    assert.match((await install()).out, /virtualservers\.k8s\.nginx\.org unchanged$/m);
    const add = '[{"op": "remove", "path": "/spec/names/shortNames"}]';
    await lab.kubectl(["patch", "crd/virtualservers.k8s.nginx.org", "--type=json", "-p", add]);
    const trial = await install("--dry-run");
    assert.match(trial.out, /virtualservers\.k8s\.nginx\.org would be updated$/m);
    const { out } = await install();
    assert.match(out, /virtualservers\.k8s\.nginx\.org updated$/m);
    assert.match(out, /policies\.k8s\.nginx\.org unchanged$/m);
  });

  it("are explained by kubectl, sentence by sentence", async () => {
    const explained = await lab.kubectl(["explain", "virtualserver.spec.upstreams"]);
    assert.match(explained, /^ {2}port\t<integer>\n {4}Port of the Service/m);
    assert.doesNotMatch(explained, /<no description>|<empty>/);
  });

  it("keep fields that are not known, and print columns", async () => {
    const spec = { host: "cafe.example.com", future: { field: true } };
    const metadata = { name: "cafe" };
    await apply({ apiVersion: "k8s.nginx.org/v1", kind: "VirtualServer", metadata, spec });
    const kept = await lab.kubectl(["get", "vs", "cafe", "-o", "jsonpath={.spec.future.field}"]);
    assert.equal(kept, "true");
    const status = { state: "Valid", externalEndpoints: [{ ip: "192.0.2.1", ports: "[80,443]" }] };
    const patch = JSON.stringify({ status });
    await lab.kubectl(["patch", "vs/cafe", "--subresource=status", "--type=merge", "-p", patch]);
    const asked = ["get", "virtualservers", "-o", "wide"];
    const printed = (await lab.kubectl(asked)).replace(/\d+s/, "AGE");
    const ours = await runCommand([...asked, "--kubeconfig", lab.kubeconfig]);
    assert.match(printed, /^NAME +STATE +HOST +IP +PORTS +AGE +EXTERNALHOSTNAME\ncafe +Valid /);
    const cells = (table: string): readonly string[] => table.trim().split(/\s+/);
    assert.deepEqual(cells(ours.out.replace(/\d+s/, "AGE")), cells(printed));
    assert.match(await lab.kubectl(["get", "sekisho"]), /virtualserver\.k8s\.nginx\.org\/cafe/);
  });

  it("have wrong values refused by the API server, those against a rule in our words", async () => {
    const server = (spec: object): unknown => ({
      apiVersion: "k8s.nginx.org/v1",
      kind: "VirtualServer",
      metadata: { name: "wrong" },
      spec,
    });
    await assert.rejects(
      apply(server({ upstreams: [{ name: "tea", port: 70_000 }] })),
      /spec\.upstreams\[0\]\.port.*less than or equal to 65535/,
    );
    await assert.rejects(apply(server({ "add-header-inherit": "x" })), /"on", "off", "merge"/);
    await apply(customResourceDefinition(toll));
    await lab.kubectl(["wait", "--for=condition=Established", "crd/tolls.example.com"]);
    const price = (...coins: readonly object[]): unknown => ({
      apiVersion: "example.com/v1",
      kind: "Toll",
      metadata: { name: "bridge" },
      spec: { coins },
    });
    await assert.rejects(
      apply(price({ gold: "1" }, { gold: "1", silver: "9" })),
      /spec\.coins\[1\].*is paid in gold or in silver, and not in both/,
    );
    await apply(price({ gold: "1" }));
    const payer = ["get", "toll/bridge", "-o", "jsonpath={.spec.payer}"];
    assert.equal(await lab.kubectl(payer), "the traveller");
  });
});
