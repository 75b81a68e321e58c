// The four ways in which programs call a model, around whatever an SDK's call returns.

/** Returns what the SDK returns. */
type Call = (prompt: string) => unknown;
type ChunksOf = (streamed: unknown) => AsyncIterable<unknown>;

/** @trackLlm */
export async function asyncFunction(
  prompt: string,
  call: Call,
  options?: { readonly signal: AbortSignal },
): Promise<unknown> {
  options?.signal.throwIfAborted();
  return await call(prompt);
}

/** @trackLlm */
export async function asyncWithoutAwait(prompt: string, call: Call): Promise<unknown> {
  return call(prompt);
}

/** @trackLlm */
export function promiseReturning(prompt: string, call: Call): unknown {
  return call(prompt);
}

/** @trackLlm */
export async function* asyncGenerator(
  prompt: string,
  call: Call,
  chunksOf: ChunksOf | undefined,
): AsyncGenerator {
  const answer = await call(prompt);
  if (chunksOf === undefined) yield answer;
  else for await (const chunk of chunksOf(answer)) yield chunk;
}

/** @trackLlm */
export async function* delegatingGenerator(
  prompt: string,
  call: Call,
  chunksOf: ChunksOf,
): AsyncGenerator {
  yield* chunksOf(await call(prompt));
}

export class Assistant {
  /** @trackLlm name=Assistant.ask */
  async ask(prompt: string, call: Call): Promise<unknown> {
    const answer = await call(prompt);
    return answer;
  }
}

/** @trackLlm model=gpt-4o */
export async function withOption(prompt: string, call: Call): Promise<unknown> {
  return await call(prompt);
}

/** @trackLlm */
export async function withModel(model: string, prompt: string, call: Call): Promise<unknown> {
  return await call(`${model}: ${prompt}`);
}

/** @trackLlm */
export async function withRequest(
  request: unknown,
  call: (request: unknown) => unknown,
): Promise<unknown> {
  return await call(request);
}

/** @trackLlm */
export function destructured({
  modelId,
  messages,
  reply,
}: {
  readonly modelId: string;
  readonly messages: unknown;
  readonly reply: unknown;
}): unknown {
  return messages === undefined ? modelId : reply;
}

/** @trackLlm */
export async function* ownStream(pieces: readonly unknown[]): AsyncGenerator {
  for (const piece of pieces) yield piece;
}

/** @trackLlm */
export function returned(value: unknown): unknown {
  return value;
}

/** @trackLlm */
export function ownAbandoned(): AsyncIterable<string> {
  return {
    async *[Symbol.asyncIterator]() {
      yield "a";
      yield "b";
    },
  };
}

/** What the SDKs' tool loops are. */
interface Loop {
  done(): Promise<unknown>;
  finalContent(): Promise<unknown>;
  finalChatCompletion(): Promise<unknown>;
  runUntilDone(): Promise<unknown>;
}

/** @trackLlm */
export async function lastOfLoop(
  prompt: string,
  start: (prompt: string) => Loop,
): Promise<unknown> {
  return await start(prompt).finalChatCompletion();
}

/** @trackLlm */
export async function contentOfLoop(
  prompt: string,
  start: (prompt: string) => Loop,
): Promise<unknown> {
  const loop = start(prompt);
  const content = await loop.finalContent();
  return content;
}

/** @trackLlm */
export function promisedByLoop(prompt: string, start: (prompt: string) => Loop): unknown {
  return start(prompt).runUntilDone();
}

/** @trackLlm */
export function chainedToLoop(prompt: string, start: (prompt: string) => Loop): unknown {
  return start(prompt)
    .done()
    .then(() => "done");
}

/** @trackLlm */
export async function awaitedLoop(
  prompt: string,
  start: (prompt: string) => unknown,
): Promise<unknown> {
  const message = (await start(prompt)) as { readonly content: unknown };
  return message.content;
}

/** @trackLlm */
export async function iteratedLoop(
  prompt: string,
  start: (prompt: string) => AsyncIterable<unknown>,
  read: (item: unknown) => Promise<void>,
): Promise<unknown> {
  for await (const item of start(prompt)) await read(item);
  return "read";
}

/** @trackLlm */
export async function* yieldedLoop(
  prompt: string,
  start: (prompt: string) => AsyncIterable<unknown>,
): AsyncGenerator {
  for await (const item of start(prompt)) yield item;
}

/** @trackLlm */
export async function* delegatedLoop(
  prompt: string,
  start: (prompt: string) => AsyncIterable<unknown>,
): AsyncGenerator {
  yield* start(prompt);
}
