/** When a server says that it may be asked again (RFC 9110 §10.2.3). */

const longestSeconds = 3600;

/** The header `retry-after` in seconds; undefined without one. Never more than an hour. */
export function retryAfterOf(
  headers: Readonly<Record<string, string>>,
): { readonly retryAfter: Temporal.Duration } | undefined {
  const text = headers["retry-after"]?.trim() ?? "";
  if (!/^\d{1,9}$/.test(text)) return undefined;
  return {
    retryAfter: Temporal.Duration.from({ seconds: Math.min(longestSeconds, Number(text)) }),
  };
}
