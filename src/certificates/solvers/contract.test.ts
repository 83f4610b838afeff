/** Every type of solver is held to the contract; a type without a row here is none that compiles. */

import { createRandom } from "#runtime/real-random.ts";
import { FakeDnsServer } from "#test/fakes/dns/fake-dns-server.ts";
import { createFakeDnsTransport } from "#test/fakes/dns/fake-dns-transport.ts";
import { providerContext } from "#test/fakes/dns/provider-context.ts";
import { TxtRecords } from "#test/fakes/dns/txt-records.ts";
import { createManualClock } from "#test/fakes/runtime/manual-clock.ts";
import { type SolverUnderContract, solverContract } from "./contract.ts";
import { createDns01Solver } from "./dns-01/dns-01.ts";
import { createHttp01Solver } from "./http-01/http-01.ts";
import type { ChallengeToSolve, Solver } from "./solver.ts";
import type { SolverType } from "./solver-choice.ts";
import { createTlsAlpn01Solver } from "./tls-alpn-01/tls-alpn-01.ts";

const webhook = { groupName: "acme.example.net", solverName: "books" };
const challenge: ChallengeToSolve = {
  ...{ dnsName: "www.example.com", token: "token", key: "key" },
  solver: { dns01: { webhook }, waitInsteadOfSelfCheck: "0s" },
  issuer: {
    secretOf: async () => undefined,
    ...{ credentialsNamespace: "default", mayUseAmbient: false },
  },
};

interface Proxies {
  readonly answered: () => Promise<boolean>;
  readonly obstacle: () => undefined;
}

function overProxies(create: (proxies: Proxies) => Solver): () => SolverUnderContract {
  return () => {
    let isAnswered = true;
    const solver = create({ answered: async () => isAnswered, obstacle: () => undefined });
    const turn = (isWell: boolean): void => {
      isAnswered = isWell;
    };
    return { solver, challenge, turn };
  };
}

function overDns(): SolverUnderContract {
  let isUp = true;
  const resolver = { address: "192.0.2.1", port: 53 };
  const server = new FakeDnsServer({ texts: new TxtRecords(), known: ["example.com"] });
  const { outbound } = providerContext();
  const solver = createDns01Solver({
    ...{ clock: createManualClock(), random: createRandom(), outbound, variables: {} },
    ...{ ambient: { readFile: async () => undefined, metadata: outbound }, resolvers: [] },
    transport: createFakeDnsTransport({ [resolver.address]: server }, [resolver]),
    apiServices: {
      post: async () =>
        isUp
          ? { status: 201, body: { response: { success: true } } }
          : { status: 503, body: { message: "down" } },
    },
  });
  const turn = (isWell: boolean): void => {
    isUp = isWell;
  };
  return { solver, challenge, turn };
}

const solvers: Readonly<Record<SolverType, () => SolverUnderContract>> = {
  "http-01": overProxies(createHttp01Solver),
  "tls-alpn-01": overProxies(createTlsAlpn01Solver),
  "dns-01": overDns,
};

for (const [type, open] of Object.entries(solvers)) solverContract(type, open);
