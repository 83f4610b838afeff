/** What the person who started us gave us: variables, directories, the terminal; injected. */

export interface Terminal {
  /** Standard output. */
  readonly print: (text: string) => void;
  /** Standard error. */
  readonly warn: (text: string) => void;
  /** Asks the person at the terminal, who ends the answer with the line; undefined: nobody is there. */
  readonly ask: (question: string) => Promise<string | undefined>;
  /** Whether standard output is a screen that can be drawn on. */
  readonly isScreen: boolean;
  /** Whether colours are wanted there (`NO_COLOR`, `FORCE_COLOR` and what the terminal says). */
  readonly hasColours: boolean;
  /** Characters in a line of the screen, now. */
  readonly columns: () => number;
  /** Lines on the screen, now. */
  readonly rows: () => number;
}

export interface Environment {
  /** What was given behind the program's name. */
  readonly arguments: readonly string[];
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  readonly workingDirectory: string;
  readonly processId: number;
  /** The effective user id; undefined where there is none. */
  readonly userId: number | undefined;
  /** The Node binary that runs us: for programs of our own. */
  readonly nodeBinary: string;
  /** What it runs: our main file, or the bundle. */
  readonly mainFile: string;
  readonly terminal: Terminal;
  /** Ends this process once what was printed has been written. */
  readonly exit: (code: number) => void;
  /** Calls `stop` at the first SIGINT or SIGTERM, or when the terminal is closed, `hurry` at the second; the returned function ends that. */
  readonly onStopSignal: (stop: () => void, hurry: () => void) => () => void;
}
