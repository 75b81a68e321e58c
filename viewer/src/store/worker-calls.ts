// What the store's threads say to each other.
// A result goes as JSON text. A long one goes in chunks of bytes, which change hands without a copy:
// spans that are only handed on are parsed in neither thread, and never lie there as one string.

export interface Call {
  readonly id: number;
  readonly method: string;
  readonly args: readonly unknown[];
}

export type Answer =
  | { readonly id: number; readonly chunk: Uint8Array<ArrayBuffer> }
  | { readonly id: number; readonly result: string | undefined }
  | { readonly id: number; readonly error: SentError };

export interface SentError {
  readonly name: string;
  readonly message: string;
  readonly code?: string | undefined;
  readonly position?: number | undefined;
  readonly hint?: string | undefined;
}

export type Told =
  | { readonly change: string }
  | { readonly warning: { readonly code: string; readonly message: string } };

/** A result that is JSON already, written part by part. */
export class JsonText {
  readonly #parts: () => Iterable<string>;

  constructor(parts: () => Iterable<string>) {
    this.#parts = parts;
  }

  *chunks(): Generator<Uint8Array<ArrayBuffer>> {
    let parts: string[] = [];
    let length = 0;
    for (const part of this.#parts()) {
      parts.push(part);
      length += part.length;
      if (length < CHUNK_LENGTH) continue;
      yield encoder.encode(parts.join(""));
      [parts, length] = [[], 0];
    }
    if (length > 0) yield encoder.encode(parts.join(""));
  }

  text(): string {
    return [...this.#parts()].join("");
  }
}

/** Of a chunk at least, in UTF-16 units. */
const CHUNK_LENGTH = 64 * 1024;
const encoder = new TextEncoder();

/** What a thread posts for a result, and what changes hands with it. */
export function* messagesOf(id: number, result: unknown): Generator<[Answer, ArrayBuffer[]]> {
  const inChunks = result instanceof JsonText;
  if (inChunks) for (const chunk of result.chunks()) yield [{ id, chunk }, [chunk.buffer]];
  yield [{ id, result: inChunks ? undefined : JSON.stringify(result) }, []];
}

export interface Setup {
  readonly path: string;
  readonly maxBytes: number;
  readonly role: "write" | "read";
}
