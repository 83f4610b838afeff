/** The composition root: the real outside world (`cli/real-context.ts`), handed to the commands. */

import { runProgram } from "#cli/program.ts";
import { createContext } from "#cli/real-context.ts";
import { createEnvironment } from "#runtime/real-environment.ts";

const environment = createEnvironment();

environment.exit(await runProgram(createContext(environment)));
