// What each provider's file says: how to call it by its own SDK, what its server answers, and what
// its span holds then.
import type { WireSpan } from "llmops-observability/wire";

/** What a prompt asks the server for. */
export type Scenario = "plain" | "tool" | "error" | "slow" | "broken";

export const PROMPTS: Readonly<Record<Scenario, string>> = {
  plain: "Say hello.",
  tool: "How is the weather in Paris?",
  error: "Ask for too much.",
  /** Two chunks, and no third one. */
  slow: "Say hello slowly.",
  /** Two chunks, and the connection is cut. */
  broken: "Say hello and hang up.",
};

export const PIECES: readonly string[] = ["Hello", ", ", "world", "!"];
export const TEXT: string = PIECES.join("");
export const TOOL = "get_weather";
export const TOOL_INPUT = { city: "Paris" } as const;
/** A tool's arguments as streams send them. */
export const TOOL_PIECES: readonly string[] = ['{"city"', ':"Paris"}'];

/** An event of an AWS event stream; `exception`: what ends it. */
export type AwsEvent = readonly [type: string, payload: unknown, kind?: "exception"];

/** What the server sends. Streams are sent frame by frame. */
export interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly json?: unknown;
  /** Server-sent events: data alone, or with a name; `done`: what ends them. */
  readonly sse?: readonly unknown[];
  readonly named?: boolean;
  readonly done?: string;
  readonly ndjson?: readonly unknown[];
  readonly aws?: readonly AwsEvent[];
}

/** Calls by the provider's SDK, returned as the SDK returns them. */
export interface Calls {
  ask(prompt: string): unknown;
  stream(prompt: string, signal: AbortSignal): unknown;
}

export interface Provider {
  readonly name: string;
  readonly model: string;
  /** Of the error with status 429, request id `req_429` and a retry-after of 7 s. */
  readonly statusMessage: RegExp;
  readonly usage: NonNullable<WireSpan["usage"]>;
  /** Where streams bring other counts, or none. */
  readonly streamedUsage?: NonNullable<WireSpan["usage"]> | null;
  /** `cost.model_source`; null: no cost. */
  readonly modelSource: string | null;
  readonly finishReason: { readonly plain: string; readonly tool: string };
  /** What `for await` reads of what a streamed call gave; by default that itself. */
  chunksOf?(streamed: unknown): AsyncIterable<unknown>;
  /** The SDK says nothing of an abort in the middle of a stream. */
  readonly silentAbort?: boolean;
  /** The client keeps its streams until they end: they cannot be told as abandoned before. */
  readonly holdsStreams?: boolean;
  answer(scenario: "plain" | "tool", streamed: boolean): Answer;
  /** By default a JSON error as OpenAI's. */
  error?(): Answer;
  isStreamed(path: string, body: { readonly stream?: unknown }): boolean;
  connect(url: string): Calls | Promise<Calls>;
}
