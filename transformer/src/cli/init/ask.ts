// What `llmops init` asks → answers, of a person or, with --yes, what is found.
// Invariant: Ctrl-C at any question ends the command with 130; what was written by then is told.
import { confirm, isCancel, multiselect, text } from "@clack/prompts";
import { CommandError, INTERRUPTED } from "../terminal.ts";
import type { TagCandidate } from "./first-tag.ts";
import type { Install } from "./wanted.ts";

export interface Asker {
  /** Which folder holds the program. */
  folder(found: string): Promise<string>;
  /** Whether a function gets the first tag. */
  tag(candidate: TagCandidate): Promise<boolean>;
  /** Which of the builds are set up. */
  hosts(found: readonly string[]): Promise<readonly string[]>;
  /** URL of the queue, or nothing: later. */
  queue(): Promise<string | undefined>;
  /** Whether a file is changed; its diff was shown. */
  change(name: string, isNew: boolean): Promise<boolean>;
  install(command: Install): Promise<boolean>;
}

/** Takes what is found. Packages are installed by hand: that is no edit of a file. */
export const YES: Asker = {
  folder: async (found) => found,
  tag: async () => true,
  hosts: async (found) => found,
  queue: async () => undefined,
  change: async () => true,
  install: async () => false,
};

export const PERSON: Asker = {
  folder: async (found) =>
    answered(await text({ message: "Where is the program?", initialValue: found })),
  tag: async ({ name, path, line }) =>
    answered(await confirm({ message: `Track ${name} (${path}:${line}) as the first function?` })),
  hosts: async (found) =>
    found.length < 2
      ? found
      : answered(
          await multiselect({
            message: "Which builds are set up?",
            options: found.map((host) => ({ value: host, label: host })),
            initialValues: [...found],
          }),
        ),
  async queue() {
    const message = "URL of the SQS queue? (empty: later)";
    const url = answered(await text({ message, defaultValue: "", placeholder: "later" }));
    return url.trim() === "" ? undefined : url.trim();
  },
  change: async (name, isNew) =>
    answered(await confirm({ message: `${isNew ? "Write" : "Change"} ${name}?` })),
  install: async ({ command, args }) =>
    answered(
      await confirm({ message: `Run ${[command, ...args].join(" ")}?` }),
      "Interrupted: the files are written, the packages are not all installed.",
    ),
};

function answered<T>(answer: T, left = "Interrupted: nothing was written."): Exclude<T, symbol> {
  if (isCancel(answer)) throw new CommandError(left, INTERRUPTED);
  return answer as Exclude<T, symbol>;
}
