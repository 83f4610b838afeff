/**
 * YAML text → tokens, by the rules of YAML 1.1 as libyaml and with it Go's yaml.v2 read them.
 *
 * kubectl reads through that library, so what it accepts is what a manifest may be: flow collections and quoted texts
 * that do not mind indentation, `:` directly behind a quoted key, no directives. The one hard thing in YAML is that a
 * mapping key is recognised only by the `:` behind it. So a token where a key may begin is held back until that is
 * decided; a key is on one line and at most 1,024 characters long, which bounds how far the scanner runs ahead.
 */

import { takeBlock } from "./block-scalar.ts";
import { Cursor, isBlank, isBreak, isSpaceOrEnd, isWordCharacter } from "./cursor.ts";
import { takePlain } from "./plain-scalar.ts";
import type { EscapeRules } from "./quoted-scalar.ts";
import { takeQuoted } from "./quoted-scalar.ts";
import { YamlSyntaxError } from "./syntax-error.ts";
import { takeTag } from "./tag.ts";
import type { SimpleKey, Token, TokenKind } from "./token.ts";

const maxKeyLength = 1024;

export class Scanner {
  readonly #cursor: Cursor;
  readonly #maxDepth: number;
  /** JSON's keys are quoted texts of any length, and their `:` may stand on another line. */
  readonly #language: EscapeRules;
  /** Tokens read and not yet taken; those before `#head` are. */
  #tokens: Token[] = [];
  #head = 0;
  /** Indentation of the innermost block collection, -1 outside all; the outer ones are stacked. */
  #indent = -1;
  readonly #indents: number[] = [];
  /** The key that may have begun, for the block context and for each flow collection in it. */
  readonly #keys: (SimpleKey | undefined)[] = [undefined];
  /** A key may begin at the next token. */
  #keyAllowed = true;
  #ended = false;
  /** What the characters begin that mean the same everywhere. */
  readonly #indicators: ReadonlyMap<number, () => void> = new Map([
    [91, () => this.#fetchFlowStart("flow-sequence-start")],
    [123, () => this.#fetchFlowStart("flow-mapping-start")],
    [93, () => this.#fetchFlowEnd("flow-sequence-end")],
    [125, () => this.#fetchFlowEnd("flow-mapping-end")],
    [44, () => this.#fetchFlowEntry()],
    [42, () => this.#fetchName("alias")],
    [38, () => this.#fetchName("anchor")],
    [33, () => this.#fetchTag()],
    [39, () => this.#fetchQuoted()],
    [34, () => this.#fetchQuoted()],
  ]);

  constructor(text: string, maxDepth: number, language: EscapeRules) {
    this.#cursor = new Cursor(text);
    this.#maxDepth = maxDepth;
    this.#language = language;
  }

  /** The next token, left where it is. */
  peek(): Token {
    for (;;) {
      const token = this.#tokens[this.#head];
      if (token !== undefined && (token.key === undefined || !this.#isOpen(token.key))) {
        return token;
      }
      this.#fetch();
    }
  }

  /** Removes and returns the next token. */
  take(): Token {
    const token = this.peek();
    if (token.kind === "stream-end") return token;
    this.#head += 1;
    if (this.#head === this.#tokens.length || this.#head > maxKeyLength) {
      this.#tokens = this.#tokens.slice(this.#head);
      this.#head = 0;
    }
    return token;
  }

  get #inFlow(): boolean {
    return this.#keys.length > 1;
  }

  /** True while it is undecided whether `key` is one. */
  #isOpen(key: SimpleKey): boolean {
    if (!key.possible) return false;
    if (this.#language === "json") return true;
    const cursor = this.#cursor;
    if (key.line === cursor.line && !isTooLong(cursor, key.offset)) return true;
    this.#giveUp(key);
    return false;
  }

  #giveUp(key: SimpleKey): void {
    if (key.required && key.possible) {
      throw new YamlSyntaxError("a key is here without the ':' that must follow it", key.offset);
    }
    key.possible = false;
  }

  /** Forgets the key that may have begun in the current collection. */
  #dropKey(): void {
    const key = this.#keys.at(-1);
    if (key !== undefined) this.#giveUp(key);
    this.#keys[this.#keys.length - 1] = undefined;
  }

  /** Notes that a key may begin at the token about to be read. */
  #openKey(): SimpleKey | undefined {
    if (!this.#keyAllowed) return undefined;
    const { position: offset, line, column } = this.#cursor;
    this.#dropKey();
    const required = !this.#inFlow && this.#indent === column;
    const key = { possible: true, required, offset, line, column };
    this.#keys[this.#keys.length - 1] = key;
    return key;
  }

  #add(kind: TokenKind, start: number, details: Partial<Token> = {}): void {
    const { text = "", plain = false, key, end = this.#cursor.position } = details;
    this.#tokens.push({ kind, start, end, text, plain, key });
  }

  #addIndicator(kind: TokenKind, length: number, key?: SimpleKey): void {
    const start = this.#cursor.position;
    this.#cursor.position += length;
    this.#tokens.push({ kind, start, end: start + length, text: "", plain: false, key });
  }

  /** Reads at least one more token. */
  #fetch(): void {
    const cursor = this.#cursor;
    this.#skipToToken();
    this.#closeBlocks(cursor.column);
    const code = cursor.peek();
    if (code === 0) this.#fetchEnd();
    else if (code === 37 && cursor.column === 0) {
      throw new YamlSyntaxError("directives (%) cannot be used in manifests", cursor.position);
    } else if (cursor.atDocumentMarker()) this.#fetchDocumentMarker(code);
    else this.#fetchContent(code);
  }

  #skipToToken(): void {
    const cursor = this.#cursor;
    for (;;) {
      const tabsCount = this.#inFlow || !this.#keyAllowed;
      while (tabsCount ? isBlank(cursor.peek()) : cursor.peek() === 32) cursor.position += 1;
      if (cursor.peek() === 35) cursor.skipToBreak();
      if (!isBreak(cursor.peek())) return;
      cursor.takeBreak();
      if (!this.#inFlow) this.#keyAllowed = true;
    }
  }

  /** Ends the block collections that are indented deeper than `column`. */
  #closeBlocks(column: number): void {
    if (this.#inFlow) return;
    while (this.#indent > column) {
      this.#add("block-end", this.#cursor.position);
      this.#indent = this.#indents.pop() ?? -1;
    }
  }

  /** Begins a block collection where the indentation grew, before the token at `index` of the queue. */
  #openBlock(kind: TokenKind, column: number, offset: number, index: number): void {
    if (this.#inFlow || this.#indent >= column) return;
    this.#indents.push(this.#indent);
    this.#indent = column;
    this.#checkDepth(this.#indents.length, offset);
    const token = { kind, start: offset, end: offset, text: "", plain: false, key: undefined };
    this.#tokens.splice(index, 0, token);
  }

  #checkDepth(depth: number, offset: number): void {
    if (depth <= this.#maxDepth) return;
    throw new YamlSyntaxError(`nested deeper than ${this.#maxDepth} levels`, offset, "limit");
  }

  #fetchEnd(): void {
    if (!this.#ended) {
      this.#ended = true;
      this.#closeAll();
    }
    this.#add("stream-end", this.#cursor.position);
  }

  #closeAll(): void {
    this.#closeBlocks(-1);
    this.#dropKey();
    this.#keyAllowed = false;
  }

  #fetchDocumentMarker(code: number): void {
    this.#closeAll();
    this.#addIndicator(code === 45 ? "document-start" : "document-end", 3);
  }

  #fetchContent(code: number): void {
    const fetch = this.#indicators.get(code);
    const following = this.#cursor.peek(1);
    if (fetch !== undefined) fetch();
    else if (code === 45 && isSpaceOrEnd(following)) this.#fetchBlockEntry();
    else if (code === 63 && this.#isIndicator(following)) this.#fetchKey();
    else if (code === 58 && this.#isIndicator(following)) this.#fetchValue();
    else if ((code === 124 || code === 62) && !this.#inFlow) this.#fetchBlockScalar();
    else this.#fetchPlain(code);
  }

  /** `?` and `:` always mean something in flow collections, else only before a space. */
  #isIndicator(following: number): boolean {
    return this.#inFlow || isSpaceOrEnd(following);
  }

  #fetchFlowStart(kind: TokenKind): void {
    const key = this.#language === "json" ? undefined : this.#openKey();
    this.#keys.push(undefined);
    this.#checkDepth(this.#keys.length, this.#cursor.position);
    this.#keyAllowed = true;
    this.#addIndicator(kind, 1, key);
  }

  #fetchFlowEnd(kind: TokenKind): void {
    this.#dropKey();
    if (this.#inFlow) this.#keys.pop();
    this.#keyAllowed = false;
    this.#addIndicator(kind, 1);
  }

  #fetchFlowEntry(): void {
    this.#dropKey();
    this.#keyAllowed = true;
    this.#addIndicator("flow-entry", 1);
  }

