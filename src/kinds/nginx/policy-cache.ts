/** What a Policy says about caching of answers (k8s.nginx.org/v1, `spec.cache`). */

import { boolean, fields, integer, integerOrText, list, optional, text } from "#base/schema.ts";

/** Reads `spec.cache` of a Policy. */
export const caching = fields({
  cacheZoneName: optional(text, "Name of the cache."),
  cacheZoneSize: optional(text, 'Memory for its keys, as in "10m".'),
  allowedCodes: optional(list(integerOrText), 'Status codes that are kept, or "any" alone.'),
  allowedMethods: optional(list(text), 'Methods whose answers are kept: "GET", "HEAD", "POST".'),
  time: optional(text, "How long answers are kept."),
  cachePurgeAllow: optional(list(text), "Networks that may empty it."),
  overrideUpstreamCache: optional(
    boolean,
    "Whether what upstreams say about caching is passed over.",
  ),
  levels: optional(text, 'Levels of its directories, as in "1:2".'),
  inactive: optional(text, "How long an answer that nobody asks for is kept."),
  useTempPath: optional(boolean, "Whether answers are written elsewhere first."),
  maxSize: optional(text, 'Most that it holds, as in "1g".'),
  minFree: optional(text, "Least that stays free on its disk."),
  manager: optional(
    fields({
      files: optional(integer(), "Files that one round removes."),
      sleep: optional(text, "Pause between two rounds."),
      threshold: optional(text, "Longest time for one round."),
    }),
    "How fast it is tidied.",
  ),
  cacheKey: optional(text, "What tells answers apart."),
  cacheUseStale: optional(list(text), "When old answers are given."),
  cacheRevalidate: optional(boolean, "Whether upstreams are asked if an old answer still holds."),
  cacheBackgroundUpdate: optional(boolean, "Whether old answers are renewed while they are given."),
  cacheMinUses: optional(integer(), "How often an answer is asked for before it is kept."),
  lock: optional(
    fields({
      enable: optional(boolean, "Whether; default false."),
      timeout: optional(text, "How long others wait for it."),
      age: optional(text, "After which time another may try."),
    }),
    "Whether one request at a time fills a gap.",
  ),
  conditions: optional(
    fields({
      noCache: optional(
        list(text),
        "Answers are not kept when one of these is neither empty nor 0.",
      ),
      bypass: optional(
        list(text),
        "Answers are not taken from it when one of these is neither empty nor 0.",
      ),
    }),
    "When it is passed by.",
  ),
});
