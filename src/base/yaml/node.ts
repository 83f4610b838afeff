/** The nodes of a YAML document, with their places in the text. */

export interface ScalarNode {
  readonly kind: "scalar";
  readonly start: number;
  /** The full tag; empty when none was written. */
  readonly tag: string;
  readonly text: string;
  /** Without quotes and without a tag (or with `!` alone). */
  readonly implicit: boolean;
}

export interface SequenceNode {
  readonly kind: "sequence";
  readonly start: number;
  readonly items: YamlNode[];
}

export interface MappingNode {
  readonly kind: "mapping";
  readonly start: number;
  /** Keys and values in turn. */
  readonly entries: YamlNode[];
}

export interface AliasNode {
  readonly kind: "alias";
  readonly start: number;
  readonly name: string;
  readonly target: YamlNode;
}

export type YamlNode = ScalarNode | SequenceNode | MappingNode | AliasNode;
