// The values of W12: what programs hand around, from a few numbers to a text → each made anew, of fixed content.

export interface Shape {
  readonly title: string;
  readonly make: (seed: number) => unknown;
}

const WORDS =
  "the report of last summer says that rivers near the old harbour carry more water than any year before".split(
    " ",
  );

/** Prose, another one for each `seed`. */
function prose(seed: number, length: number): string {
  let text = "";
  for (let at = seed; text.length < length; at++) {
    const word = WORDS[(at * at + seed) % WORDS.length] ?? "";
    text += at % 11 === 0 ? `${word}. ` : `${word} `;
  }
  return Buffer.from(text.slice(0, length)).toString();
}

const records = (count: number): object[] =>
  Array.from({ length: count }, (_, id) => ({ id, value: `value ${id}` }));

class Settings {
  readonly name = "settings";
}

function instance(): Settings {
  const fields = Array.from({ length: 19 }, (_, at) => {
    const kinds = [at * 1.5, `text ${at}`, at > 9];
    return [`field${at}`, kinds[at % 3]] as const;
  });
  return Object.assign(new Settings(), Object.fromEntries(fields));
}

const messages = (seed: number): object[] =>
  Array.from({ length: 40 }, (_, at) => ({
    role: at % 2 === 0 ? "user" : "assistant",
    content: prose(seed * 40 + at, 120),
  }));

const answer = (seed: number): object => ({
  id: "chatcmpl-B9MHDbslfkBeAs8l4bebGdFOJ6PeG",
  object: "chat.completion",
  created: 1_741_570_283,
  model: "gpt-4o-2024-08-06",
  choices: [
    {
      index: 0,
      message: { role: "assistant", content: prose(3 + seed, 700), refusal: null, annotations: [] },
      logprobs: null,
      finish_reason: "stop",
    },
  ],
  usage: {
    prompt_tokens: 1117,
    completion_tokens: 146,
    total_tokens: 1263,
    prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: 0, audio_tokens: 0 },
  },
  service_tier: "default",
  system_fingerprint: "fp_fc9f1d7035",
});

export const shapes: readonly Shape[] = [
  { title: "10 records", make: () => records(10) },
  { title: "100 records", make: () => records(100) },
  { title: "1,000 records", make: () => records(1000) },
  {
    title: "5 documents of 400 characters",
    make: (seed) =>
      Array.from({ length: 5 }, (_, at) => ({
        id: `doc-${at}`,
        text: prose(seed * 5 + at, 400),
        score: 0.9 - at / 100,
      })),
  },
  { title: "40 chat messages", make: messages },
  {
    title: "embedding of 1,536 numbers",
    make: () => Array.from({ length: 1536 }, (_, at) => Math.sin(at) / 10),
  },
  { title: "instance with 20 fields", make: instance },
  { title: "model's answer", make: answer },
  { title: "text of 10 KB", make: (seed) => prose(5 + seed, 10_000) },
];

/** One value that a program hands to each of its functions. */
export const state: Shape = {
  title: "state of 1,000 items, to 1,000 calls",
  make: () => ({ items: records(1000), page: 1, open: true }),
};
