import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Finding } from "#base/finding.ts";
import type { JsonObject } from "#base/json.ts";
import { createLocator, versionOf } from "./locator.ts";
import { defaultManifestLimits, type ParsedFile, parseManifests } from "./manifest.ts";
import { type FileObjects, readObjects } from "./manifest-objects.ts";
import type { Recognise } from "./source-object.ts";

const recognise: Recognise = (apiVersion, kind) => {
  if (kind === "Namespace") return { namespaced: false };
  if (apiVersion === "extensions/v1beta1" && kind === "Ingress") {
    const convert = (raw: JsonObject): JsonObject => ({
      ...raw,
      apiVersion: "networking.k8s.io/v1",
      kind: "Ingress",
    });
    return { namespaced: true, convert };
  }
  return ["Service", "ConfigMap", "Ingress"].includes(kind) ? { namespaced: true } : "unclaimed";
};

function parse(text: string | Uint8Array, limits = defaultManifestLimits): ParsedFile {
  return parseManifests(typeof text === "string" ? Buffer.from(text) : text, "x.yaml", limits);
}

function objectsOf(text: string): FileObjects {
  return readObjects(parse(text), recognise);
}

function summarise({ reason, place }: Finding): string {
  return `${reason} ${place?.line}:${place?.column}`;
}

function service(name: string, more = ""): string {
  return `apiVersion: v1\nkind: Service\nmetadata:\n  name: ${name}\n${more}`;
}

test("documents are numbered as they are written, empty ones counted and left out", () => {
  const { documents, whole } = parse("a: 1\n---\n# nothing\n---\nb: 2\n");
  assert.equal(whole, true);
  assert.deepEqual(
    documents.map(({ index, value }) => [index, value]),
    [
      [0, { a: 1 }],
      [2, { b: 2 }],
    ],
  );
});

test("a broken document is reported where it breaks, and so is the next one", () => {
  const { findings, whole } = parse("a: 1\n---\nb: [\n---\nc: d: e\n");
  assert.equal(whole, false);
  assert.deepEqual(findings.map(summarise), ["InvalidYaml 4:1", "InvalidYaml 5:5"]);
});

test("a key written twice is reported at its second place, in JSON too", () => {
  assert.deepEqual(parse("a: 1\nb: 2\na: 3\n").findings.map(summarise), ["DuplicateField 3:1"]);
  assert.deepEqual(parse('{"a": 1,\n "a": 2}').findings.map(summarise), ["DuplicateField 2:2"]);
});

test("text behind the end of a document is reported, for kubectl does not read it", () => {
  assert.deepEqual(parse("a: 1\n...\nb: 2\n").findings.map(summarise), ["TextAfterDocument 3:1"]);
  assert.deepEqual(parse("[a] b\n").findings.map(summarise), ["TextAfterDocument 1:5"]);
});

test("bytes that are no UTF-8 are reported with their offset", () => {
  const bytes = Buffer.concat([Buffer.from("a: é\nb: x"), Buffer.from([0xff, 0x41])]);
  const { findings, whole } = parse(bytes);
  assert.equal(whole, false);
  assert.match(findings[0]?.message ?? "", /offset 10 /);
  assert.deepEqual(findings.map(summarise), ["NotUtf8 2:5"]);
});

test("UTF-16 with a byte order mark is read", () => {
  const bytes = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from("a: é", "utf16le")]);
  assert.deepEqual(parse(bytes).documents[0]?.value, { a: "é" });
});

test("a file over the limit is not read", () => {
  const { findings } = parse("a: 1", { ...defaultManifestLimits, maxFileBytes: 3 });
  assert.equal(findings[0]?.reason, "FileTooLarge");
});

test("documents over the limit are not read", () => {
  const { findings, documents } = parse("a\n---\nb\n---\nc", {
    ...defaultManifestLimits,
    maxDocuments: 2,
  });
  assert.deepEqual(findings.map(summarise), ["TooManyDocuments 5:1"]);
  assert.equal(documents.length, 2);
});

test("an object gets the namespace default, one of a cluster-wide kind none", () => {
  const text = `${service("web")}---\napiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n`;
  const { objects } = objectsOf(text);
  assert.deepEqual(
    objects.map(({ draft }) => draft.metadata),
    [
      { name: "web", namespace: "default" },
      { name: "shop", namespace: "" },
    ],
  );
});

test("the body is all but apiVersion, kind, metadata and status; a status is noted", () => {
  const { objects, findings } = objectsOf(
    service("web", "spec: {a: 1}\ndata: {b: c}\nstatus: {x: 1}\n"),
  );
  assert.deepEqual(objects[0]?.draft.body, { spec: { a: 1 }, data: { b: "c" } });
  assert.deepEqual(
    findings.map(({ reason, severity, origin }) => [reason, severity, origin.path]),
    [["StatusIgnored", "info", "status"]],
  );
});

