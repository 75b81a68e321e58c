// POST /chat → the model's answer, streamed while it comes. A trace for each request.
import { serve } from "@hono/node-server";
import { Hono } from "hono";
import { streamText } from "hono/streaming";
import { traceRequests } from "llmops-observability/hono";
import OpenAI from "openai";

const client = new OpenAI();
const app = new Hono();
app.use(traceRequests());

/** @trackLlm */
async function* answer(question: string): AsyncGenerator<OpenAI.ChatCompletionChunk> {
  yield* await client.chat.completions.create({
    model: "gpt-4o-mini",
    messages: [{ role: "user", content: question }],
    stream: true,
    stream_options: { include_usage: true },
  });
}

app.post("/chat", async (context) => {
  const { question } = await context.req.json<{ question: string }>();
  return streamText(context, async (stream) => {
    for await (const chunk of answer(question))
      await stream.write(chunk.choices[0]?.delta.content ?? "");
  });
});

const server = serve({ fetch: app.fetch, hostname: "127.0.0.1", port: 0 }, async ({ port }) => {
  const url = `http://127.0.0.1:${port}/chat`;
  console.log(url);
  if (!process.argv.includes("--try")) return;
  const body = JSON.stringify({ question: "How do I stream?" });
  console.log(await (await fetch(url, { method: "POST", body })).text());
  server.close();
});
