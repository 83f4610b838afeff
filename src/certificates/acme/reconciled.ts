/** How work on one object ended: until it changes, or until some time is over. */

export type Reconciled =
  | { readonly kind: "done" }
  | { readonly kind: "again"; readonly after: Temporal.Duration; readonly reason: string }
  /** The outside world did not do its part: tried again soon at first, and then less and less often. */
  | {
      readonly kind: "outage";
      /** How long it asked to be left alone; undefined: it did not say. */
      readonly retryAfter: Temporal.Duration | undefined;
      readonly reason: string;
    };

/** Nothing more to do until something changes. */
export const done: Reconciled = { kind: "done" };

/** To be looked at again then, if nothing changes before. */
export function again(after: Temporal.DurationLike, reason: string): Reconciled {
  return { kind: "again", after: Temporal.Duration.from(after), reason };
}
