/** Secrets that a rule of a Policy names. */

import type { Origin } from "#base/origin.ts";
import { err, ok, type Result } from "#base/result.ts";
import { secretKind, secretValue } from "#kinds/secret.ts";
import type { SecretEntry } from "#model/protection.ts";
import type { World } from "../dialect.ts";

export interface RuleContext {
  /** The rule, in its Policy. */
  readonly origin: Origin;
  readonly world: World;
}

interface WantedSecret {
  readonly type: string;
  /** An entry that it must have. */
  readonly key?: string;
}

/** A Secret of the policy's namespace; one of another type is not taken for it: nobody shows others' Secrets by a name. */
export function findEntry(
  name: string,
  { type, key }: WantedSecret,
  { origin, world }: RuleContext,
): Result<SecretEntry, string> {
  const { namespace } = origin;
  if (name === "") return err("is invalid: it names no Secret");
  const secret = world.get(secretKind, namespace, name)?.value;
  if (secret === undefined) return err(`refers to Secret ${namespace}/${name}, which is missing`);
  if (secret.type !== type)
    return err(`refers to Secret ${namespace}/${name}, which is not of type ${type}`);
  if (key !== undefined && secretValue(secret, key) === undefined)
    return err(`refers to Secret ${namespace}/${name}, which has no ${key}`);
  return ok({ namespace, name, key: key ?? "" });
}
