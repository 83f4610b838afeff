/** What the contracts of the authorization adapter need, with passwords hashed where they are asked for. */

import type { ContractDeps } from "#authorization/contracts/contract-kind.ts";
import { PasswordJudge } from "#authorization/passwords/password-judge.ts";
import { verifyHash } from "#authorization/passwords/verify-hash.ts";
import { createHttpClients } from "#runtime/http/real-http-client.ts";
import { createClock } from "#runtime/real-clock.ts";
import { createRandom } from "#runtime/real-random.ts";

export function contractDeps(): ContractDeps {
  const key = Buffer.alloc(32, 7);
  const clock = createClock();
  const passwords = new PasswordJudge(
    { clock, key, verify: ({ hash, password }) => Promise.resolve(verifyHash(hash, password)) },
    { queue: { parallel: 1, waitingOfOne: 8, waiting: 64 } },
  );
  return { clock, clients: createHttpClients(), passwords, random: createRandom(), key };
}
