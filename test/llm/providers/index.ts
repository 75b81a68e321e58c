// All providers whose SDKs the tests call.
import type { Provider } from "../provider.ts";
import { aiSdkProviders } from "./ai-sdk.ts";
import { anthropic } from "./anthropic.ts";
import { bedrockConverse } from "./bedrock-converse.ts";
import { bedrockInvoke } from "./bedrock-invoke.ts";
import { cohere } from "./cohere.ts";
import { gemini } from "./gemini.ts";
import { groq } from "./groq.ts";
import { langChain } from "./langchain.ts";
import { mistral } from "./mistral.ts";
import { ollama } from "./ollama.ts";
import { openAiChat } from "./openai-chat.ts";
import { openAiResponses } from "./openai-responses.ts";

export const PROVIDERS: readonly Provider[] = [
  openAiChat,
  openAiResponses,
  anthropic,
  bedrockConverse,
  bedrockInvoke,
  gemini,
  cohere,
  mistral,
  groq,
  ollama,
  ...aiSdkProviders,
  langChain,
];
