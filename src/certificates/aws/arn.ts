/** Amazon resource names: in which partition, region and account something is. */

import { err, ok, type Result } from "#base/result.ts";

export interface Arn {
  /** `aws`, `aws-cn`, `aws-us-gov` … */
  readonly partition: string;
  readonly service: string;
  /** Empty for what is in no region. */
  readonly region: string;
  readonly account: string;
  readonly resource: string;
}

/** Reads `arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE`. */
export function parseArn(text: string): Result<Arn, string> {
  const [scheme, partition, service, region, account, ...rest] = text.split(":");
  if (
    scheme !== "arn" ||
    partition === undefined ||
    service === undefined ||
    region === undefined ||
    account === undefined ||
    rest.length === 0
  )
    return err(`${JSON.stringify(text)} is no ARN`);
  return ok({ partition, service, region, account, resource: rest.join(":") });
}