test("labels and annotations must be text: a number is refused at its line, null is the empty text", () => {
  const text = service(
    "web",
    "  labels: {a: }\n  annotations:\n    nginx.org/x: 'y'\n    port: 80\n",
  );
  const { objects, findings, refused } = objectsOf(text);
  assert.deepEqual(objects, []);
  assert.deepEqual(refused, [{ kind: "Service", namespace: "default", name: "web" }]);
  assert.deepEqual(findings.map(summarise), ["InvalidObject 8:5"]);
  assert.match(findings[0]?.message ?? "", /but this is the number 80/);
  const fine = objectsOf(service("web", "  labels: {a: }\n"));
  assert.deepEqual(fine.objects[0]?.draft.metadata.labels, { a: "" });
});

test("an object of a legacy version that is too large is known as what it would have become", () => {
  const rules = "x".repeat(1000);
  const text = `apiVersion: extensions/v1beta1\nkind: Ingress\nmetadata: {name: web}\nspec: {rules: ${rules}}\n`;
  const limits = { ...defaultManifestLimits, maxObjectLength: 1000 };
  const { refused, findings } = readObjects(parse(text), recognise, undefined, limits);
  const name = { namespace: "default", name: "web" };
  assert.deepEqual(refused, [{ kind: "Ingress.networking.k8s.io", ...name }]);
  assert.deepEqual(findings.map(summarise), ["ObjectTooLarge 1:1"]);
});

const refusals: Readonly<Record<string, readonly [string, string]>> = {
  "no apiVersion": ["kind: Service\nmetadata: {name: a}\n", "InvalidObject 1:1"],
  "a kind that is no text": ["apiVersion: v1\nkind: 5\n", "InvalidObject 2:1"],
  "no metadata": ["apiVersion: v1\nkind: Service\n", "InvalidObject 1:1"],
  "metadata that is a list": [
    "apiVersion: v1\nkind: Service\nmetadata: [a]\n",
    "InvalidObject 3:1",
  ],
  "a name that is a number": [
    "apiVersion: v1\nkind: Service\nmetadata:\n  name: 5\n",
    "InvalidObject 4:3",
  ],
  "a name with a slash": [
    "apiVersion: v1\nkind: Service\nmetadata:\n  name: a/b\n",
    "InvalidObject 4:3",
  ],
  "a generated name": [
    "apiVersion: v1\nkind: Service\nmetadata:\n  generateName: a-\n",
    "InvalidObject 4:3",
  ],
  "a namespace in capitals": [
    "apiVersion: v1\nkind: Service\nmetadata:\n  name: a\n  namespace: A\n",
    "InvalidObject 5:3",
  ],
  "a text instead of an object": ["just text\n", "InvalidObject 1:1"],
  "an item that is no object": ["apiVersion: v1\nkind: List\nitems:\n- 5\n", "InvalidObject 4:3"],
};
for (const [name, [text, expected]] of Object.entries(refusals)) {
  test(`${name} is an error with its place`, () => {
    const { objects, findings } = objectsOf(text);
    assert.deepEqual(objects, []);
    assert.ok(findings.map(summarise).includes(expected), JSON.stringify(findings));
    assert.ok(findings.every(({ severity, advice }) => severity === "error" && advice !== ""));
  });
}

test("unknown metadata is a warning, what Sekisho assigns a note; null counts as absent", () => {
  const text = service("web", "  label: {a: b}\n  uid: x\n  creationTimestamp: null\n");
  const { objects, findings } = objectsOf(text);
  assert.equal(objects.length, 1);
  assert.deepEqual(
    findings.map(({ reason, severity, origin }) => [reason, severity, origin.path]),
    [
      ["AssignedFieldIgnored", "info", "metadata.uid"],
      ["UnknownField", "warning", "metadata.label"],
    ],
  );
});

test("lists stand for their items, lists in lists too, and typed lists name their items", () => {
  const items =
    "- {metadata: {name: a}}\n- {apiVersion: v1, kind: ConfigMap, metadata: {name: b}}\n";
  const typed = `apiVersion: v1\nkind: ServiceList\nitems:\n${items}`;
  const { objects } = objectsOf(typed);
  assert.deepEqual(
    objects.map(({ draft, within }) => [draft.kind, draft.metadata.name, within]),
    [
      ["Service", "a", "items[0]"],
      ["ConfigMap", "b", "items[1]"],
    ],
  );
  const nested = objectsOf(
    "apiVersion: v1\nkind: List\nitems: [{apiVersion: v1, kind: List, items: [{apiVersion: v1, kind: Service, metadata: {name: c}}]}]",
  );
  assert.deepEqual(
    nested.objects.map(({ within }) => within),
    ["items[0].items[0]"],
  );
});

test("legacy versions are converted by the hook", () => {
  const { objects } = objectsOf(
    "apiVersion: extensions/v1beta1\nkind: Ingress\nmetadata: {name: a}\nspec: {}\n",
  );
  assert.equal(objects[0]?.draft.apiVersion, "networking.k8s.io/v1");
});

