// GET /answer?question=… → a controller, a service that is injected, and a model. Built by tspc.
import "reflect-metadata";
import type { Server } from "node:http";
import { Controller, Get, Injectable, Module, Query } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { traceRequests } from "llmops-observability/express";
import OpenAI from "openai";

@Injectable()
class AnswerService {
  readonly #client = new OpenAI();

  /** @trackLlm */
  async ask(question: string): Promise<OpenAI.ChatCompletion> {
    const messages = [{ role: "user" as const, content: question }];
    return await this.#client.chat.completions.create({ model: "gpt-4o-mini", messages });
  }
}

@Controller()
class AnswerController {
  private readonly answers: AnswerService;

  constructor(answers: AnswerService) {
    this.answers = answers;
  }

  /** @track capture=text */
  @Get("answer")
  async answer(@Query("question") question: string): Promise<{ text: string }> {
    const completion = await this.answers.ask(question);
    const text = completion.choices[0]?.message.content ?? "";
    return { text };
  }
}

@Module({ controllers: [AnswerController], providers: [AnswerService] })
class AppModule {}

const app = await NestFactory.create(AppModule, { logger: ["error"] });
app.use(traceRequests());
const server: Server = await app.listen(0, "127.0.0.1");
const address = server.address();
const url = `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}/answer`;
console.log(url);
if (process.argv.includes("--try")) {
  console.log(await (await fetch(`${url}?question=Why`)).text());
  await app.close();
}
