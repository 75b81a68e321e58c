// `langfuseSink({ publicKey, secretKey })` → a destination, with endpoints for spans and scores.
// Invariant: scores go once the spans of their trace were taken; a trace is sent when all of it
// was.
import { report } from "../../platform/report.ts";
import type { Entry, Outcome, Sink } from "../../sink.ts";
import { lazySink } from "./lazy.ts";

/** A Langfuse server, and the keys of a project. */
export interface LangfuseSinkOptions {
  /** `pk-lf-…` */
  readonly publicKey: string;
  /** `sk-lf-…` */
  readonly secretKey: string;
  /** A path in it is kept. @default "https://cloud.langfuse.com" */
  readonly baseUrl?: string | undefined;
  /** False: any certificate of that server is taken. @default true */
  readonly verifySsl?: boolean | undefined;
}

const CLOUD = "https://cloud.langfuse.com";
const TIMEOUT_MS = 10_000;

/** A destination: Langfuse, without SDK and collector. */
export function langfuseSink(options: LangfuseSinkOptions): Sink {
  const { publicKey, secretKey, baseUrl = CLOUD, verifySsl = true } = options;
  return lazySink("langfuse", async () => {
    const [mapping, request, { post }, { createAgents }, sender, { notice }, { ScoreSender }] =
      await Promise.all([
        import("../../otlp/langfuse.ts"),
        import("../../otlp/request.ts"),
        import("./post.ts"),
        import("../http/exchange.ts"),
        import("./sender.ts"),
        import("./notice.ts"),
        import("./scores.ts"),
      ]);
    const agents = await createAgents(verifySsl);
    const key = Buffer.from(`${publicKey}:${secretKey}`).toString("base64");
    const authorization = `Basic ${key}`;
    const urlOf = (path: string): URL => new URL(baseUrl.replace(/\/+$/, "") + path);
    const target = (path: string, headers: Readonly<Record<string, string>>) => ({
      url: urlOf(path),
      headers: { authorization, ...headers },
      agents,
      timeoutMs: TIMEOUT_MS,
      compress: true,
    });
    // Without the version Langfuse shows spans up to ten minutes later (2026-08).
    const spans = target("/api/public/otel/v1/traces", { "x-langfuse-ingestion-version": "4" });
    const scores = target("/api/public/scores", {});
    const answered = notice("Langfuse", report);
    const scoring = new ScoreSender((json, signal) => post(scores, json, signal), answered);
    const writer = new request.RequestWriter(mapping.langfuseMapping, {});
    const exporter = {
      textOf(trace: Parameters<typeof writer.textOf>[0], entry: Entry) {
        const { environment } = trace;
        noteEnvironment(environment, mapping.fitEnvironment(environment));
        scoring.note(entry, trace);
        return writer.textOf(trace);
      },
      post: (json: string, signal?: AbortSignal) => post(spans, json, signal),
      answered,
    };
    return {
      async send(
        entries: readonly Entry[],
        signal: AbortSignal | undefined,
      ): Promise<readonly Outcome[]> {
        const waiting = entries.filter((entry) => !scoring.hasSpans(entry));
        const taken = await sender.sendTraces(waiting, exporter, signal);
        const outcomes = new Map(waiting.map((entry, at) => [entry, taken[at]]));
        return scoring.send(entries, outcomes, signal);
      },
      close: () => agents.destroy(),
    };
  });
}

function noteEnvironment(environment: string, fitted: string): void {
  if (fitted === environment) return;
  const [given, made] = [environment, fitted].map((text) => JSON.stringify(text.slice(0, 100)));
  report(
    `environment ${given}`,
    `Langfuse takes no environment ${given}: its traces stand under ${made} there (LLMOPS3002)`,
  );
}
