/** YAML tokens → the nodes of the first document, a number of steps at a time and without recursion. */

import type { MappingNode, ScalarNode, YamlNode } from "./node.ts";
import type { EscapeRules } from "./quoted-scalar.ts";
import { Scanner } from "./scanner.ts";
import { YamlSyntaxError } from "./syntax-error.ts";
import type { Token, TokenKind } from "./token.ts";

/** What bounds the memory and time that a text can take. */
export interface YamlLimits {
  /** Nodes of one document, those that aliases repeat counted each time. */
  readonly maxNodes: number;
  /** Levels of nesting. */
  readonly maxDepth: number;
}

/** A collection being filled, and what is expected in it next. */
interface Frame {
  readonly collection:
    | "block-sequence"
    | "indentless-sequence"
    | "block-mapping"
    | "flow-sequence"
    | "flow-pair"
    | "flow-mapping";
  readonly start: number;
  readonly children: YamlNode[];
  expects: "first" | "entry" | "value" | "no-value" | "end";
}

/** The first document of a text. */
export interface Composed {
  /** Undefined when the text holds no document. */
  readonly root: YamlNode | undefined;
  /** Where something stands behind the end of the document, which kubectl does not read. */
  readonly trailing: number | undefined;
}

export class Composer {
  readonly #scanner: Scanner;
  readonly #limits: YamlLimits;
  readonly #anchors = new Map<string, YamlNode>();
  readonly #top: YamlNode[] = [];
  readonly #frames: Frame[] = [];
  #nodes = 0;

  /** Throws YamlSyntaxError here and in the other methods. */
  constructor(text: string, limits: YamlLimits, language: EscapeRules) {
    this.#scanner = new Scanner(text, limits.maxDepth, language);
    this.#limits = limits;
    this.#begin();
  }

