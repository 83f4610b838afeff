/** The tokens of YAML text. */

export type TokenKind =
  | "stream-end"
  | "document-start"
  | "document-end"
  | "block-sequence-start"
  | "block-mapping-start"
  | "block-end"
  | "flow-sequence-start"
  | "flow-sequence-end"
  | "flow-mapping-start"
  | "flow-mapping-end"
  | "block-entry"
  | "flow-entry"
  | "key"
  | "value"
  | "alias"
  | "anchor"
  | "tag"
  | "scalar";

/** A place where a mapping key may have begun without `?`: known for sure only when its `:` comes. */
export interface SimpleKey {
  possible: boolean;
  /** Nothing but a key can stand here. */
  readonly required: boolean;
  readonly offset: number;
  readonly line: number;
  readonly column: number;
}

export interface Token {
  readonly kind: TokenKind;
  readonly start: number;
  readonly end: number;
  /** A scalar's value, an anchor's or alias' name, a tag in full. */
  readonly text: string;
  /** A scalar without quotes, `|` or `>`. */
  readonly plain: boolean;
  /** The key that may begin at this token. */
  readonly key: SimpleKey | undefined;
}
