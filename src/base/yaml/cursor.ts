/** A place in YAML text that moves forward over characters and line breaks. */

const lineFeed = 10;
const carriageReturn = 13;

/** YAML 1.1 §4.1.4: line feed, carriage return, next line, line separator and paragraph separator. */
export function isBreak(code: number): boolean {
  return (
    code === lineFeed ||
    code === carriageReturn ||
    code === 0x85 ||
    code === 0x2028 ||
    code === 0x2029
  );
}

/** A space or a tab. */
export function isBlank(code: number): boolean {
  return code === 32 || code === 9;
}

/** A line break or the end of the text. */
export function isBreakOrEnd(code: number): boolean {
  return code === 0 || isBreak(code);
}

/** A space, a tab, a line break or the end of the text. */
export function isSpaceOrEnd(code: number): boolean {
  return isBlank(code) || isBreakOrEnd(code);
}

/** True for 0 to 9. */
export function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

/** Letters, digits, `_` and `-`: what anchors and tag handles are made of. */
export function isWordCharacter(code: number): boolean {
  return (
    isDigit(code) ||
    (code >= 97 && code <= 122) ||
    (code >= 65 && code <= 90) ||
    code === 95 ||
    code === 45
  );
}

export class Cursor {
  /** The text with a NUL behind its end. */
  readonly text: string;
  position = 0;
  line = 0;
  #lineStart: number;

  /** `text` holds no NUL. A byte order mark at its start counts for nothing. */
  constructor(text: string) {
    this.text = `${text}\0`;
    if (text.charCodeAt(0) === 0xfeff) this.position = 1;
    this.#lineStart = this.position;
  }

  /** Characters from the start of the line. */
  get column(): number {
    return this.position - this.#lineStart;
  }

  /** The code unit `ahead` of the current one; 0 at and behind the end. */
  peek(ahead = 0): number {
    const at = this.position + ahead;
    return at < this.text.length ? this.text.charCodeAt(at) : 0;
  }

  /** True at `---` or `...` alone at the start of a line. */
  atDocumentMarker(): boolean {
    const code = this.peek();
    return (
      (code === 45 || code === 46) &&
      this.column === 0 &&
      this.peek(1) === code &&
      this.peek(2) === code &&
      isSpaceOrEnd(this.peek(3))
    );
  }

  /** Moves over one line break, CR LF being one, and says what it stands for in a value: nothing when there is none. */
  takeBreak(): string {
    const code = this.peek();
    if (!isBreak(code)) return "";
    this.position += code === carriageReturn && this.peek(1) === lineFeed ? 2 : 1;
    this.line += 1;
    this.#lineStart = this.position;
    return code === 0x2028 || code === 0x2029 ? String.fromCharCode(code) : "\n";
  }

  /** Moves over spaces and tabs. */
  skipBlanks(): void {
    while (isBlank(this.peek())) this.position += 1;
  }

  /** Moves to the end of the line. */
  skipToBreak(): void {
    while (!isBreakOrEnd(this.peek())) this.position += 1;
  }

  /** The text from `start` to here. */
  since(start: number): string {
    return this.text.slice(start, this.position);
  }
}
