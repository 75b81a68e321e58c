// A provider's answer → the form that all of them come down to.
// Invariant: tokens are counts; a provider that reports none leaves them out.

/** Whose model answers: decides whether a model of last resort may be taken for it. */
export type Vendor =
  | "openai"
  | "anthropic"
  | "amazon"
  | "google"
  | "meta"
  | "cohere"
  | "ai21"
  | "mistral"
  | "ollama"
  /** A form that many vendors' servers speak, as OpenAI's. */
  | "compatible"
  /** No text of a model: an embedding. */
  | "none";

/** Whose price list a model id is looked up in, where it is known. */
export type Host = "aws" | "openai" | "anthropic" | "google" | "cohere" | "mistral" | "groq";

export interface Usage {
  /** All input, cached or written to a cache too. */
  readonly inputTokens: number;
  /** All output, reasoning too. */
  readonly outputTokens: number;
  /** Part of the input: read from a cache. */
  readonly cachedInputTokens?: number | undefined;
  /** Part of the input: written to a cache. */
  readonly cacheWriteInputTokens?: number | undefined;
  /** Part of what is written to a cache: kept for an hour, at a price of its own. */
  readonly longCacheWriteInputTokens?: number | undefined;
  /** Part of the output. */
  readonly reasoningTokens?: number | undefined;
}

export interface ToolCall {
  readonly id: string | undefined;
  readonly name: string | undefined;
  /** Parsed; the text as it is where it is no JSON, or was cut. */
  readonly arguments: unknown;
}

/** What a provider's response holds. */
export interface Reply {
  readonly text: string | undefined;
  /** What the model thought, where the provider tells. */
  readonly reasoning: string | undefined;
  readonly model: string | undefined;
  readonly usage: Usage | undefined;
  readonly finishReason: string | undefined;
  readonly toolCalls: readonly ToolCall[];
  readonly vendor: Vendor | undefined;
  readonly host: Host | undefined;
  /**
   * What is billed of each of the answers that were asked for in turn: a price may depend on the
   * length of one.
   */
  readonly billed: readonly Usage[];
}
