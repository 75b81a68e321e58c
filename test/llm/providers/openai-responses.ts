// OpenAI Responses by `openai`.
import OpenAI from "openai";
import {
  type Answer,
  type Calls,
  PIECES,
  type Provider,
  TEXT,
  TOOL,
  TOOL_PIECES,
} from "../provider.ts";

const head = {
  id: "resp_1",
  object: "response",
  created_at: 1,
  model: "gpt-4.1-2025-04-14",
  tools: [],
};
const usage = {
  input_tokens: 30,
  output_tokens: 11,
  total_tokens: 41,
  input_tokens_details: { cached_tokens: 10, cache_write_tokens: 0 },
  output_tokens_details: { reasoning_tokens: 4 },
};
const call = {
  type: "function_call",
  id: "fc_1",
  call_id: "call_1",
  name: TOOL,
  status: "completed",
};

function output(scenario: "plain" | "tool"): unknown[] {
  if (scenario === "tool") return [{ ...call, arguments: TOOL_PIECES.join("") }];
  const content = [{ type: "output_text", text: TEXT, annotations: [] }];
  return [{ type: "message", id: "msg_1", role: "assistant", status: "completed", content }];
}

function answer(scenario: "plain" | "tool", streamed: boolean): Answer {
  const whole = { ...head, status: "completed", output: output(scenario), usage };
  if (!streamed) return { json: whole };
  const item = { output_index: 0, item_id: "item_1" };
  const [done] = output(scenario);
  const deltas =
    scenario === "plain"
      ? [
          {
            type: "response.output_item.added",
            ...item,
            item: { type: "message", id: "item_1", role: "assistant", content: [] },
          },
          {
            type: "response.content_part.added",
            ...item,
            content_index: 0,
            part: { type: "output_text", text: "", annotations: [] },
          },
          ...PIECES.map((delta) => ({
            type: "response.output_text.delta",
            ...item,
            content_index: 0,
            delta,
          })),
        ]
      : [
          { type: "response.output_item.added", ...item, item: { ...call, arguments: "" } },
          ...TOOL_PIECES.map((delta) => ({
            type: "response.function_call_arguments.delta",
            ...item,
            delta,
          })),
          {
            type: "response.function_call_arguments.done",
            ...item,
            arguments: TOOL_PIECES.join(""),
          },
        ];
  const started = { ...head, status: "in_progress", output: [] };
  const sse = [
    { type: "response.created", response: started },
    ...deltas,
    { type: "response.output_item.done", ...item, item: { ...(done as object), id: "item_1" } },
    { type: "response.completed", response: whole },
  ].map((event, sequence_number) => ({ ...event, sequence_number }));
  return { sse, named: true };
}

export const openAiResponses: Provider = {
  name: "OpenAI Responses",
  model: "gpt-4.1",
  statusMessage:
    /^429 Too many tokens \(HTTP 429, rate_limit_exceeded, request id req_429, retry after 7 s\)$/,
  usage: {
    input_tokens: 30,
    output_tokens: 11,
    total_tokens: 41,
    cached_input_tokens: 10,
    cache_write_input_tokens: 0,
    reasoning_tokens: 4,
  },
  modelSource: "response",
  finishReason: { plain: "completed", tool: "completed" },
  silentAbort: true,
  answer,
  isStreamed: (_path, body) => body.stream === true,
  connect(url): Calls {
    const client = new OpenAI({ apiKey: "none", baseURL: `${url}/v1`, maxRetries: 0 });
    return {
      ask: (input) => client.responses.create({ model: "gpt-4.1", input }),
      stream: (input, signal) =>
        client.responses.create({ model: "gpt-4.1", input, stream: true }, { signal }),
    };
  },
};
