/** What the steps of the Ingress conformance features do, and what they look at. */

import assert from "node:assert/strict";
import type { Step } from "#test/conformance/gherkin.ts";
import type { StepDefinitions } from "#test/conformance/step-definitions.ts";
import { type AskedUrl, type IngressStage, readEcho } from "./ingress-stage.ts";

type IngressAction = (
  stage: IngressStage,
  words: readonly string[],
  step: Step,
) => Promise<void> | void;

const given: StepDefinitions<IngressAction> = [
  [/^a new random namespace$/, (stage) => stage.createNamespace()],
  [
    /^a self-signed TLS secret named "([^"]*)" for the "([^"]*)" hostname$/,
    (stage, [name = "", host = ""]) => stage.createTlsSecret(name, host),
  ],
  [/^an Ingress resource$/, (stage, _, { document = "" }) => stage.createIngress(document)],
  [
    /^an Ingress resource in a new random namespace$/,
    async (stage, _, { document = "" }) => {
      await stage.createNamespace();
      await stage.createIngress(document);
    },
  ],
  [
    /^an Ingress resource named "([^"]*)" with this spec:$/,
    (stage, [name = ""], { document = "" }) => stage.createIngressWithSpec(name, document),
  ],
  [
    /^The Ingress status shows the IP address or FQDN where it is exposed$/,
    (stage) => stage.awaitAddress(),
  ],
  [
    /^The Ingress status should not contain the IP address or FQDN$/,
    (stage) => stage.assertNoAddress(),
  ],
  [
    /^The backend deployment "([^"]*)" for the ingress resource is scaled to (\d+)$/,
    (stage, [name = "", replicas]) => stage.scale(name, Number(replicas)),
  ],
];

const sending: StepDefinitions<IngressAction> = [
  [
    /^I send a "([^"]*)" request to "(https?:\/\/[^"]*)"$/,
    (stage, [method = "", url = ""]) => stage.send(askedUrl(method, url)),
  ],
  [
    /^I send a "([^"]*)" request to http:\/\/"([^"]*)"\/"([^"]*)"$/,
    (stage, [method = "", host = "", path = ""]) =>
      stage.send({ method, scheme: "http", host, path: `/${path}` }),
  ],
  [
    /^I send (\d+) requests to "(https?:\/\/[^"]*)"$/,
    (stage, [times, url = ""]) => stage.send(askedUrl("GET", url), Number(times)),
  ],
];

const response: StepDefinitions<IngressAction> = [
  [
    /^the response status-code must be (\d+)$/,
    ({ answer }, [status]) => assert.equal(answer.status, Number(status)),
  ],
  [
    /^the response must be served by the "([^"]*)" service$/,
    ({ echo }, [service]) => assert.equal(echo.service, service),
  ],
  [
    /^the response proto must be "([^"]*)"$/,
    ({ answer }, [proto]) => assert.equal(answer.proto, proto),
  ],
  [
    /^the response headers must contain <key> with matching <value>$/,
    ({ answer }, _, { table }) =>
      assertHeaders(table, (name) => answer.headers.get(name.toLowerCase())),
  ],
  [
    /^the secure connection must verify the "([^"]*)" hostname$/,
    ({ answer: { secured } }, [host = ""]) => {
      assert.ok(secured, "the connection is not secure");
      assert.equal(secured.objection, undefined);
      assert.ok(secured.isFor(host), `the certificate is not for ${host}`);
    },
  ],
  [
    /^all the responses status-code must be (\d+) and the response body should contain the IP address of (\d+) different Kubernetes pods$/,
    async (stage, [status, count]) => {
      const statuses = new Set(stage.answers.map((answer) => answer.status));
      assert.deepEqual([...statuses], [Number(status)]);
      const addresses = await stage.podAddresses();
      const answered = stage.answers.map(({ body }) => addresses.get(readEcho(body).pod));
      assert.ok(!answered.includes(undefined), "an answer is of no pod of the namespace");
      assert.equal(new Set(answered).size, Number(count));
    },
  ],
];

const request: StepDefinitions<IngressAction> = [
  [
    /^the request method must be "([^"]*)"$/,
    ({ echo }, [method]) => assert.equal(echo.method, method),
  ],
  [
    /^the request path must be "([^"]*)"$/,
    ({ echo }, [path = ""]) => assert.equal(echo.path, path.startsWith("/") ? path : `/${path}`),
  ],
  [/^the request host must be "([^"]*)"$/, ({ echo }, [host]) => assert.equal(echo.host, host)],
  [/^the request proto must be "([^"]*)"$/, ({ echo }, [proto]) => assert.equal(echo.proto, proto)],
  [
    /^the request headers must contain <key> with matching <value>$/,
    ({ echo }, _, { table }) => assertHeaders(table, (name) => echo.headers[name]),
  ],
];

export const ingressSteps = [...given, ...sending, ...response, ...request];

function askedUrl(method: string, text: string): AskedUrl {
  const [, scheme, host = "", path = ""] = /^(https?):\/\/([^/]*)(.*)$/.exec(text) ?? [];
  return {
    method,
    scheme: scheme === "https" ? "https" : "http",
    host,
    path: path === "" ? "/" : path,
  };
}

/** The table has a heading; `*` stands for any value. */
function assertHeaders(
  table: Step["table"],
  valuesOf: (name: string) => readonly string[] | undefined,
): void {
  const [heading, ...rows] = table ?? [];
  assert.deepEqual(heading, ["key", "value"]);
  assert.notEqual(rows.length, 0);
  for (const [name = "", wanted = ""] of rows) {
    const values = valuesOf(name);
    assert.ok(values, `there is no header ${name}`);
    if (wanted !== "*") assert.ok(values.includes(wanted), `${name}: ${values.join(", ")}`);
  }
}
