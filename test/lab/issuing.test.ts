/** Certificates that a cluster's own control plane issues: applied and waited for by the real kubectl, with no right too many. */

import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, describe, it } from "node:test";
import { until } from "#test/bench/measure/waiting.ts";
import { requestText } from "#test/fakes/certificates/approved-request.ts";
import { repository } from "#test/system/harness/program.ts";
import { skipWithoutLab } from "./build/requirements.ts";
import { curl } from "./curl.ts";
import { type IssuingLab, startIssuingLab } from "./issuing-lab.ts";
import type { Lab } from "./lab.ts";

const skip = await skipWithoutLab();
const longest = "--timeout=120s";

const everybody = {
  apiVersion: "cert-manager.io/v1",
  kind: "ClusterIssuer",
  metadata: { name: "everybody" },
  spec: { selfSigned: {} },
};

/** A ClusterRole, and its binding to somebody. */
function boundRole(name: string, rules: readonly object[], subject: object): readonly object[] {
  const apiVersion = "rbac.authorization.k8s.io/v1";
  const roleRef = { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name };
  return [
    { apiVersion, kind: "ClusterRole", metadata: { name }, rules },
    {
      ...{ apiVersion, kind: "ClusterRoleBinding", metadata: { name } },
      ...{ roleRef, subjects: [subject] },
    },
  ];
}

/** Both may ask and write statuses; bob may approve for one issuer. */
const ofPeople = {
  ...{ apiVersion: "v1", kind: "List" },
  items: ["alice", "bob"].flatMap((name) => {
    const apiGroups = ["cert-manager.io"];
    const resources = ["certificaterequests", "certificaterequests/status"];
    const signers = {
      ...{ apiGroups, resources: ["signers"], verbs: ["approve"] },
      resourceNames: ["foreigns.issuers.example.com/default.one"],
    };
    const rules = [
      { apiGroups, resources, verbs: ["create", "get", "patch"] },
      ...(name === "bob" ? [signers] : []),
    ];
    return boundRole(name, rules, { apiGroup: "rbac.authorization.k8s.io", kind: "User", name });
  }),
};

const useOfPolicies = {
  ...{ apiGroups: ["policy.cert-manager.io"], resources: ["certificaterequestpolicies"] },
  verbs: ["use"],
};

/** Both may ask; carol may use policies for what she asks for in one namespace. */
const ofPolicyUsers = (() => {
  const asking = {
    ...{ apiGroups: ["cert-manager.io"], resources: ["certificaterequests"] },
    verbs: ["create"],
  };
  const users = ["carol", "dave"].map((name) => {
    return { apiGroup: "rbac.authorization.k8s.io", kind: "User", name };
  });
  const [carol] = users;
  const [role, binding] = boundRole("policy-user-here", [useOfPolicies], carol ?? {});
  const items = [
    ...users.flatMap((user) => boundRole(`asking-${user.name}`, [asking], user)),
    ...[role, { ...binding, kind: "RoleBinding" }],
  ];
  return { apiVersion: "v1", kind: "List", items };
})();

/** An AWS of the lab, and what leads to it. */
interface ServedAws {
  readonly url: string;
  readonly arn: string;
  readonly key: { readonly id: string; readonly secret: string };
}

function awsObjects({ arn }: ServedAws): string {
  const apiVersion = "awspca.cert-manager.io/v1beta1";
  const issuer = { name: "aws", kind: "AWSPCAClusterIssuer", group: "awspca.cert-manager.io" };
  return [
    { apiVersion, kind: issuer.kind, metadata: { name: issuer.name }, spec: { arn } },
    { apiVersion, kind: "AWSPCAIssuer", metadata: { name: "poor" }, spec: { arn } },
    {
      ...{ apiVersion: "cert-manager.io/v1", kind: "Certificate", metadata: { name: "by-aws" } },
      spec: { secretName: "by-aws", dnsNames: ["aws.example.com"], issuerRef: issuer },
    },
  ]
    .map((one) => JSON.stringify(one))
    .join("\n---\n");
}

/** Endpoints and Secrets reach the proxies a moment after kubectl has seen them. */
const inAMoment = ["-k", "--retry", "60", "--retry-all-errors", "--retry-delay", "1"] as const;

