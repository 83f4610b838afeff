/** Threads that compute for us, injected. */

export interface Worker<Question, Answer> {
  /** One question after another, in the order asked. Rejects when the thread ends before it answers. */
  readonly ask: (question: Question) => Promise<Answer>;
  readonly end: () => Promise<void>;
}

export interface Workers {
  /** A thread that runs a file of ours; one that ends is started again with the next question. */
  readonly start: <Question, Answer>(file: URL) => Worker<Question, Answer>;
}
