// Trace number → five documents of real prose and an answer out of them, others for each trace, the
// same in each run.
// The prose is MDN's, from the comments of TypeScript's own `lib.dom.d.ts`.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Completion, Document, Question } from "../workloads/rag.ts";

const CHARACTERS = 400;
const DOCUMENTS = 5;
/** No two documents of a trace stand together in the text. */
const STRIDE = 7919;

const text = readFileSync(createRequire(import.meta.url).resolve("typescript/lib/lib.dom.d.ts"), {
  encoding: "utf8",
})
  .split("\n")
  .filter((line) => line.startsWith(" * ") || line.startsWith("     * "))
  .map((line) => line.replace(/^ +\* /, ""))
  .filter((line) => !/^(?:@|\[MDN)/.test(line))
  .map((line) => line.replaceAll(/[*`]/g, ""))
  .join(" ");

function piece(number: number, characters: number): string {
  const from = (number * STRIDE * 13) % (text.length - characters);
  return text.slice(from, from + characters);
}

export function questionOf(number: number): Question {
  return { id: mark(number), text: piece(number * 8 + 6, 80) };
}

export function documentsOf(number: number): readonly Document[] {
  return Array.from({ length: DOCUMENTS }, (_, at) => ({
    id: `doc-${(number * STRIDE + at * 31) % 100_000}`,
    text: piece(number * 8 + at, CHARACTERS),
    score: ((number * 31 + at * 17) % 100) / 100,
  }));
}

export function completionOf(number: number): Completion {
  const [first, second] = documentsOf(number);
  const content = `${piece(number * 8 + 7, 300)} [${first?.id}] [${second?.id}]`;
  return {
    id: `chatcmpl-${mark(number)}`,
    object: "chat.completion",
    created: 1_790_000_000 + number,
    model: "gpt-4o-2024-08-06",
    choices: [{ index: 0, message: { role: "assistant", content }, finish_reason: "stop" }],
    usage: { prompt_tokens: 640 + (number % 90), completion_tokens: 80, total_tokens: 720 },
  };
}

/** What the collector counts, by trace. */
function mark(number: number): string {
  return `rag-${String(number).padStart(6, "0")}`;
}
