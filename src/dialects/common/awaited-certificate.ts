/** A Secret that is missing because its certificate is on its way: nobody has to create it. */

import { parseKey } from "#kinds/object.ts";
import { type Fragment, type SecretRef, secretName } from "#model/fragment.ts";
import type { World } from "../dialect.ts";
import { certificatesBySecret } from "../world-indexes.ts";

export interface AwaitedCertificate {
  /** How it stands, as the end of a sentence about the Secret. */
  readonly state: string;
  readonly advice: string;
}

/** Tracked. The Certificate that is issued into a Secret which is missing: one that the object asks for itself, or any other; undefined: there is none. */
export function awaitedCertificate(
  secret: SecretRef,
  { wantedCertificates = [] }: Pick<Fragment, "wantedCertificates">,
  world: World,
): AwaitedCertificate | undefined {
  const { namespace } = secret;
  const isWanted =
    wantedCertificates !== "as-before" &&
    wantedCertificates.some(({ name }) => name === secret.name);
  const name = isWanted ? secret.name : certificateInto(secret, world);
  if (name === undefined) return undefined;
  return {
    state: `Certificate ${namespace}/${name} has not been issued yet`,
    advice: `see how far it is: sekisho cert status ${name} -n ${namespace}`,
  };
}

/** Of several the first by name: they are rivals, and that is told where they are. */
function certificateInto(secret: SecretRef, world: World): string | undefined {
  const [first] = [...world.filed(certificatesBySecret.name, secretName(secret))].sort();
  return first === undefined ? undefined : parseKey(first).name;
}
