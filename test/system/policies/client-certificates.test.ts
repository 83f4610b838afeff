/** Clients that are asked for a certificate, by a real Envoy: whom it lets in, and over which connections. */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  certificatePem,
  createAuthority,
  createIntermediate,
  createPapers,
  expired,
  type Papers,
  revocationList,
} from "#test/fakes/certificates/client-papers.ts";
import { selfSigned } from "#test/simulators/self-signed.ts";
import { type NginxStage, type Seen, startNginxStage } from "../harness/nginx-stage.ts";
import { meet } from "../harness/tls-session.ts";
import {
  Http2Connection,
  http1Text,
  type Peer,
  sendText,
  type WireAnswer,
} from "../harness/wire-client.ts";

const ours = createAuthority("ours");
const theirs = createAuthority("theirs");
const branch = createIntermediate("branch", ours);
const twig = createIntermediate("twig", branch);

const alice = createPapers("alice", ours);
const revoked = createPapers("revoked", ours);
const late = createPapers("late", ours, { validity: expired });
const stranger = createPapers("alice", theirs);
const ofBranch = createPapers("bob", branch, { between: [branch] });
const ofTwig = createPapers("carol", twig, { between: [twig, branch] });

const everything = new AsyncDisposableStack();
const stages = new Map<string, NginxStage>();

before(async () => {
  for (const certificates of ["chains", "on-demand"] as const) {
    stages.set(certificates, everything.use(await startNginxStage({ certificates })));
  }
});

after(() => everything.disposeAsync());

function secret(name: string, type: string, entries: Readonly<Record<string, string>>): string {
  const data = Object.entries(entries).map(([key, text]) => `  ${key}: ${btoa(text)}\n`);
  return `---
apiVersion: v1
kind: Secret
metadata: { name: ${name} }
type: ${type}
data:
${data.join("")}`;
}

const wildcard = selfSigned(["*.shop.test", "shop.test"]);
const papers = {
  wild: secret("wild", "kubernetes.io/tls", {
    "tls.crt": wildcard.certificate,
    "tls.key": wildcard.key,
  }),
  ours: secret("ours", "nginx.org/ca", {
    "ca.crt": certificatePem(ours),
  }),
  theirs: secret("theirs", "nginx.org/ca", { "ca.crt": certificatePem(theirs) }),
};

function policy(name: string, rule: string): string {
  return `---
apiVersion: k8s.nginx.org/v1
kind: Policy
metadata: { name: ${name} }
spec: { ingressMTLS: ${rule} }
`;
}

/** Tells the upstream what became of the certificate. */
const told = ["verify", "s_dn", "i_dn", "serial", "escaped_cert"]
  .map((name) => `{ name: X-${name.replace("_", "-")}, value: "\${ssl_client_${name}}" }`)
  .join(", ");

function server(name: string, host: string, policies: string): string {
  return `---
apiVersion: k8s.nginx.org/v1
kind: VirtualServer
metadata: { name: ${name} }
spec:
  host: "${host}"
  tls: { secret: wild }
  policies: [${policies}]
  upstreams: [{ name: tea, service: tea-svc, port: 80 }]
  routes:
    - path: /tea
      action: { proxy: { upstream: tea, requestHeaders: { set: [${told}] } } }
    - path: /plain
      action: { pass: tea }
`;
}

const world = [
  server("closed", "closed.shop.test", "{ name: ours }"),
  server("open", "open.shop.test", ""),
  server("optional", "optional.shop.test", "{ name: optional }"),
  server("unverified", "unverified.shop.test", "{ name: unverified }"),
  server("theirs", "theirs.shop.test", "{ name: theirs }"),
  server("wildcard", "*.shop.test", "{ name: ours }"),
  policy("ours", "{ clientCertSecret: ours }"),
  policy("optional", "{ clientCertSecret: ours, verifyClient: optional }"),
  policy("unverified", "{ clientCertSecret: ours, verifyClient: optional_no_ca }"),
  policy("theirs", "{ clientCertSecret: theirs }"),
  ...Object.values(papers),
].join("");

interface Asked {
  readonly papers?: Papers;
  readonly lines?: readonly string[];
  readonly path?: string;
}

