import assert from "node:assert/strict";
import { test } from "node:test";
import type { Json, JsonObject } from "#base/json.ts";
import { storedObject } from "#test/fakes/stored-object.ts";
import { ingressKind } from "./ingress.ts";
import { read } from "./kind.ts";
import type { KubeObject } from "./object.ts";
import { recognise } from "./recognise.ts";

function converted(apiVersion: string, spec: Json): JsonObject {
  const version = recognise(apiVersion, "Ingress");
  assert.equal(version?.kind.id, ingressKind.id);
  const raw = version?.convert?.({ apiVersion, kind: "Ingress", metadata: { name: "a" }, spec });
  assert.ok(raw);
  assert.equal(raw["apiVersion"], "networking.k8s.io/v1");
  assert.deepEqual(raw["metadata"], { name: "a" });
  return raw;
}

function specOf(apiVersion: string, spec: JsonObject): Json | undefined {
  return converted(apiVersion, spec)["spec"];
}

const path = { path: "/", backend: { serviceName: "web", servicePort: 80 } };

for (const version of ["extensions/v1beta1", "networking.k8s.io/v1beta1"]) {
  test(`${version}: serviceName and servicePort become a service with a numbered or named port`, () => {
    assert.deepEqual(
      specOf(version, {
        rules: [
          {
            host: "a.test",
            http: {
              paths: [
                { pathType: "Exact", path: "/n", backend: path.backend },
                {
                  pathType: "Prefix",
                  path: "/t",
                  backend: { serviceName: "web", servicePort: "http" },
                },
              ],
            },
          },
        ],
      }),
      {
        rules: [
          {
            host: "a.test",
            http: {
              paths: [
                {
                  pathType: "Exact",
                  path: "/n",
                  backend: { service: { name: "web", port: { number: 80 } } },
                },
                {
                  pathType: "Prefix",
                  path: "/t",
                  backend: { service: { name: "web", port: { name: "http" } } },
                },
              ],
            },
          },
        ],
      },
    );
  });

  test(`${version}: backend becomes defaultBackend, and what has kept its name stays`, () => {
    const kept = { ingressClassName: "old", tls: [{ secretName: "s" }] };
    assert.deepEqual(specOf(version, { backend: path.backend, ...kept }), {
      defaultBackend: { service: { name: "web", port: { number: 80 } } },
      ...kept,
    });
  });

  test(`${version}: an absent path is /, an absent pathType is ImplementationSpecific`, () => {
    assert.deepEqual(specOf(version, { rules: [{ http: { paths: [{ backend: {} }] } }] }), {
      rules: [
        { http: { paths: [{ path: "/", pathType: "ImplementationSpecific", backend: {} }] } },
      ],
    });
  });
}

test("what the conversion does not understand stays where it is, so that the parser reports it", () => {
  const strange = { rules: [7, { http: 8 }, { http: { paths: 9 } }, { http: { paths: ["x"] } }] };
  assert.deepEqual(specOf("extensions/v1beta1", strange), strange);
  assert.equal(converted("extensions/v1beta1", "text")["spec"], "text");
  const { problems } = read(ingressKind, ingress(strange));
  assert.deepEqual(
    problems.map(({ path: at }) => at),
    [
      "spec.rules[0]",
      "spec.rules[1].http",
      "spec.rules[2].http.paths",
      "spec.rules[3].http.paths[0]",
    ],
  );
});

test("a resource backend of a retired version is kept", () => {
  const resource = { apiGroup: "k8s.example.com", kind: "Bucket", name: "static" };
  assert.deepEqual(specOf("networking.k8s.io/v1beta1", { backend: { resource } }), {
    defaultBackend: { resource },
  });
});

function ingress(
  spec: JsonObject,
  annotations: Readonly<Record<string, string>> = {},
  status?: Json,
): KubeObject {
  const apiVersion = "networking.k8s.io/v1";
  return storedObject({
    ...{ apiVersion, kind: "Ingress", metadata: { annotations } },
    body: { spec },
    status,
  });
}

function columns(object: KubeObject): readonly string[] {
  const known = read(ingressKind, object);
  return ingressKind.columns.map(({ value }) => value(known));
}

test("get prints class, hosts, address and ports under kubectl's titles", () => {
  assert.deepEqual(
    ingressKind.columns.map(({ title }) => title),
    ["CLASS", "HOSTS", "ADDRESS", "PORTS"],
  );
});

test("an Ingress without class, hosts, status and TLS has the empty columns of kubectl", () => {
  assert.deepEqual(columns(ingress({})), ["<none>", "*", "", "80"]);
});

test("an Ingress with all of them shows them, the hosts in their order", () => {
  const rules = [{ host: "b.test" }, { host: "a.test" }];
  const status = { loadBalancer: { ingress: [{ ip: "192.0.2.1" }, { hostname: "lb.test" }] } };
  assert.deepEqual(
    columns(ingress({ ingressClassName: "nginx", rules, tls: [{ secretName: "s" }] }, {}, status)),
    ["nginx", "b.test,a.test", "192.0.2.1,lb.test", "80, 443"],
  );
});

test("the class of the old annotation is shown when the field is absent, and the field wins", () => {
  const annotations = { "kubernetes.io/ingress.class": "old" };
  assert.equal(columns(ingress({}, annotations))[0], "old");
  assert.equal(columns(ingress({ ingressClassName: "new" }, annotations))[0], "new");
});

test("more than three hosts are counted", () => {
  const rules = ["a", "b", "c", "d", "e"].map((name) => ({ host: `${name}.test` }));
  assert.equal(columns(ingress({ rules }))[1], "a.test,b.test,c.test + 2 more...");
});
