// What every provider's response comes down to. Tokens are counts; a provider that reports none leaves them out.

export interface Usage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cachedInputTokens?: number | undefined;
  readonly reasoningTokens?: number | undefined;
}

/** What a provider's response holds. */
export interface Reply {
  readonly text: string | undefined;
  readonly model: string | undefined;
  readonly usage: Usage | undefined;
}
