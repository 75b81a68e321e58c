// A chat request → a completion, or OpenAI's error format: Chat Completions on loopback.
// Invariant: it invents nothing. Answers are sentences of the passages it was sent, and token
// counts are those of the model's tokenizer.
import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { countTokens } from "gpt-tokenizer/model/gpt-4o-mini";
import { extract, type Extract } from "./extract.ts";

export interface ModelServer {
  /** What OPENAI_BASE_URL should be. */
  baseUrl: string;
  close(): Promise<void>;
}

/** The models that are "there", by the name asked for → the dated name that OpenAI answers with. */
const MODELS: ReadonlyMap<string, string> = new Map([
  ["gpt-4o-mini", "gpt-4o-mini-2024-07-18"],
  ["gpt-4o-mini-2024-07-18", "gpt-4o-mini-2024-07-18"],
]);

/** More than any prompt that fits the model's context window of 128,000 tokens. */
const MAX_BODY_BYTES = 2 ** 20;
/** Where the request sets no limit. */
const DEFAULT_MAX_TOKENS = 256;

interface Message {
  role: "system" | "user" | "assistant";
  content: string;
}

interface ChatRequest {
  model: string;
  messages: Message[];
  maxTokens: number;
}

class RequestError extends Error {
  readonly status: number;
  readonly param: string | null;
  readonly code: string | null;
  constructor(status: number, message: string, param: string | null, code: string | null) {
    super(message);
    this.status = status;
    this.param = param;
    this.code = code;
  }
}

export async function startModelServer(): Promise<ModelServer> {
  const server = createServer((request, response) => {
    void respond(request, response);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The server has no port.");
  return {
    baseUrl: `http://127.0.0.1:${address.port}/v1`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    reply(response, 200, await completionFor(request));
  } catch (error) {
    reply(response, ...errorBody(error));
  }
}

async function completionFor(request: IncomingMessage): Promise<object> {
  if (request.method !== "POST" || request.url !== "/v1/chat/completions") {
    const what = `Invalid URL (${request.method} ${request.url})`;
    throw new RequestError(404, what, null, null);
  }
  if (!/^Bearer \S/.test(request.headers.authorization ?? "")) {
    throw new RequestError(401, "You didn't provide an API key.", null, null);
  }
  const { model, messages, maxTokens } = checked(await readJson(request));
  const dated = MODELS.get(model);
  if (dated === undefined) {
    const what = `The model \`${model}\` does not exist or you do not have access to it.`;
    throw new RequestError(404, what, null, "model_not_found");
  }
  const { question, passages } = split(messages);
  return completionOf(dated, messages, extract(question, passages, maxTokens));
}

function completionOf(model: string, messages: readonly Message[], answered: Extract): object {
  const asText = { disallowedSpecial: new Set<string>() };
  const promptTokens = countTokens(messages, asText);
  const completionTokens = countTokens(answered.text, asText);
  return {
    id: `chatcmpl-${randomBytes(20).toString("base64url").replaceAll(/[-_]/g, "0")}`,
    object: "chat.completion",
    created: Math.floor(Date.now() / 1000),
    model,
    choices: [
      {
        index: 0,
        message: { role: "assistant", content: answered.text, refusal: null, annotations: [] },
        logprobs: null,
        finish_reason: answered.finishReason,
      },
    ],
    usage: {
      prompt_tokens: promptTokens,
      completion_tokens: completionTokens,
      total_tokens: promptTokens + completionTokens,
      prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
      completion_tokens_details: {
        reasoning_tokens: 0,
        audio_tokens: 0,
        accepted_prediction_tokens: 0,
        rejected_prediction_tokens: 0,
      },
    },
    service_tier: "default",
    system_fingerprint: "fp_extractive01",
  };
}

/**
 * The last user message holds `Question: …` on a line of its own; every other line of it is a
 * passage.
 */
function split(messages: readonly Message[]): { question: string; passages: string } {
  const lines = messages.findLast(({ role }) => role === "user")?.content.split("\n") ?? [];
  const at = lines.findIndex((line) => line.startsWith("Question: "));
  return {
    question: lines[at]?.slice("Question: ".length) ?? "",
    passages: lines.filter((_, index) => index !== at).join("\n"),
  };
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) throw new RequestError(413, "Request body too large.", null, null);
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString("utf8"));
  } catch {
    throw new RequestError(400, "We could not parse the JSON body of your request.", null, null);
  }
}

function checked(body: unknown): ChatRequest {
  if (!isRecord(body)) throw invalid("the request", "an object", null);
  const { model, messages, stream, n } = body;
  if (typeof model !== "string" || model === "") throw missing("model");
  if (!Array.isArray(messages) || messages.length === 0) throw missing("messages");
  if (stream === true) throw invalid("stream", "false: this server does not stream", "stream");
  if (n !== undefined && n !== null && n !== 1) throw invalid("n", "1", "n");
  const maxTokens = body["max_completion_tokens"] ?? body["max_tokens"] ?? DEFAULT_MAX_TOKENS;
  if (typeof maxTokens !== "number" || !Number.isInteger(maxTokens) || maxTokens < 1) {
    throw invalid("max_completion_tokens", "a positive integer", "max_completion_tokens");
  }
  return { model, messages: messages.map(checkedMessage), maxTokens };
}

function checkedMessage(message: unknown, index: number): Message {
  const role = isRecord(message) ? message["role"] : undefined;
  const content = isRecord(message) ? message["content"] : undefined;
  const param = `messages[${index}]`;
  if (role !== "system" && role !== "user" && role !== "assistant") {
    throw invalid(`${param}.role`, "system, user or assistant", `${param}.role`);
  }
  if (typeof content !== "string")
    throw invalid(`${param}.content`, "a string", `${param}.content`);
  return { role, content };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function missing(param: string): RequestError {
  const what = `Missing required parameter: '${param}'.`;
  return new RequestError(400, what, param, "missing_required_parameter");
}

function invalid(what: string, expected: string, param: string | null): RequestError {
  const message = `Invalid value for '${what}': expected ${expected}.`;
  return new RequestError(400, message, param, "invalid_value");
}

function errorBody(error: unknown): [status: number, body: object] {
  const known = error instanceof RequestError;
  const type = known ? "invalid_request_error" : "server_error";
  const { param = null, code = null } = known ? error : {};
  const message = error instanceof Error ? error.message : String(error);
  return [known ? error.status : 500, { error: { message, type, param, code } }];
}

function reply(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, {
    "content-type": "application/json",
    "x-request-id": `req_${randomBytes(16).toString("hex")}`,
  });
  response.end(JSON.stringify(body));
}
