// W4: a stream of chunks, as of a model's answer, each there at once: what is measured is the way of a chunk through the span.

/** @track result=false */
export async function* chunks(count: number): AsyncGenerator<{ readonly text: string }> {
  for (let at = 0; at < count; at++) yield { text: "a token" };
}

// Each comes a microtask later.
/** @track result=false */
export async function* chunksAwaited(count: number): AsyncGenerator<{ readonly text: string }> {
  for (let at = 0; at < count; at++) yield await chunk();
}

async function chunk(): Promise<{ readonly text: string }> {
  return { text: "a token" };
}
