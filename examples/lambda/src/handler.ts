// An event with a question → its answer. The traces are sent before Lambda freezes the process.
import { withLambda } from "llmops-observability";
import OpenAI from "openai";

interface Event {
  readonly question: string;
}

const client = new OpenAI();

/** @trackLlm */
async function ask(question: string): Promise<OpenAI.ChatCompletion> {
  const messages = [{ role: "user" as const, content: question }];
  return await client.chat.completions.create({ model: "gpt-4o-mini", messages });
}

/** @track */
async function answer({ question }: Event): Promise<string> {
  const completion = await ask(question);
  return completion.choices[0]?.message.content ?? "";
}

export const handler: (event: Event) => Promise<string> = withLambda(answer);
