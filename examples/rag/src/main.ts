// A question → the documents that are nearest, and an answer made of them.
import { finalizeAndSend, withTrace } from "llmops-observability";
import OpenAI from "openai";

const DOCUMENTS = [
  "Segments are files in the spool; each has one owner.",
  "A lane is one destination's queue, its circuit and its pace.",
  "The ledger balances: accepted is acked, pending and dropped together.",
];
const client = new OpenAI();

/** @track capture=words */
function similarity(question: string, document: string): number {
  const words = new Set(document.toLowerCase().split(/\W+/));
  return question
    .toLowerCase()
    .split(/\W+/)
    .filter((word) => words.has(word)).length;
}

/** @track capture=best */
function retrieve(question: string): string[] {
  const best = DOCUMENTS.toSorted((a, b) => similarity(question, b) - similarity(question, a));
  return best.slice(0, 2);
}

/** @trackLlm capture=context */
async function ask(question: string, context: string): Promise<OpenAI.ChatCompletion> {
  return await client.chat.completions.create({
    model: "gpt-4o-mini",
    messages: [
      { role: "system", content: `Answer from this alone:\n${context}` },
      { role: "user", content: question },
    ],
  });
}

const question = process.argv[2] ?? "What is a lane?";
await withTrace({ name: "rag", userId: "reader" }, async () => {
  const completion = await ask(question, retrieve(question).join("\n"));
  const answer = completion.choices[0]?.message.content ?? "";
  finalizeAndSend({ traceInput: question, traceOutput: answer });
  console.log(answer);
});
