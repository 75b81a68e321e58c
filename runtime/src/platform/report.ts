// A reason and a sentence → one line on stderr, the first time only; later ones are counted.
// Never uses `console` (users patch it) and never throws: a closed stderr must not end the app.
import { process } from "./node.ts";

const seen = new Map<string, number>();
const nothing = (): void => {};

/** Counts without a word. Returns how often `reason` came up by now. */
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
    // As node's own console does: a write error is emitted after this callback, and would
    // end the process where nobody listens.
    stderr.write(`[llmops] ${sentence.replace(/\s+/g, " ")}\n`, (error) => {
      if (error && stderr.listenerCount("error") === 0) stderr.once("error", nothing);
    });
  } catch {
    // Nowhere left to say it.
  }
}
