// A task → a loop of model and tools, until the model answers in words.
import { currentSpan, withTrace } from "llmops-observability";
import OpenAI from "openai";

const client = new OpenAI();
const TOOLS: OpenAI.ChatCompletionFunctionTool[] = [
  {
    type: "function",
    function: {
      name: "weather",
      description: "The weather in a city now",
      parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
    },
  },
];

/** @track tags=tool */
async function weather(city: string): Promise<string> {
  if (city === "") throw new TypeError("A city has a name.");
  return `${city}: 4 °C, rain`;
}

/** @trackLlm */
async function think(
  messages: OpenAI.ChatCompletionMessageParam[],
): Promise<OpenAI.ChatCompletion> {
  return await client.chat.completions.create({ model: "gpt-4o-mini", messages, tools: TOOLS });
}

/** @track capture=turn */
async function work(task: string): Promise<string> {
  const messages: OpenAI.ChatCompletionMessageParam[] = [{ role: "user", content: task }];
  for (let turn = 1; turn <= 5; turn++) {
    const completion = await think(messages);
    const message = completion.choices[0]?.message;
    if (message === undefined) break;
    messages.push(message);
    if (message.tool_calls === undefined) return message.content ?? "";
    for (const call of message.tool_calls) {
      if (call.type !== "function") continue;
      const { city } = JSON.parse(call.function.arguments) as { city: string };
      messages.push({ role: "tool", tool_call_id: call.id, content: await weather(city) });
    }
    currentSpan()?.update({ metadata: { turns: turn } });
  }
  throw new Error("No answer after five turns.");
}

console.log(await withTrace("agent", () => work("Do I need an umbrella in Oslo?")));
