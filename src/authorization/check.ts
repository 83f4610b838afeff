/** One request that may pass or not, and what is said about it: in words of no contract and no protocol. */

export interface Check {
  readonly method: string;
  /** `http` or `https`. */
  readonly scheme: string;
  /** As the client sent it, with its port. */
  readonly host: string;
  /** With query, as the client sent it. */
  readonly path: string;
  /** By name in lower case; several of one name are joined by commas. */
  readonly headers: ReadonlyMap<string, string>;
  /** The address of the client, as far as it is known for certain. */
  readonly client: string;
}

export interface Header {
  readonly name: string;
  readonly value: string;
}

export type Verdict =
  | {
      readonly kind: "allow";
      /** Headers of the request as it goes on, in place of those that the client sent. */
      readonly set: readonly Header[];
      /** Names of headers that must not go on: the client might have made them up. */
      readonly remove: readonly string[];
      /** Headers added to the answer. */
      readonly answer: readonly Header[];
    }
  | {
      readonly kind: "deny";
      readonly status: number;
      readonly headers: readonly Header[];
    };

/** Lets the request pass as it is. */
export const allow: Verdict = { kind: "allow", set: [], remove: [], answer: [] };

export function deny(status: number, ...headers: readonly Header[]): Verdict {
  return { kind: "deny", status, headers };
}
