/** What a Policy says about caching of answers (k8s.nginx.org/v1, `spec.cache`). */

import { boolean, fields, integer, integerOrText, list, optional, text } from "#base/schema.ts";

/** Reads `spec.cache` of a Policy. */
export const caching = fields({
  cacheZoneName: optional(text),
  cacheZoneSize: optional(text),
  allowedCodes: optional(list(integerOrText)),
  allowedMethods: optional(list(text)),
  time: optional(text),
  cachePurgeAllow: optional(list(text)),
  overrideUpstreamCache: optional(boolean),
  levels: optional(text),
  inactive: optional(text),
  useTempPath: optional(boolean),
  maxSize: optional(text),
  minFree: optional(text),
  manager: optional(
    fields({ files: optional(integer()), sleep: optional(text), threshold: optional(text) }),
  ),
  cacheKey: optional(text),
  cacheUseStale: optional(list(text)),
  cacheRevalidate: optional(boolean),
  cacheBackgroundUpdate: optional(boolean),
  cacheMinUses: optional(integer()),
  lock: optional(
    fields({ enable: optional(boolean), timeout: optional(text), age: optional(text) }),
  ),
  conditions: optional(fields({ noCache: optional(list(text)), bypass: optional(list(text)) })),
});