async function ask(
  stage: NginxStage,
  host: string,
  { papers: shown, lines = [], path = "/tea" }: Asked = {},
): Promise<WireAnswer> {
  const name = host.toLowerCase().replace(/:\d+$/, "").replace(/\.$/, "");
  const tls = { serverName: name, ...(shown === undefined ? {} : { papers: shown }) };
  return await sendText(
    { port: stage.gate.https, tls },
    http1Text(path, [`Host: ${host}`, ...lines]),
  );
}

function seenIn({ body }: WireAnswer): Seen["headers"] {
  return (JSON.parse(body) as Seen).headers;
}

/** Whether a second connection goes on with the session of the first one. */
async function isResumed(peer: Required<Pick<Peer, "port" | "tls">>): Promise<boolean> {
  const request = http1Text("/tea", [`Host: ${peer.tls.serverName}`]);
  const { session } = await meet(peer, request);
  return (await meet({ ...peer, tls: { ...peer.tls, session } }, request)).isReused;
}

const exactForms = ["closed.shop.test", "CLOSED.shop.test:8443", "closed.shop.test."];
/** Of a wildcard it cannot be told on demand who is asked: nobody reaches it. */
const forms: Readonly<Record<string, readonly string[]>> = {
  chains: [...exactForms, "a.shop.test"],
  "on-demand": exactForms,
};

test("on-demand: a wildcard host that asks for certificates is reached by nobody, and says so", async () => {
  const stage = stages.get("on-demand");
  await stage?.apply(world);
  assert.ok(stage);
  for (const asked of [{}, { papers: alice }])
    assert.equal((await ask(stage, "a.shop.test", asked)).status, 421);
  const found = stage.gate.pipeline.findings().map(({ reason }) => reason);
  assert.ok(found.includes("ClientCertificatesNotAskedFor"));
});

