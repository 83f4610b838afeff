/** Times as Kubernetes writes them: RFC 3339, whole seconds, UTC. */

/** `2026-11-24T04:00:00Z`. */
export function timestamp(instant: Temporal.Instant): string {
  return instant.toString({ smallestUnit: "second" });
}