  #begin(): void {
    const { kind } = this.#scanner.peek();
    if (kind === "stream-end") return;
    if (kind !== "document-start") return this.#node(this.#top, "block");
    const { end } = this.#scanner.take();
    const next = this.#scanner.peek().kind;
    const empty = next === "document-start" || next === "document-end" || next === "stream-end";
    if (empty) this.#empty(this.#top, end);
    else this.#node(this.#top, "block");
  }

  /** Goes on for at most `steps`; true when the document is whole. */
  advance(steps: number): boolean {
    for (let step = 0; step < steps; step += 1) {
      const frame = this.#frames.at(-1);
      if (frame === undefined) return true;
      this.#step(frame);
    }
    return this.#frames.length === 0;
  }

  /** The document, once {@link advance} said that it is whole. */
  finish(): Composed {
    const root = this.#top[0];
    if (root !== undefined && this.#scanner.peek().kind === "document-end") this.#scanner.take();
    return { root, trailing: this.#findTrailing() };
  }

  #findTrailing(): number | undefined {
    try {
      const token = this.#scanner.peek();
      return token.kind === "stream-end" ? undefined : token.start;
    } catch (error) {
      // What cannot even be scanned is trailing text as well: nobody reads it.
      if (error instanceof YamlSyntaxError) return error.offset;
      throw error;
    }
  }

  #step(frame: Frame): void {
    switch (frame.collection) {
      case "block-sequence":
        return this.#stepBlockSequence(frame);
      case "indentless-sequence":
        return this.#stepIndentlessSequence(frame);
      case "block-mapping":
        return this.#stepBlockMapping(frame);
      case "flow-sequence":
        return this.#stepFlowSequence(frame);
      case "flow-pair":
        return this.#stepFlowPair(frame);
      case "flow-mapping":
        return this.#stepFlowMapping(frame);
    }
  }

  #stepBlockSequence(frame: Frame): void {
    const token = this.#scanner.peek();
    if (token.kind === "block-end") return this.#close();
    if (token.kind !== "block-entry") {
      throw new YamlSyntaxError("the next item of a list begins with '- '", token.start);
    }
    this.#scanner.take();
    this.#nodeUnless(["block-entry", "block-end"], frame, token.end);
  }

  /** A list at the indentation of its key has no end of its own. */
  #stepIndentlessSequence(frame: Frame): void {
    const token = this.#scanner.peek();
    if (token.kind !== "block-entry") {
      this.#frames.pop();
      return;
    }
    this.#scanner.take();
    this.#nodeUnless(["block-entry", "key", "value", "block-end"], frame, token.end);
  }

  #stepBlockMapping(frame: Frame): void {
    const token = this.#scanner.peek();
    const indicator = frame.expects === "value" ? "value" : "key";
    if (token.kind === indicator) {
      this.#scanner.take();
      frame.expects = indicator === "key" ? "value" : "entry";
      const next = this.#scanner.peek().kind;
      if (next === "key" || next === "value" || next === "block-end") {
        this.#empty(frame.children, token.end);
      } else {
        this.#node(frame.children, "block-or-indentless");
      }
    } else if (indicator === "value") {
      frame.expects = "entry";
      this.#empty(frame.children, token.start);
    } else if (token.kind === "block-end") {
      this.#close();
    } else {
      throw new YamlSyntaxError(
        "a mapping goes on with 'key: value' at its indentation",
        token.start,
      );
    }
  }

  #stepFlowSequence(frame: Frame): void {
    if (this.#scanner.peek().kind === "flow-sequence-end") return this.#close();
    this.#separator(frame, "a list in brackets goes on with ',' or ends with ']'");
    const token = this.#scanner.peek();
    if (token.kind === "flow-sequence-end") return this.#close();
    if (token.kind !== "key") return this.#node(frame.children, "flow");
    this.#scanner.take();
    const pair: MappingNode = { kind: "mapping", start: token.start, entries: [] };
    this.#append(frame.children, pair);
    this.#open("flow-pair", token.start, pair.entries);
  }

  #stepFlowPair(frame: Frame): void {
    if (frame.expects === "end") {
      this.#frames.pop();
      return;
    }
    if (frame.expects !== "value") {
      frame.expects = "value";
      const { kind, end } = this.#scanner.peek();
      if (kind !== "value" && kind !== "flow-entry" && kind !== "flow-sequence-end") {
        return this.#node(frame.children, "flow");
      }
      // yaml.v2 loses the token here, so that a pair in a list without a key is always an error to it, and to us.
      this.#scanner.take();
      return this.#empty(frame.children, end);
    }
    frame.expects = "end";
    this.#flowValue(frame, "flow-sequence-end");
  }

  #stepFlowMapping(frame: Frame): void {
    if (frame.expects === "value" || frame.expects === "no-value") {
      const hasValue = frame.expects === "value";
      frame.expects = "entry";
      if (hasValue) this.#flowValue(frame, "flow-mapping-end");
      else this.#empty(frame.children, this.#scanner.peek().start);
      return;
    }
    if (this.#scanner.peek().kind === "flow-mapping-end") return this.#close();
    this.#separator(frame, "a mapping in braces goes on with ',' or ends with '}'");
    const token = this.#scanner.peek();
    if (token.kind === "flow-mapping-end") return this.#close();
    if (token.kind === "key") {
      this.#scanner.take();
      frame.expects = "value";
      this.#nodeUnless(["value", "flow-entry", "flow-mapping-end"], frame, token.end);
    } else {
      frame.expects = "no-value";
      this.#node(frame.children, "flow");
    }
  }

  /** The comma before every entry but the first. */
  #separator(frame: Frame, message: string): void {
    const first = frame.expects === "first";
    frame.expects = "entry";
    if (first) return;
    const token = this.#scanner.peek();
    if (token.kind !== "flow-entry") throw new YamlSyntaxError(message, token.start);
    this.#scanner.take();
  }

  #flowValue(frame: Frame, closing: TokenKind): void {
    const token = this.#scanner.peek();
    if (token.kind !== "value") return this.#empty(frame.children, token.start);
    this.#scanner.take();
    const next = this.#scanner.peek().kind;
    if (next === "flow-entry" || next === closing) this.#empty(frame.children, token.end);
    else this.#node(frame.children, "flow");
  }

  /** An empty value when the next token is one of `kinds`, else the node that begins there. */
  #nodeUnless(kinds: readonly TokenKind[], frame: Frame, emptyAt: number): void {
    if (kinds.includes(this.#scanner.peek().kind)) return this.#empty(frame.children, emptyAt);
    this.#node(frame.children, frame.collection === "flow-mapping" ? "flow" : "block");
  }

  #open(collection: Frame["collection"], start: number, children: YamlNode[]): void {
    if (this.#frames.length >= this.#limits.maxDepth) {
      const message = `nested deeper than ${this.#limits.maxDepth} levels`;
      throw new YamlSyntaxError(message, start, "limit");
    }
    this.#frames.push({ collection, start, children, expects: "first" });
  }

  #close(): void {
    this.#scanner.take();
    this.#frames.pop();
  }

  #append(into: YamlNode[], node: YamlNode): void {
    this.#nodes += 1;
    if (this.#nodes > this.#limits.maxNodes) {
      const message = `more than ${this.#limits.maxNodes} values in one document`;
      throw new YamlSyntaxError(message, node.start, "limit");
    }
    into.push(node);
  }

  #empty(into: YamlNode[], start: number): void {
    this.#append(into, { kind: "scalar", start, tag: "", text: "", implicit: true });
  }

  /** Reads the node at the next token into `into`: a scalar or alias whole, a collection by opening its frame. */
  #node(into: YamlNode[], context: "block" | "block-or-indentless" | "flow"): void {
    const { start } = this.#scanner.peek();
    if (this.#scanner.peek().kind === "alias") return this.#alias(into, this.#scanner.take());
    const { anchor, tag } = this.#properties();
    const token = this.#scanner.peek();
    const node = this.#content(token, { start, tag, context });
    if (node === undefined) {
      const where = context === "flow" ? "a list or mapping in brackets" : "a list or mapping";
      throw new YamlSyntaxError(`a value is expected here in ${where}`, token.start);
    }
    if (anchor !== undefined) this.#anchors.set(anchor, node);
    this.#append(into, node);
  }

  #alias(into: YamlNode[], token: Token): void {
    const target = this.#anchors.get(token.text);
    if (target === undefined) {
      throw new YamlSyntaxError(`no anchor &${token.text} comes before this alias`, token.start);
    }
    this.#append(into, { kind: "alias", start: token.start, name: token.text, target });
  }

  /** An anchor and a tag, in either order. */
  #properties(): { readonly anchor: string | undefined; readonly tag: string } {
    let anchor: string | undefined;
    let tag: string | undefined;
    for (;;) {
      const { kind } = this.#scanner.peek();
      if (kind === "anchor" && anchor === undefined) anchor = this.#scanner.take().text;
      else if (kind === "tag" && tag === undefined) tag = this.#scanner.take().text;
      else return { anchor, tag: tag ?? "" };
    }
  }

  #content(
    token: Token,
    at: { readonly start: number; readonly tag: string; readonly context: string },
  ): YamlNode | undefined {
    const { start, tag } = at;
    if (at.context === "block-or-indentless" && token.kind === "block-entry") {
      return this.#sequence("indentless-sequence", start);
    }
    if (token.kind === "scalar") {
      const implicit = (tag === "" && token.plain) || tag === "!";
      this.#scanner.take();
      return { kind: "scalar", start, tag, text: token.text, implicit };
    }
    const inFlow = at.context === "flow";
    if (token.kind === "flow-sequence-start") return this.#sequence("flow-sequence", start);
    if (token.kind === "flow-mapping-start") return this.#mapping("flow-mapping", start);
    if (token.kind === "block-sequence-start" && !inFlow) {
      return this.#sequence("block-sequence", start);
    }
    if (token.kind === "block-mapping-start" && !inFlow) {
      return this.#mapping("block-mapping", start);
    }
    return start === token.start ? undefined : emptyTagged(start, tag);
  }

  #sequence(collection: Frame["collection"], start: number): YamlNode {
    if (collection !== "indentless-sequence") this.#scanner.take();
    const items: YamlNode[] = [];
    this.#open(collection, start, items);
    return { kind: "sequence", start, items };
  }

  #mapping(collection: Frame["collection"], start: number): YamlNode {
    this.#scanner.take();
    const entries: YamlNode[] = [];
    this.#open(collection, start, entries);
    return { kind: "mapping", start, entries };
  }
}

/** A node of an anchor or a tag alone. */
function emptyTagged(start: number, tag: string): ScalarNode {
  return { kind: "scalar", start, tag, text: "", implicit: tag === "" };
}