for (const layout of ["chains", "on-demand"]) {
  const stageOf = async (manifests = world): Promise<NginxStage> => {
    const stage = stages.get(layout);
    assert.ok(stage);
    await stage.apply(manifests);
    return stage;
  };

  test(`${layout}: who shows no good certificate gets 400 after a completed handshake, on every host form`, async () => {
    const stage = await stageOf();
    for (const host of forms[layout] ?? []) {
      for (const path of ["/tea", "/plain", "/nowhere"]) {
        assert.equal((await ask(stage, host, { path })).status, 400);
        for (const shown of [stranger, late, ofTwig])
          assert.equal((await ask(stage, host, { path, papers: shown })).status, 400);
      }
      for (const shown of [alice, ofBranch])
        assert.equal((await ask(stage, host, { papers: shown })).status, 200);
      assert.equal((await ask(stage, host, { papers: alice, path: "/nowhere" })).status, 404);
    }
  });

  test(`${layout}: clear text shows no certificate`, async () => {
    const stage = await stageOf();
    assert.equal((await stage.ask("http://closed.shop.test/tea")).status, 400);
    assert.equal((await stage.ask("http://a.shop.test/tea")).status, 400);
    assert.equal((await stage.ask("http://open.shop.test/tea")).status, 200);
    assert.equal(
      (await stage.ask("http://optional.shop.test/tea")).seen?.headers["x-verify"],
      "NONE",
    );
  });

  test(`${layout}: one that need not be shown must be good where it is verified`, async () => {
    const stage = await stageOf();
    const verdicts = async (host: string): Promise<readonly (string | number | undefined)[]> => {
      const asked = [undefined, alice, stranger].map(async (shown) => {
        const answer = await ask(stage, host, shown === undefined ? {} : { papers: shown });
        return answer.status === 200 ? String(seenIn(answer)["x-verify"]) : answer.status;
      });
      return await Promise.all(asked);
    };
    assert.deepEqual(await verdicts("optional.shop.test"), ["NONE", "SUCCESS", 400]);
    const unverified = ["NONE", "SUCCESS", "FAILED:not verified"];
    assert.deepEqual(await verdicts("unverified.shop.test"), unverified);
    assert.deepEqual(await verdicts("closed.shop.test"), [400, "SUCCESS", 400]);
  });

  test(`${layout}: a host is asked for over its own connections alone, also under the same certificate`, async () => {
    const stage = await stageOf();
    const hosts = [
      "closed.shop.test",
      "open.shop.test",
      "optional.shop.test",
      "theirs.shop.test",
      "unknown.test",
    ];
    for (const serverName of hosts.slice(0, 4)) {
      const tls = { serverName, papers: serverName.startsWith("theirs") ? stranger : alice };
      await using connection = await Http2Connection.open({ port: stage.gate.https, tls });
      for (const host of hosts) {
        const { status } = await connection.request(host, "/tea");
        assert.equal(status, host === serverName ? 200 : 421, `${host} over ${serverName}`);
      }
    }
  });

  test(`${layout}: hosts that ask for the same share connections`, async () => {
    const stage = await stageOf();
    const tls = { serverName: "closed.shop.test", papers: alice };
    await using connection = await Http2Connection.open({ port: stage.gate.https, tls });
    assert.equal((await connection.request("b.shop.test", "/tea")).status, 200);
  });

  test(`${layout}: a session is taken up again only where no certificate is asked for`, async () => {
    const { https: port } = (await stageOf()).gate;
    for (const name of ["closed", "optional", "unverified"]) {
      const tls = { serverName: `${name}.shop.test`, papers: alice };
      assert.equal(await isResumed({ port, tls }), false, name);
    }
    // Envoy takes none up again where it looks for certificates on demand.
    const resumed = await isResumed({ port, tls: { serverName: "open.shop.test" } });
    assert.equal(resumed, layout === "chains");
  });

  test(`${layout}: what a client says of its certificate itself does not get through`, async () => {
    const stage = await stageOf();
    const lines = [
      ...["X-Verify: SUCCESS", "X-S-DN: CN=root", "X-I-DN: CN=ours", "X-Serial: 01"],
      ...["X-Escaped-Cert: x", "X-Forwarded-Client-Cert: By=spiffe://x;Subject=CN=root"],
      ...["Ssl-Client-Verify: SUCCESS", "X-SSL-Client-Subject-DN: CN=root"],
    ];
    const claimed = ["x-s-dn", "x-i-dn", "x-serial", "x-escaped-cert"];
    const made = ["x-forwarded-client-cert", "ssl-client-verify", "x-ssl-client-subject-dn"];
    for (const host of ["optional.shop.test", "open.shop.test"]) {
      const headers = seenIn(await ask(stage, host, { lines }));
      assert.equal(headers["x-verify"], "NONE");
      for (const name of [...claimed, ...made]) assert.equal(headers[name], undefined, name);
    }
    const clear = await stage.ask("http://open.shop.test/plain", {
      headers: Object.fromEntries(lines.map((line) => line.split(/: /, 2) as [string, string])),
    });
    for (const name of made) assert.equal(clear.seen?.headers[name], undefined, name);
    const shown = seenIn(await ask(stage, "closed.shop.test", { papers: alice, lines }));
    assert.equal(shown["x-s-dn"], "CN=alice");
    assert.equal(shown["x-i-dn"], "CN=ours");
    assert.match(String(shown["x-serial"]), /^[0-9a-f]{10,}$/);
    assert.ok(decodeURIComponent(String(shown["x-escaped-cert"])).startsWith("-----BEGIN CERT"));
    assert.equal(shown["x-forwarded-client-cert"], undefined);
  });

  test(`${layout}: what an authority took back is not good any more`, async () => {
    const list = (...back: readonly Papers[]): string =>
      secret("ours", "nginx.org/ca", {
        "ca.crt": certificatePem(ours),
        "ca.crl": revocationList(ours, back),
      });
    const stage = await stageOf(world.replace(papers.ours, list()));
    assert.equal((await ask(stage, "closed.shop.test", { papers: revoked })).status, 200);
    await stage.apply(world.replace(papers.ours, list(revoked)));
    assert.equal((await ask(stage, "closed.shop.test", { papers: revoked })).status, 400);
    assert.equal((await ask(stage, "closed.shop.test", { papers: alice })).status, 200);
  });

  test(`${layout}: a Secret that is missing or none closes what it protects, and other hosts go on`, async () => {
    const broken = secret("ours", "nginx.org/ca", { "ca.crt": "no certificate" });
    for (const instead of ["", broken]) {
      const stage = await stageOf(world.replace(papers.ours, instead));
      for (const host of ["closed.shop.test", "optional.shop.test", "a.shop.test"])
        assert.equal((await ask(stage, host, { papers: alice })).status, 500);
      assert.equal((await ask(stage, "open.shop.test")).status, 200);
      assert.equal((await ask(stage, "theirs.shop.test", { papers: stranger })).status, 200);
    }
    const stage = await stageOf();
    assert.equal((await ask(stage, "closed.shop.test", { papers: alice })).status, 200);
  });
}
