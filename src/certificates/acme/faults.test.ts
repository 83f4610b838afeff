/** What becomes of a Certificate when its ACME server fails in each way at each step: what is said, how often it is asked, and how it ends. */

import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { type TestContext, test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import type { JsonObject } from "#base/json.ts";
import { generateSigningKey } from "#crypto/keys/signing-key.ts";
import { formatPem } from "#crypto/pem.ts";
import { issueSelfSigned } from "#crypto/x509/certificate.ts";
import { challengeKind } from "#kinds/cert-manager/challenge.ts";
import { orderKind, readOrderStatus } from "#kinds/cert-manager/order.ts";
import {
  type AcmeCertificateStage,
  acmeCertificateStage,
} from "#test/fakes/certificates/acme-certificate-stage.ts";
import { quickKey } from "#test/fakes/certificates/certificate-stage.ts";
import { issueUnder } from "#test/pebble/foreign-authority.ts";
import {
  type OutboundAnswer,
  type OutboundDoor,
  OutboundError,
} from "../outbound/outbound-door.ts";
import type { Solver, SolverOutcome } from "../solvers/solver.ts";

/** What the server is asked, by how its path begins. */
const paths = {
  directory: "/directory",
  nonce: "/new-nonce",
  account: "/new-account",
  order: "/new-order",
  authorization: "/authorization/",
  challenge: "/challenge/",
  finalize: "/finalize/",
  look: "/order/",
  certificate: "/certificate/",
} as const;

type Step = keyof typeof paths;

interface Fault {
  /** In place of the server's answer, or of that to what was sent. */
  readonly answer: (own: () => Promise<OutboundAnswer>) => Promise<OutboundAnswer>;
  readonly says: RegExp;
  /** How often the step is asked for in the first minute. */
  readonly most: number;
  /** Seconds for which nothing is asked, however soon the fault ends. */
  readonly quiet?: number;
}

function answered(status: number, type: string, headers = {}): Fault["answer"] {
  const body = { type: `urn:ietf:params:acme:error:${type}`, detail: "not now" };
  return async () => ({ status, headers, body: Buffer.from(JSON.stringify(body)) });
}

function downloaded(change: (chain: string) => string): Fault["answer"] {
  return async (own) => {
    const answer = await own();
    return { ...answer, body: Buffer.from(change(Buffer.from(answer.body).toString())) };
  };
}

const strangers = formatPem(
  "CERTIFICATE",
  issueSelfSigned({
    ...{
      subject: { commonName: "stranger" },
      key: generateSigningKey(),
      extensions: { keyUsage: ["digitalSignature"] },
    },
    notBefore: Temporal.Instant.from("2026-01-01T00:00:00Z"),
    notAfter: Temporal.Instant.from("2099-01-01T00:00:00Z"),
  }),
);

/** At any step: nobody has refused anything, so it goes on by itself soon after the fault ends. */
const passing: Readonly<Record<string, Fault>> = {
  "wants to be left alone for two minutes": {
    answer: answered(429, "rateLimited", { "retry-after": "120" }),
    // What an issuer first says of itself is a change, for which it is looked at once more.
    ...{ says: /429 rateLimited: not now/, most: 2, quiet: 120 },
  },
  "is down": { answer: answered(503, "serverInternal"), says: /503 serverInternal/, most: 8 },
  "cannot be reached": {
    answer: async () => {
      throw new OutboundError("unreachable", "connection refused");
    },
    ...{ says: /connection refused/, most: 8 },
  },
  // Each answer brings another nonce, which is tried at once, forty times.
  "refuses every nonce": { answer: answered(400, "badNonce"), says: /nonce/i, most: 3 * 40 },
};

const signedSteps = ["account", "order", "authorization", "challenge", "finalize", "look"] as const;
const steps = ["directory", "nonce", ...signedSteps, "certificate"] as const;
/** Those that the account needs; the others fail the Order. */
const issuerSteps: readonly Step[] = ["directory", "account"];

/** Only what is signed has a nonce. */
function isPossible(what: string, step: Step): boolean {
  return what !== "refuses every nonce" || !["directory", "nonce"].includes(step);
}

/** In what is downloaded: it is downloaded again. */
const inDownload: Readonly<Record<string, Fault>> = {
  "sends half of a chain": {
    answer: downloaded((chain) => chain.slice(0, chain.length * 0.6)),
    ...{ says: /no complete PEM/, most: 8 },
  },
  "sends a stranger's chain": {
    answer: downloaded((chain) =>
      chain.replace(/(END CERTIFICATE-----\n)[\s\S]*/, `$1${strangers}`),
    ),
    ...{ says: /was not issued by the next/, most: 8 },
  },
};

/** The leaf's key under an authority that nobody knows, over since an hour. */
function expired(chain: string): string {
  const key = new X509Certificate(chain).publicKey.export({ type: "spki", format: "der" });
  return issueUnder({ expired: true, key });
}

/** The issuance has failed: it is tried again after an hour, with an order of its own. */
const final: readonly (readonly [string, Step, Fault])[] = [
  ...(["order", "authorization", "finalize", "certificate"] as const).map((step) => {
    const fault = { answer: answered(403, "unauthorized"), says: /403 unauthorized/, most: 1 };
    return ["refuses", step, fault] as const;
  }),
  [
    "sends a certificate for another key",
    "certificate",
    { answer: downloaded(() => strangers), says: /a certificate for another key/, most: 1 },
  ],
  [
    "sends a certificate that is over",
    "certificate",
    { answer: downloaded(expired), says: /a certificate that has expired/, most: 1 },
  ],
];

interface Scene extends AcmeCertificateStage {
  /** Undefined: the server is well. */
  fault: { readonly steps: readonly Step[]; readonly answer: Fault["answer"] } | undefined;
  /** How often the step was asked for. */
  readonly asked: (step: Step) => number;
  readonly pass: (seconds: number) => Promise<void>;
  /** What Issuer, Order and Challenge say. */
  readonly said: () => Promise<string>;
}

async function open(context: TestContext, solving: Partial<Solver> = {}): Promise<Scene> {
  const asked: string[] = [];
  const before = (door: OutboundDoor): OutboundDoor => ({
    ...door,
    request: async (request, signal) => {
      const { pathname } = new URL(request.url);
      asked.push(pathname);
      const own = (): Promise<OutboundAnswer> => door.request(request, signal);
      const { fault } = scene;
      const isHit = fault?.steps.some((step) => pathname.startsWith(paths[step])) === true;
      return isHit ? await fault.answer(own) : await own();
    },
  });
  const played = await acmeCertificateStage(context, { before, solving });
  const { clock, store, condition } = played.stage;
  const scene: Scene = {
    ...played,
    fault: undefined,
    asked: (step) => asked.filter((one) => one.startsWith(paths[step])).length,
    pass: async (seconds) => {
      const endMs = clock.monotonicMs() + seconds * 1000;
      for (;;) {
        for (let turns = 0; turns < 30; turns++) await turn();
        const leftMs = endMs - clock.monotonicMs();
        if (leftMs <= 0) return;
        await clock.advance({ milliseconds: Math.min(clock.nextTimerMs() ?? leftMs, leftMs) });
      }
    },
    said: async () => {
      const objects = [
        ...(await store.list(orderKind.id)).items,
        ...(await store.list(challengeKind.id)).items,
      ];
      const reasons = objects.map(({ status }) => (status as JsonObject | undefined)?.["reason"]);
      return [await condition("public", "Ready"), ...reasons].join("\n");
    },
  };
  return scene;
}

const web = {
  ...{ secretName: "web-tls", dnsNames: ["web.example.com"], privateKey: quickKey },
  issuerRef: { name: "public", kind: "ClusterIssuer" },
};

/** Has a Certificate ask for what the server then fails at. */
async function begin(context: TestContext, step: Step, { answer }: Fault): Promise<Scene> {
  const scene = await open(context);
  const isAtIssuer = issuerSteps.includes(step);
  if (isAtIssuer) scene.fault = { steps: [step], answer };
  await scene.issue();
  // So long that the server's clock, and a nonce for it, is asked for again.
  await scene.pass(isAtIssuer ? 0 : 120);
  scene.fault = { steps: [step], answer };
  await scene.stage.create("Certificate", "web", web);
  await scene.pass(60);
  return scene;
}

async function attempts({ stage }: Scene): Promise<unknown> {
  const status = (await stage.certificate("web"))?.status as JsonObject | undefined;
  return status?.["failedIssuanceAttempts"];
}

function passes(what: string, step: Step, fault: Fault): void {
  test(`at the ${step} the server ${what}: that is said, is no failure, and ends well by itself`, async (context) => {
    const scene = await begin(context, step, fault);
    assert.match(await scene.said(), fault.says);
    assert.match(await scene.stage.condition("web", "Issuing"), /^True DoesNotExist/);
    assert.equal(await attempts(scene), undefined);
    assert.ok(scene.asked(step) > 0 && scene.asked(step) <= fault.most, `${scene.asked(step)}`);
    scene.fault = undefined;
    const before = scene.asked(step);
    await scene.pass((fault.quiet ?? 60) - 62 + 1);
    if (fault.quiet !== undefined) assert.equal(scene.asked(step), before);
    await scene.pass(900);
    assert.match(await scene.stage.condition("web", "Ready"), /^True/);
    assert.equal(scene.server.heard.filter((one) => one === "POST /new-order").length, 1);
  });
}

for (const [what, fault] of Object.entries(passing))
  for (const step of steps) if (isPossible(what, step)) passes(what, step, fault);
for (const [what, fault] of Object.entries(inDownload)) passes(what, "certificate", fault);

for (const [what, step, fault] of final) {
  test(`at the ${step} the server ${what}: the issuance fails, and is tried again after an hour`, async (context) => {
    const scene = await begin(context, step, fault);
    assert.match(await scene.stage.condition("web", "Issuing"), /^False Failed/);
    assert.match(await scene.stage.condition("web", "Issuing"), fault.says);
    assert.equal(await attempts(scene), 1);
    assert.equal(scene.asked(step), fault.most);
    scene.fault = undefined;
    await scene.pass(3_500);
    assert.equal(scene.asked(step), fault.most);
    await scene.pass(600);
    assert.match(await scene.stage.condition("web", "Ready"), /^True/);
    assert.equal(await attempts(scene), undefined);
  });
}

/** What the server has done it says to be about still. */
function unfinished(
  unless: (body: JsonObject) => JsonObject,
  headers: OutboundAnswer["headers"],
): Fault["answer"] {
  return async (own) => {
    const answer = await own();
    const body = JSON.parse(Buffer.from(answer.body).toString()) as JsonObject;
    if (body["status"] !== "valid") return answer;
    const said = Buffer.from(JSON.stringify({ ...body, ...unless(body) }));
    return { ...answer, headers: { ...answer.headers, ...headers }, body: said };
  };
}

interface Slowness {
  /** Whose answers say so, the one by which it is looked at first. */
  readonly steps: readonly [Step, ...Step[]];
  readonly says: (body: JsonObject) => JsonObject;
  readonly state: string;
}

const slow: Readonly<Record<string, Slowness>> = {
  "is processed": {
    steps: ["look", "finalize"],
    says: () => ({ status: "processing", certificate: undefined }),
    state: "processing",
  },
  "is not judged": {
    steps: ["authorization"],
    says: ({ challenges }) => ({
      status: "pending",
      challenges: (challenges as JsonObject[]).map((one) => ({ ...one, status: "processing" })),
    }),
    state: "pending",
  },
};

/** How often it is looked at in ten minutes, by what the server says of when. */
const looks: readonly (readonly [string, OutboundAnswer["headers"], number])[] = [
  // The authorization is asked for before and after the challenge is answered.
  ["as soon as the server says", { "retry-after": "60" }, 13],
  ["more and more seldom", {}, 600],
];

for (const [
  what,
  {
    steps: [step, ...more],
    says,
    state,
  },
] of Object.entries(slow))
  for (const [when, headers, most] of looks)
    test(`an order that ${what} for ten minutes is looked at ${when}, is no failure, and ends well by itself`, async (context) => {
      const scene = await open(context);
      await scene.issue();
      scene.fault = { steps: [step, ...more], answer: unfinished(says, headers) };
      await scene.stage.create("Certificate", "web", web);
      await scene.pass(600);
      const [order] = (await scene.stage.store.list(orderKind.id)).items;
      assert.equal(order && readOrderStatus(order).state, state);
      assert.match(await scene.stage.condition("web", "Issuing"), /^True DoesNotExist/);
      assert.equal(await attempts(scene), undefined);
      assert.ok(scene.asked(step) > 5 && scene.asked(step) <= most, `${scene.asked(step)}`);
      scene.fault = undefined;
      await scene.pass(62);
      assert.match(await scene.stage.condition("web", "Ready"), /^True/);
      assert.equal(scene.server.heard.filter((one) => one === "POST /new-order").length, 1);
    });

/** What a solver says while it cannot do its work, as those of DNS do of a provider that refuses, is down or has no record yet. */
const unsolved = {
  present: "the credentials are refused",
  check: "no name server has the record yet",
  cleanUp: "the provider is down",
} as const;

for (const [what, message] of Object.entries(unsolved)) {
  test(`a solver whose ${what} waits, as ${message}, is asked again in half a minute and ends well by itself`, async (context) => {
    const asked: number[] = [];
    const retryAfter = Temporal.Duration.from({ seconds: 30 });
    let isWell = false;
    const act = async (): Promise<SolverOutcome> => {
      asked.push(scene.stage.clock.monotonicMs() / 1000);
      return isWell ? { kind: "done" } : { kind: "pending", message, problem: true, retryAfter };
    };
    const scene = await open(context, { [what]: act });
    await scene.issue();
    await scene.stage.create("Certificate", "web", web);
    await scene.pass(100);
    // What is only left to be cleaned up keeps nothing from being used.
    if (what === "cleanUp") assert.match(await scene.stage.condition("web", "Ready"), /^True/);
    else assert.match(await scene.said(), new RegExp(message));
    assert.equal(await attempts(scene), undefined);
    // What a Challenge first says of itself is a change, for which it is looked at once more.
    const moments = [...new Set(asked)];
    const waits = moments.slice(1).map((at, index) => at - (moments[index] ?? 0));
    assert.ok(asked.length <= moments.length + 1, `${asked}`);
    assert.ok(waits.length >= 2 && waits.every((wait) => wait >= 30), `${waits}`);
    isWell = true;
    await scene.pass(120);
    assert.match(await scene.stage.condition("web", "Ready"), /^True/);
    assert.deepEqual((await scene.stage.store.list(challengeKind.id)).items, []);
  });
}
