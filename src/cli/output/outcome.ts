/** What a command that ran to its end has to say by its exit code. */
export interface Outcome {
  exitCode: 0 | 1;
}
