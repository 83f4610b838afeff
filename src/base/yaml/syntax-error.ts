/** What stops the reading of a YAML text, thrown inside this folder and handed out as a value by `read-yaml.ts`. */

export class YamlSyntaxError extends Error {
  readonly code: "syntax" | "limit";
  readonly retryable = false;
  /** Where in the text, in UTF-16 code units from its start. */
  readonly offset: number;

  constructor(message: string, offset: number, code: "syntax" | "limit" = "syntax") {
    super(message);
    this.name = "YamlSyntaxError";
    this.offset = offset;
    this.code = code;
  }
}
