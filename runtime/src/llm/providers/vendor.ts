// A model's id, or a framework's name of a provider → whose model it is, and whose price list it
// is looked up in.
// Invariant: a name that neither table has yields undefined.
import type { Host, Vendor } from "../reply.ts";

const VENDORS: readonly (readonly [id: RegExp, vendor: Vendor])[] = [
  [/claude/, "anthropic"],
  [/gpt|^o\d|davinci/, "openai"],
  [/titan|nova/, "amazon"],
  [/gemini|gemma/, "google"],
  [/llama/, "meta"],
  [/command|cohere/, "cohere"],
  [/j2-|jamba|jurassic/, "ai21"],
  [/mi[sx]tral|codestral|magistral|devstral/, "mistral"],
];

export function vendorOf(model: string | undefined): Vendor | undefined {
  const id = model?.toLowerCase();
  return id === undefined ? undefined : VENDORS.find(([pattern]) => pattern.test(id))?.[1];
}

const HOSTS: readonly (readonly [name: string, host: Host])[] = [
  ["bedrock", "aws"],
  ["openai", "openai"],
  ["anthropic", "anthropic"],
  ["google", "google"],
  ["mistral", "mistral"],
  ["cohere", "cohere"],
  ["groq", "groq"],
];

/**
 * `openai`, `google_genai`, `bedrock_converse`; the AI SDK's `openai.responses`, `amazon-bedrock`.
 */
export function hostOf(provider: string | undefined): Host | undefined {
  return provider === undefined ? undefined : HOSTS.find(([name]) => provider.includes(name))?.[1];
}