  #fetchBlockEntry(): void {
    const { column, position } = this.#cursor;
    if (!this.#inFlow) {
      this.#requireLineStart("a list item (-) cannot stand here");
      this.#openBlock("block-sequence-start", column, position, this.#tokens.length);
    }
    this.#dropKey();
    this.#keyAllowed = true;
    this.#addIndicator("block-entry", 1);
  }

  #requireLineStart(message: string): void {
    if (!this.#keyAllowed) throw new YamlSyntaxError(message, this.#cursor.position);
  }

  #fetchKey(): void {
    const { column, position } = this.#cursor;
    if (!this.#inFlow) {
      this.#requireLineStart("a mapping key (?) cannot stand here");
      this.#openBlock("block-mapping-start", column, position, this.#tokens.length);
    }
    this.#dropKey();
    this.#keyAllowed = !this.#inFlow;
    this.#addIndicator("key", 1);
  }

  #fetchValue(): void {
    const { column, position } = this.#cursor;
    const key = this.#keys.at(-1);
    if (key !== undefined && this.#isOpen(key)) {
      this.#insertKey(key);
      this.#keyAllowed = false;
    } else {
      if (!this.#inFlow) {
        this.#requireLineStart(
          "a mapping value (:) cannot stand here; quote a text that holds ': '",
        );
        this.#openBlock("block-mapping-start", column, position, this.#tokens.length);
      }
      this.#keyAllowed = !this.#inFlow;
    }
    this.#addIndicator("value", 1);
  }

  /** Puts the key token, and the start of its mapping where it is the first one, before the token that `key` began at. */
  #insertKey(key: SimpleKey): void {
    let index = this.#tokens.length - 1;
    while (this.#tokens[index]?.key !== key) index -= 1;
    const { offset } = key;
    const token = { kind: "key", start: offset, end: offset, text: "", plain: false } as const;
    this.#tokens.splice(index, 0, { ...token, key: undefined });
    this.#openBlock("block-mapping-start", key.column, offset, index);
    key.possible = false;
    this.#keys[this.#keys.length - 1] = undefined;
  }

  #fetchName(kind: "alias" | "anchor"): void {
    const cursor = this.#cursor;
    const start = cursor.position;
    const key = this.#openKey();
    this.#keyAllowed = false;
    cursor.position += 1;
    while (isWordCharacter(cursor.peek())) cursor.position += 1;
    const text = cursor.since(start + 1);
    if (text === "" || !endsName(cursor.peek())) {
      throw new YamlSyntaxError(`an ${kind} is named by letters, digits, '-' and '_'`, start);
    }
    this.#add(kind, start, { text, key });
  }

  #fetchTag(): void {
    const start = this.#cursor.position;
    const key = this.#openKey();
    this.#keyAllowed = false;
    this.#add("tag", start, { text: takeTag(this.#cursor), key });
  }

  #fetchQuoted(): void {
    const start = this.#cursor.position;
    const key = this.#openKey();
    this.#keyAllowed = false;
    this.#add("scalar", start, { text: takeQuoted(this.#cursor, this.#language), key });
  }

  #fetchBlockScalar(): void {
    const start = this.#cursor.position;
    this.#dropKey();
    this.#keyAllowed = true;
    this.#add("scalar", start, { text: takeBlock(this.#cursor, this.#indent) });
  }

  #fetchPlain(code: number): void {
    const cursor = this.#cursor;
    if (!startsPlain(code, cursor.peek(1), this.#inFlow)) {
      throw new YamlSyntaxError(
        `no value begins with ${describe(code)}; quote it`,
        cursor.position,
      );
    }
    const start = cursor.position;
    const key = this.#openKey();
    this.#keyAllowed = false;
    const scalar = takePlain(cursor, { inFlow: this.#inFlow, indent: this.#indent + 1 });
    if (scalar.broken) this.#keyAllowed = true;
    this.#add("scalar", start, { text: scalar.text, plain: true, key, end: scalar.end });
  }
}

/** More than 1,024 characters lie between a key's start and the cursor. */
function isTooLong(cursor: Cursor, start: number): boolean {
  const units = cursor.position - start;
  if (units <= maxKeyLength) return false;
  if (units > 2 * maxKeyLength) return true;
  return [...cursor.since(start)].length > maxKeyLength;
}

/** What may follow an anchor or alias directly: a space, or one of `?:,]}%@` and the backtick. */
function endsName(code: number): boolean {
  return isSpaceOrEnd(code) || "?:,]}%@`".includes(String.fromCharCode(code));
}

/** A plain scalar begins with anything but an indicator; `-`, and outside flow `?` and `:`, may when no space follows. */
function startsPlain(code: number, following: number, inFlow: boolean): boolean {
  if (code === 45) return !isBlank(following);
  if (code === 63 || code === 58) return !inFlow && !isSpaceOrEnd(following);
  return !isSpaceOrEnd(code) && !",[]{}#&*!|>'\"%@`".includes(String.fromCharCode(code));
}

function describe(code: number): string {
  return code === 9 ? "a tab" : `'${String.fromCharCode(code)}'`;
}
