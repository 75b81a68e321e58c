// Chat Completions → scripted answers on loopback: text at once or as a stream, or a call of the
// first tool that was offered. So that the examples run without a key.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface Model {
  /** What OPENAI_BASE_URL is to be. */
  readonly baseUrl: string;
  close(): Promise<void>;
}

interface ChatRequest {
  readonly messages: readonly { readonly role: string; readonly content: unknown }[];
  readonly stream?: boolean;
  readonly tools?: readonly { readonly function: { readonly name: string } }[];
}

const MODEL = "gpt-4o-mini-2024-07-18";

export async function startModel(): Promise<Model> {
  const server = createServer((request, response) => {
    void answer(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    baseUrl: `http://127.0.0.1:${port}/v1`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  let body = "";
  for await (const chunk of request) body += String(chunk);
  const asked = JSON.parse(body) as ChatRequest;
  const last = asked.messages.at(-1);
  const [tool] = asked.tools ?? [];
  const text = `You asked: ${String(last?.content).split("\n").at(-1)}`;
  const usage = usageOf(body.length, text.length);
  const base = { id: "chatcmpl-1", created: 0, model: MODEL };
  if (asked.stream === true) {
    stream(response, base, text, usage);
    return;
  }
  const calls = tool !== undefined && last?.role === "user";
  const message = calls ? calling(tool.function.name) : { role: "assistant", content: text };
  const choice = { index: 0, message, finish_reason: calls ? "tool_calls" : "stop" };
  response.setHeader("content-type", "application/json");
  response.end(JSON.stringify({ ...base, object: "chat.completion", choices: [choice], usage }));
}

function calling(name: string): object {
  const call = { name, arguments: JSON.stringify({ city: "Oslo" }) };
  const calls = [{ id: "call_1", type: "function", function: call }];
  return { role: "assistant", content: null, tool_calls: calls };
}

function stream(response: ServerResponse, base: object, text: string, usage: object): void {
  response.setHeader("content-type", "text/event-stream");
  const send = (choices: readonly object[], more: object = {}): void => {
    const chunk = { ...base, object: "chat.completion.chunk", choices, ...more };
    response.write(`data: ${JSON.stringify(chunk)}\n\n`);
  };
  for (const content of text.split(/(?<= )/)) send([{ index: 0, delta: { content } }]);
  send([{ index: 0, delta: {}, finish_reason: "stop" }]);
  send([], { usage });
  response.end("data: [DONE]\n\n");
}

/** Four characters a token, about. */
function usageOf(asked: number, answered: number): object {
  const [prompt, completion] = [Math.ceil(asked / 4), Math.ceil(answered / 4)];
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
  };
}
