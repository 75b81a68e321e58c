// GET / → a page, rendered on the server from what a model says.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { traceRequests } from "llmops-observability/http";
import OpenAI from "openai";
import { page } from "./page.ts";

const client = new OpenAI();

/** @trackLlm */
async function greet(name: string): Promise<OpenAI.ChatCompletion> {
  const messages = [{ role: "user" as const, content: `Greet ${name}` }];
  return await client.chat.completions.create({ model: "gpt-4o-mini", messages });
}

const server = createServer(
  traceRequests((_request, response) => {
    void greet("Ada").then((completion) => {
      response.setHeader("content-type", "text/html; charset=utf-8");
      response.end(page(completion.choices[0]?.message.content ?? ""));
    });
  }),
);
server.listen(0, "127.0.0.1", async () => {
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  console.log(url);
  if (!process.argv.includes("--try")) return;
  console.log(await (await fetch(url)).text());
  server.close();
});