test("kinds that nobody claims are counted with their first object and not checked", () => {
  const text =
    "apiVersion: example.com/v1\nkind: Cup\nmetadata: {name: a}\n---\napiVersion: example.com/v1\nkind: Cup\n";
  const { unclaimed, findings } = objectsOf(text);
  assert.deepEqual(findings, []);
  assert.deepEqual(unclaimed, [
    {
      apiVersion: "example.com/v1",
      kind: "Cup",
      count: 2,
      firstName: "a",
      document: 0,
      within: "",
    },
  ]);
});

test("fields named like parts of JavaScript objects are fields like any other", () => {
  const { objects } = objectsOf(service("web", "__proto__: {polluted: 1}\nconstructor: x\n"));
  const body = objects[0]?.draft.body ?? {};
  assert.deepEqual(Object.keys(body), ["__proto__", "constructor"]);
  assert.equal("polluted" in body, false);
});

const ingress = `# a comment
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: cafe
  annotations:
    nginx.org/x: "1"
    "a[b]c": "2"
spec:
  rules:
  - host: a.example.com
    http: &http
      paths:
      - path: /
      - {path: /tea, backend: {service: {name: tea}}}
  - host: b.example.com
    http: *http
`;

test("every field has a line and a column, and what is missing has those of its nearest ancestor", () => {
  const parsed = parse(`${service("web")}---\n${ingress}`);
  const locator = createLocator(defaultManifestLimits);
  const expected: Readonly<Record<string, string>> = {
    "": "7:1",
    "metadata.name": "10:3",
    "metadata.annotations[nginx.org/x]": "12:5",
    "metadata.annotations[a[b]c]": "13:5",
    "spec.rules[0].host": "16:5",
    "spec.rules[0]": "16:5",
    "spec.rules[0].http.paths[1].backend.service.name": "20:42",
    "spec.rules[0].http.paths[1].backend.service.port.number": "20:32",
    "spec.rules[0].http.paths[7].backend": "18:7",
    "spec.rules[1].http.paths[1].path": "20:10",
    "spec.tls[0]": "14:1",
    "no.such.field": "7:1",
  };
  for (const [path, place] of Object.entries(expected)) {
    const { file, line, column } = locator.placeOf(versionOf(parsed), 1, path);
    assert.equal(`${file} ${line}:${column}`, `x.yaml ${place}`, path);
  }
});

test("fields of JSON and of merged mappings have places too", () => {
  const locator = createLocator(defaultManifestLimits);
  const json = parse('{"a": {"😀 \\ud83d\\/": [\n  1, {"b": 2}]}}');
  assert.equal(locator.placeOf(versionOf(json), 0, "a[😀 \ufffd/][1].b").line, 2);
  assert.equal(locator.placeOf(versionOf(json), 0, "a[😀 \ufffd/][1].b").column, 7);
  const merged = parse("x: &x\n  a: 1\nz:\n  <<: *x\n  b: 2\n");
  assert.equal(locator.placeOf(versionOf(merged), 0, "z.a").line, 2);
  assert.equal(locator.placeOf(versionOf(merged), 0, "z.b").line, 5);
});

test("columns count characters", () => {
  const parsed = parse('a: {"😀": 1, b: 2}\n');
  const place = createLocator(defaultManifestLimits).placeOf(versionOf(parsed), 0, "a.b");
  assert.deepEqual(place, { file: "x.yaml", line: 1, column: 13 });
});

test("no bytes and no text make the reader throw, and every finding has a place in the file", () => {
  const pieces = fc.constantFrom(
    "apiVersion: v1\n",
    "kind: List\n",
    "items:\n",
    "- ",
    "kind: Service\n",
    "metadata:\n",
    "  name: a\n",
    "  labels: ",
    "{",
    "}",
    "[",
    "]",
    ": ",
    "\n",
    "&a ",
    "*a",
    "|\n",
    '"',
    "---\n",
    "<<: ",
    "x",
    "1",
    "null",
    "\t",
    "__proto__: ",
    '{"a":1}',
  );
  const texts = fc.oneof(
    fc.uint8Array({ maxLength: 60 }),
    fc.string({ unit: "binary", maxLength: 60 }).map((text) => Buffer.from(text)),
    fc.array(pieces, { maxLength: 25 }).map((parts) => Buffer.from(parts.join(""))),
  );
  fc.assert(
    fc.property(texts, (bytes) => {
      const parsed = parse(bytes);
      const { findings } = readObjects(parsed, recognise);
      const lines = parsed.text.split("\n").length;
      for (const { place, severity } of [...parsed.findings, ...findings]) {
        if (severity === "error") assert.ok(place !== undefined);
        if (place !== undefined)
          assert.ok(
            place.line >= 1 && place.column >= 1 && (parsed.text === "" || place.line <= lines + 1),
          );
      }
    }),
    { numRuns: 3000 },
  );
});
