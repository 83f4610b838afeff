import assert from "node:assert/strict";
import { test } from "node:test";
import type { Finding } from "#base/finding.ts";
import type { Json, JsonObject } from "#base/json.ts";
import type { Problem } from "#base/schema.ts";
import { read } from "#kinds/kind.ts";
import { podKind } from "#kinds/pod.ts";
import { podSpec } from "#kinds/pod-template.ts";
import { storedObject } from "#test/fakes/stored-object.ts";
import type { IsolationMode } from "./isolation/isolation.ts";
import { podSupport } from "./support.ts";
import { specFindings } from "./workload-findings.ts";

function findings(spec: JsonObject, mode: IsolationMode = "root"): readonly Finding[] {
  const object = storedObject({ apiVersion: "v1", kind: "Pod", body: { spec } });
  const { value, problems } = read(podKind, object);
  return specFindings(
    { object, path: "spec", raw: spec, spec: value?.spec, problems },
    { images: { "my/app": { command: ["app"] } }, mode, firstFreePort: mode === "root" ? 0 : 1024 },
  );
}

const short = (all: readonly Finding[]): readonly unknown[] =>
  all.map(({ severity, reason, origin }) => [severity, reason, origin.path]);

const app = { name: "c", image: "my/app" };

test("a plain pod has nothing to say", () => {
  assert.deepEqual(findings({ containers: [{ ...app, ports: [{ containerPort: 80 }] }] }), []);
});

test("every ignored field is named where it stands, with a reason and advice", () => {
  const found = findings({
    containers: [
      app,
      { ...app, resources: { limits: { cpu: "1" } }, securityContext: { runAsUser: 1 } },
    ],
    volumes: [{ name: "v", persistentVolumeClaim: { claimName: "x" } }],
    nodeSelector: { disk: "ssd" },
    tolerations: [],
    hostPID: false,
  });
  assert.deepEqual(short(found).toSorted(), [
    ["info", "FieldWithoutEffect", "spec.containers[1].resources"],
    ["info", "FieldWithoutEffect", "spec.nodeSelector"],
    ["warning", "FieldWithoutEffect", "spec.containers[1].securityContext"],
    ["warning", "FieldWithoutEffect", "spec.volumes[0].persistentVolumeClaim"],
  ]);
  for (const { message, advice } of found) {
    assert.match(message, /^spec\..* has no effect: /);
    assert.notEqual(advice, "");
  }
});

test("unknown, wrong and missing fields are named", () => {
  const found = findings({ containers: [{ image: "my/app", prots: [] }], hostname: 3 });
  assert.deepEqual(short(found), [
    ["error", "MissingField", "spec.containers[0].name"],
    ["warning", "UnknownField", "spec.containers[0].prots"],
    ["error", "InvalidField", "spec.hostname"],
  ]);
});

test("an image without a program says what to add to sekisho.yaml", () => {
  const [found] = findings({ containers: [{ name: "c", image: "other/app:1" }] });
  assert.equal(found?.reason, "NoCommandForImage");
  assert.equal(found?.origin.path, "spec.containers[0].image");
  assert.match(found?.advice ?? "", /images: \{ "other\/app:1": \{ command:/);
});

test("commands of manifests are not run unless the image's entry allows it, and that is said", () => {
  const found = findings({
    containers: [
      {
        ...app,
        command: ["sh"],
        readinessProbe: { exec: { command: ["true"] } },
        lifecycle: { preStop: { exec: { command: ["true"] } } },
      },
      {
        name: "d",
        image: "kennethreitz/httpbin",
        env: [{ name: "NODE_OPTIONS", value: "--import=x" }],
      },
    ],
  });
  assert.deepEqual(short(found), [
    ["warning", "CommandNotRun", "spec.containers[0].command"],
    ["warning", "CommandNotRun", "spec.containers[0].readinessProbe.exec"],
    ["warning", "CommandNotRun", "spec.containers[0].lifecycle.preStop.exec"],
    ["warning", "CommandNotRun", "spec.containers[1].env[0]"],
  ]);
});

test("mounts are a finding only where there are no mount namespaces", () => {
  const spec = {
    containers: [{ ...app, volumeMounts: [{ name: "v", mountPath: "/v" }] }],
    volumes: [{ name: "v", emptyDir: {} }],
  };
  assert.deepEqual(findings(spec, "user"), []);
  assert.deepEqual(short(findings(spec, "none")), [
    ["warning", "VolumesNotMounted", "spec.containers[0].volumeMounts"],
  ]);
});

test("without a network of its own a program is told where to listen, and low ports move", () => {
  const ports = [
    { containerPort: 80 },
    { containerPort: 8080 },
    { containerPort: 53, protocol: "UDP" },
  ];
  const spec = { containers: [{ ...app, ports }] };
  assert.deepEqual(short(findings(spec, "root")), []);
  assert.deepEqual(short(findings(spec, "user")), [
    ["info", "PortMoved", "spec.containers[0].ports[0]"],
  ]);
  assert.deepEqual(short(findings(spec, "none")), [
    ["info", "NoNetworkOfItsOwn", "spec.containers[0].ports"],
    ["info", "PortMoved", "spec.containers[0].ports[0]"],
  ]);
  const standIn = { containers: [{ name: "c", image: "kennethreitz/httpbin", ports }] };
  assert.deepEqual(short(findings(standIn, "none")), [
    ["info", "PortMoved", "spec.containers[0].ports[0]"],
  ]);
});

/** A specification in which `path` has `value`. */
function withField(path: string, value: Json): JsonObject {
  const build = ([part, ...rest]: readonly string[]): Json => {
    if (part === undefined) return value;
    const inner = build(rest);
    return part.endsWith("[]") ? { [part.slice(0, -2)]: [inner] } : { [part]: inner };
  };
  return build(path.split(".")) as JsonObject;
}

test("the support list and the parser know the same fields", () => {
  for (const path of Object.keys(podSupport)) {
    const problems: Problem[] = [];
    podSpec(withField(path, {}), { path: "", problems });
    const unknown = problems.filter(({ problem }) => problem === "unknown");
    assert.deepEqual(unknown, [], path);
  }
});
