import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { JsonObject } from "#base/json.ts";
import { type AuthService, startAuthService } from "#test/fakes/auth-service.ts";
import {
  type IdentityProvider,
  startIdentityProvider,
} from "#test/fakes/certificates/identity-provider.ts";
import { generateJwk, signToken } from "#test/fakes/certificates/signed-token.ts";
import { contractDeps } from "#test/fakes/contract-deps.ts";
import { shaHash } from "#test/fakes/password-hash.ts";
import { contracts, openPolicy } from "./all.ts";
import { authorizationContract, type ContractExample, checkWith } from "./contract.ts";

let service: AuthService;
let provider: IdentityProvider;
before(async () => {
  provider = await startIdentityProvider();
  service = await startAuthService(({ headers }) => ({
    status: headers["x-token"] === "good" ? 200 : 401,
  }));
});
after(async () => {
  await service[Symbol.asyncDispose]();
  await provider[Symbol.asyncDispose]();
});

const examples: Readonly<Record<string, () => ContractExample | Promise<ContractExample>>> = {
  basic: () => ({
    policy: { kind: "basic", realm: "shop", passwords: `a:${shaHash("secret")}`, status: 500 },
    passing: { authorization: `Basic ${btoa("a:secret")}` },
    failing: { authorization: `Basic ${btoa("a:wrong")}` },
    secrets: ["secret", shaHash("secret")],
  }),
  "api-key": () => ({
    policy: {
      kind: "api-key",
      places: [{ in: "header", name: "X-Key" }],
      keys: { mobile: "k-1", web: "k-2" },
      status: 500,
    },
    passing: { "x-key": "k-2" },
    failing: { "x-key": "k-3" },
    secrets: ["k-1", "k-2"],
  }),
  "external-request": () => ({
    policy: {
      kind: "external-request",
      addresses: [service.address],
      tls: { verify: false },
      host: "auth.test",
      path: "/auth",
      upstreamHeaders: ["X-User"],
      signIn: "https://auth.test/",
      timeoutMs: 60_000,
      status: 500,
    },
    passing: { "x-token": "good" },
    failing: { "x-token": "bad" },
    secrets: [],
  }),
  oidc: signInExample,
  rate: () => ({
    policy: {
      kind: "rate",
      limits: [
        {
          key: [{ kind: "api-key-client" }, { kind: "text", name: "all" }],
          ...{ requests: 1, perMs: 60_000, burst: 0, mostKeys: 8 },
          only: [{ of: { kind: "claim", path: ["level"] }, value: "gold", negated: true }],
        },
      ],
      tokens: { signed: false },
      keys: { places: [{ in: "header", name: "X-Key" }], keys: { mobile: "k-1" } },
      status: 503,
    },
    // The first one takes what there is.
    passing: { "x-turn": "first" },
    failing: { "x-turn": "second" },
    secrets: ["k-1"],
  }),
  jwt: () => {
    const [key, other] = [generateJwk("HS256"), generateJwk("HS256")];
    const keys = JSON.stringify({ keys: [key.published] });
    const [good, bad] = [signToken(key, { sub: "alice" }), signToken(other, { sub: "alice" })];
    const place = { in: "header", name: "X-Token" };
    return {
      policy: { kind: "jwt", realm: "shop", keys, place, fetched: {}, signIn: "/in", status: 500 },
      passing: { "x-token": good },
      failing: { "x-token": bad },
      secrets: [String(key.published["k"]), good],
    };
  },
};

/** Its session is had as a browser has it. */
async function signInExample(): Promise<ContractExample> {
  const { address, clientId, clientSecret } = provider;
  const at = (path: string): JsonObject => ({ addresses: [address], host: "id.test", path });
  const policy = {
    ...{ kind: "oidc", authEndpoint: "https://id.test/", clientId, clientSecret },
    ...{ token: at("/token"), keys: { ...at("/certs"), keepMs: 1000 } },
    ...{ scope: "openid", arguments: [], pkce: true, passesToken: false },
    ...{ redirectPath: "/_codexch", endSession: "https://id.test/", afterLogout: "/_logout" },
    status: 500,
  };
  const judge = openPolicy(policy, contractDeps());
  const never = new AbortController().signal;
  const headersOf = async (path: string, cookie = ""): Promise<ReadonlyMap<string, string>> => {
    const verdict = await judge.judge(checkWith({ cookie }, path), never);
    const headers = verdict.kind === "deny" ? verdict.headers : [];
    return new Map(headers.map(({ name, value }) => [name, value.split("; ")[0] ?? ""]));
  };
  const begun = await headersOf("/");
  const back = provider.signIn(begun.get("location") ?? "");
  const cookie = (await headersOf(back, begun.get("set-cookie"))).get("set-cookie") ?? "";
  judge.close();
  return {
    policy,
    passing: { cookie },
    failing: { cookie: cookie.replace(/=..../, "=AAAA") },
    secrets: [clientSecret],
  };
}

for (const contract of contracts) {
  authorizationContract(contract, async () => {
    const example = await examples[contract.kind]?.();
    assert.ok(example, `${contract.kind} needs an example here`);
    // Optional parts are there so that each is tried in a wrong form; over TLS nobody listens.
    const { tls: _, fetched: __, ...policy } = example.policy;
    return { example: { ...example, policy }, deps: contractDeps() };
  });
}

const unreadable = {
  "of a kind that we do not know": { kind: "later", status: 403 },
  "whose status makes no sense": { kind: "later", status: 200 },
  "that is no object": "text",
} as const;

for (const [what, policy] of Object.entries(unreadable)) {
  test(`a policy ${what} lets nobody pass`, async () => {
    const judge = openPolicy(policy, contractDeps());
    const verdict = await judge.judge(checkWith({}), new AbortController().signal);
    const status = typeof policy === "object" && policy.status === 403 ? 403 : 503;
    assert.deepEqual(verdict, { kind: "deny", status, headers: [] });
  });
}
