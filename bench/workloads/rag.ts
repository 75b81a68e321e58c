// A question → documents → a prompt → a model's answer → an answer with its sources: a root and
// five spans below it.
// The functions call each other through `steps`, so that peers may wrap them there; ours are
// compiled in place.

export interface Question {
  readonly id: string;
  readonly text: string;
}

export interface Document {
  readonly id: string;
  readonly text: string;
  readonly score: number;
}

interface Found {
  readonly query: string;
  readonly documents: readonly Document[];
}

interface Message {
  readonly role: "system" | "user";
  readonly content: string;
}

/** As OpenAI's API answers. */
export interface Completion {
  readonly id: string;
  readonly object: "chat.completion";
  readonly created: number;
  readonly model: string;
  readonly choices: readonly {
    readonly index: number;
    readonly message: { readonly role: "assistant"; readonly content: string };
    readonly finish_reason: "stop";
  }[];
  readonly usage: {
    readonly prompt_tokens: number;
    readonly completion_tokens: number;
    readonly total_tokens: number;
  };
}

interface Answer {
  readonly question: string;
  readonly text: string;
  readonly sources: readonly string[];
}

/** The program's functions, by the names under which they call each other. */
interface Steps {
  readonly answer: typeof answer;
  readonly retrieve: typeof retrieve;
  readonly rank: typeof rank;
  readonly prompt: typeof prompt;
  readonly complete: typeof complete;
  readonly cite: typeof cite;
}

/** What lies outside of the program: an index and a model. */
export interface World {
  search(question: Question): Promise<readonly Document[]>;
  complete(messages: readonly Message[]): Promise<Completion>;
}

export const world: World = {
  search: () => Promise.reject(new Error("set by the bench")),
  complete: () => Promise.reject(new Error("set by the bench")),
};

/** @track capture=found,messages,completion */
async function answer(question: Question): Promise<Answer> {
  const found = await steps.retrieve(question);
  const ranked = steps.rank(question, found);
  const messages = steps.prompt(question, ranked);
  const completion = await steps.complete(messages);
  return steps.cite(question, completion, ranked);
}

/** @track */
async function retrieve(question: Question): Promise<Found> {
  return { query: question.id, documents: await world.search(question) };
}

/** @track */
function rank(question: Question, { documents }: Found): Found {
  return { query: question.id, documents: documents.toSorted((a, b) => b.score - a.score) };
}

/** @track */
function prompt(question: Question, { documents }: Found): readonly Message[] {
  const context = documents.map(({ id, text }) => `[${id}] ${text}`).join("\n\n");
  return [
    { role: "system", content: "Answer from the documents alone, and name the ones you used." },
    { role: "user", content: `${context}\n\nQuestion ${question.id}: ${question.text}` },
  ];
}

/** @trackLlm */
async function complete(messages: readonly Message[]): Promise<Completion> {
  return await world.complete(messages);
}

/** @track */
function cite(question: Question, completion: Completion, { documents }: Found): Answer {
  const text = completion.choices[0]?.message.content ?? "";
  const sources = documents.filter(({ id }) => text.includes(id)).map(({ id }) => id);
  return { question: question.id, text, sources };
}

export const steps: Steps = { answer, retrieve, rank, prompt, complete, cite };