describe("a cluster whose certificates are ours", { skip }, () => {
  const undo = new AsyncDisposableStack();
  let lab: Lab;
  let served: IssuingLab;

  before(async () => {
    served = undo.use(await startIssuingLab());
    ({ lab } = served);
  });
  after(() => undo.disposeAsync());

  async function columns(...asked: readonly string[]): Promise<readonly string[][]> {
    const lines = (await lab.kubectl(["get", ...asked])).trim().split("\n");
    return lines.map((line) => line.trim().split(/ {2,}/));
  }

  async function untilReady(what: string): Promise<void> {
    await lab.kubectl(["wait", "--for=condition=Ready", what, longest]);
  }

  async function chainOf(secret: string): Promise<X509Certificate> {
    const path = "-o=jsonpath={.data.tls\\.crt}";
    const encoded = await lab.kubectl(["get", "secret", secret, path]);
    return new X509Certificate(Buffer.from(encoded, "base64"));
  }

  it("serves a host with a certificate that its manifests asked for; kubectl waits for it", async () => {
    await lab.kubectl(["apply", "-f", join(repository, "examples/own-authority")]);
    await untilReady("certificate/shop");
    await untilReady("issuer/own");
    assert.deepEqual(
      (await columns("certificates")).map((row) => row.slice(0, 3)),
      [
        ["NAME", "READY", "SECRET"],
        ["authority", "True", "authority"],
        ["shop", "True", "shop-tls"],
      ],
    );
    assert.deepEqual((await columns("certificaterequests"))[0], [
      ...["NAME", "APPROVED", "DENIED", "READY", "ISSUER", "REQUESTER", "AGE"],
    ]);
    await lab.kubectl(["rollout", "status", "deployment/shop", longest]);
    const status = ["-o", "/dev/null", "-w", "%{http_code}", ...inAMoment];
    assert.equal(await curl(served, "https://shop.example.com/status/418", ...status), "418");
  });

  it("issues anew when the Secret is gone, and when the spec says otherwise", async () => {
    const { serialNumber } = await chainOf("shop-tls");
    await lab.kubectl(["delete", "secret", "shop-tls"]);
    await lab.kubectl(["wait", "--for=create", "secret/shop-tls", longest]);
    assert.notEqual((await chainOf("shop-tls")).serialNumber, serialNumber);
    const patch = JSON.stringify({ spec: { dnsNames: ["shop.example.com", "www.example.com"] } });
    await lab.kubectl(["patch", "certificate", "shop", "--type=merge", "-p", patch]);
    const revision = "--for=jsonpath={.status.revision}=3";
    await lab.kubectl(["wait", "certificate/shop", revision, longest]);
    const { subjectAltName } = await chainOf("shop-tls");
    assert.equal(subjectAltName, "DNS:shop.example.com, DNS:www.example.com");
  });

  it("has AWS Private CA sign, by the credentials that its pods are given", async () => {
    const program = ["tools/node", "test/fakes/aws-pca/served.fixture.ts", "10.244.0.1"] as const;
    const child = lab.enter(program, { stdio: ["pipe", "pipe", "inherit"] });
    undo.defer(() => void child.kill());
    assert.ok(child.stdout && child.stdin);
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const answer = async <Said>(): Promise<Said> =>
      JSON.parse(String((await lines.next()).value)) as Said;
    const aws = await answer<ServedAws>();
    const deployment = ["deployment/sekisho-controller", "--namespace=sekisho-system"];
    await lab.kubectl([
      ...["set", "env", ...deployment, `AWS_ENDPOINT_URL_ACM_PCA=${aws.url}`],
      ...[`AWS_ACCESS_KEY_ID=${aws.key.id}`, `AWS_SECRET_ACCESS_KEY=${aws.key.secret}`],
    ]);
    await lab.kubectl(["rollout", "status", ...deployment, longest]);
    await lab.kubectl(["apply", "-f", "-"], awsObjects(aws));
    await untilReady("awspcaclusterissuer/aws");
    await untilReady("certificate/by-aws");
    assert.equal((await chainOf("by-aws")).subjectAltName, "DNS:aws.example.com");
    const notReady = "--for=condition=Ready=False";
    await lab.kubectl(["wait", notReady, "awspcaissuer/poor", longest]);
    child.stdin.write("\n");
    const asked = await answer<readonly string[]>();
    assert.equal(asked.filter((operation) => operation === "IssueCertificate").length, 1);
  });

  it("makes no key for what policies deny that we may use, and goes on when one is changed", async () => {
    await lab.kubectl(["apply", "-f", "-"], JSON.stringify(everybody));
    await untilReady("clusterissuer/everybody");
    const items = boundRole("policy-user", [useOfPolicies], {
      ...{ kind: "ServiceAccount", name: "sekisho-controller", namespace: "sekisho-system" },
    });
    const list = { apiVersion: "v1", kind: "List", items };
    await lab.kubectl(["apply", "-f", "-"], JSON.stringify(list));
    const policy = (values: readonly string[]): Promise<string> =>
      lab.kubectl(
        ["apply", "-f", "-"],
        JSON.stringify({
          ...{ apiVersion: "policy.cert-manager.io/v1alpha1", kind: "CertificateRequestPolicy" },
          metadata: { name: "names" },
          spec: {
            selector: { issuerRef: { name: "everybody" } },
            allowed: { dnsNames: { values } },
          },
        }),
      );
    await policy(["*.example.org"]);
    const asked = {
      ...{ apiVersion: "cert-manager.io/v1", kind: "Certificate", metadata: { name: "judged" } },
      spec: {
        ...{ secretName: "judged", dnsNames: ["judged.example.com"] },
        issuerRef: { kind: "ClusterIssuer", name: "everybody" },
      },
    };
    await lab.kubectl(["apply", "-f", "-"], JSON.stringify(asked));
    const denied = `--for=jsonpath={.status.conditions[?(@.type=="Issuing")].reason}=Denied`;
    await lab.kubectl(["wait", "certificate/judged", denied, longest]);
    await policy(["*.example.com"]);
    await untilReady("certificate/judged");
    await untilReady("certificaterequestpolicy/names");
  });

  it("approves what somebody asks for by hand where they may use the policy, in that namespace", async () => {
    await lab.kubectl(["apply", "-f", "-"], JSON.stringify(ofPolicyUsers));
    const byHand = (name: string): string =>
      JSON.stringify({
        ...{ apiVersion: "cert-manager.io/v1", kind: "CertificateRequest", metadata: { name } },
        spec: {
          request: requestText(["hand.example.com"]),
          issuerRef: { kind: "ClusterIssuer", name: "everybody" },
        },
      });
    const ask = (who: string, name: string): Promise<string> =>
      lab.kubectl(["create", `--as=${who}`, "-f", "-"], byHand(name));
    let asked = 0;
    // Who asks counts as known from a minute after deploy/admission was applied.
    const isApproved = async (): Promise<boolean> => {
      asked += 1;
      await ask("carol", `of-carol-${asked}`);
      const approved = ["--for=condition=Approved", "--timeout=5s"];
      return await lab.kubectl(["wait", `cr/of-carol-${asked}`, ...approved]).then(
        () => true,
        () => false,
      );
    };
    await until(isApproved, { what: "an approval", longestMs: 100_000, everyMs: 1000 });
    await ask("dave", "of-dave");
    const waiting = "involvedObject.name=of-dave,reason=WaitingForApproval";
    await lab.kubectl(["wait", "event", `--field-selector=${waiting}`, "--for=create", longest]);
    const said = ["get", "events", `--field-selector=${waiting}`, "-o=jsonpath={..message}"];
    assert.match(await lab.kubectl(said), /dave may not use CertificateRequestPolicy "names"/);
    await lab.kubectl(["delete", "certificaterequestpolicy", "names"]);
  });

  it("makes use of every right that deploy/certificates grants, and is denied none", async () => {
    await served.checkRights("sekisho-certificates");
  });

  // Behind that, as something is denied here.
  it("lets approve only who may for that issuer, and writes down who asked", async () => {
    const issuerRef = { group: "issuers.example.com", kind: "Foreign", name: "one" };
    const asked = {
      ...{ apiVersion: "cert-manager.io/v1", kind: "CertificateRequest" },
      metadata: { name: "by-hand" },
      spec: {
        ...{ request: Buffer.from("not looked at here").toString("base64"), issuerRef },
        ...{ username: "somebody-else", groups: ["system:masters"], uid: "forged" },
      },
    };
    await lab.kubectl(["apply", "-f", "-"], JSON.stringify(ofPeople));
    const alice = ["--as=alice", "--as-group=team", "--as-user-extra=floor=two"];
    await lab.kubectl(["create", ...alice, "-f", "-"], JSON.stringify(asked));
    const spec = await lab.kubectl(["get", "cr/by-hand", "-o=jsonpath={.spec}"]);
    const { request: _, issuerRef: by, ...written } = JSON.parse(spec) as Record<string, unknown>;
    assert.deepEqual(by, issuerRef);
    assert.deepEqual(written, {
      ...{ username: "alice", groups: ["team", "system:authenticated"], extra: { floor: ["two"] } },
    });
    // Of an issuer that is not ours to approve for it waits, and says so.
    const waiting = "--field-selector=involvedObject.name=by-hand,reason=WaitingForApproval";
    await lab.kubectl(["wait", "event", waiting, "--for=create", longest]);
    const approve = (type: string, as: string): Promise<string> => {
      const said = { type, status: "True", reason: "lab", message: "said so" };
      const patch = {
        status: { conditions: [{ ...said, lastTransitionTime: "2026-01-01T00:00:00Z" }] },
      };
      const how = ["--subresource=status", "--type=merge", "-p", JSON.stringify(patch)];
      return lab.kubectl(["patch", "cr/by-hand", `--as=${as}`, ...how]);
    };
    await assert.rejects(
      approve("Approved", "alice"),
      /may not approve or deny for foreigns\.issuers\.example\.com\/default\.one/,
    );
    await approve("Approved", "bob");
    await assert.rejects(approve("Denied", "bob"), /cannot be changed/);
  });
});
