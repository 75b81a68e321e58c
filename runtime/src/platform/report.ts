// A reason and a sentence → one line on stderr, the first time only; later ones are counted.
// Invariant: a closed stderr does not end the program; `console` is not used, programs patch it.
import { process } from "./node.ts";

const seen = new Map<string, number>();
const nothing = (): void => {};

/** Counts, and says nothing. @returns how often `reason` came up by now */
export function count(reason: string): number {
  const times = (seen.get(reason) ?? 0) + 1;
  seen.set(reason, times);
  return times;
}

/** Says `sentence` on stderr unless `reason` came up before; counts it either way. */
export function report(reason: string, sentence: string): void {
  if (count(reason) === 1) line(sentence);
}

/** Says `sentence` each time, where LLMOPS_DEBUG asks for it. */
export function debug(sentence: () => string): void {
  if (debugging) line(sentence());
}

let debugging = false;

export function setDebug(on: boolean): void {
  debugging = on;
}

function line(sentence: string): void {
  try {
    const { stderr } = process;
    // As Node's own console does it: stderr emits a write error after this callback, and an error
    // without a listener would end the process.
    stderr.write(`[llmops] ${sentence.replace(/\s+/g, " ")}\n`, (error) => {
      if (error && stderr.listenerCount("error") === 0) stderr.once("error", nothing);
    });
  } catch {
    // Nowhere left to say it.
  }
}
