/** Which of several Certificates into one Secret may issue. */

import { compareText } from "#base/compare.ts";
import type { KubeObject } from "#kinds/object.ts";
import { secretAnnotations } from "../secret-annotations.ts";

/** The one that the Secret names, else the oldest (cert-manager's rule); undefined without any. */
export function winnerOf(
  rivals: readonly KubeObject[],
  secret: KubeObject | undefined,
): KubeObject | undefined {
  const named = secret?.metadata.annotations[secretAnnotations.certificateName];
  const [oldest] = rivals.toSorted(
    (one, other) =>
      compareText(one.metadata.creationTimestamp, other.metadata.creationTimestamp) ||
      compareText(one.metadata.name, other.metadata.name),
  );
  return rivals.find(({ metadata }) => metadata.name === named) ?? oldest;
}
