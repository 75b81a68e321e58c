// `node server.cjs FRAMEWORK CONTENDER COLLECTOR`: a server on loopback; says its port, and what it used when it is asked.
// CommonJS, as OpenTelemetry's instrumentation patches `require`.
const { tmpdir } = require("node:os");
const { join } = require("node:path");
const [framework, contender, collector] = process.argv.slice(2);

function ours(durability) {
  const { configure } = require("llmops-observability");
  const spoolDir = join(tmpdir(), `llmops-bench-${process.pid}`);
  configure({ otlp: { endpoint: `${collector}/v1/traces` }, durability, spoolDir });
}

function openTelemetry() {
  const { OTLPTraceExporter } = require("@opentelemetry/exporter-trace-otlp-http");
  const { BatchSpanProcessor } = require("@opentelemetry/sdk-trace-base");
  const { NodeTracerProvider } = require("@opentelemetry/sdk-trace-node");
  const { registerInstrumentations } = require("@opentelemetry/instrumentation");
  const { HttpInstrumentation } = require("@opentelemetry/instrumentation-http");
  const { ExpressInstrumentation } = require("@opentelemetry/instrumentation-express");
  const exporter = new OTLPTraceExporter({ url: `${collector}/v1/traces` });
  const processor = new BatchSpanProcessor(exporter, {
    maxQueueSize: 1_000_000,
    scheduledDelayMillis: 1_000,
  });
  new NodeTracerProvider({ spanProcessors: [processor] }).register();
  registerInstrumentations({
    instrumentations: [new HttpInstrumentation(), new ExpressInstrumentation()],
  });
}

const traced = contender === "memory" || contender === "wal";
if (traced) ours(contender);
if (contender === "otel") openTelemetry();
const answer = JSON.stringify({ ok: true, text: "word ".repeat(20) });

const servers = {
  "node:http"() {
    const { createServer } = require("node:http");
    const { traceRequests } = require("llmops-observability/http");
    const listener = (request, response) => {
      response.writeHead(200, { "content-type": "application/json" }).end(answer);
    };
    return createServer(traced ? traceRequests(listener) : listener);
  },
  Express() {
    const { createServer } = require("node:http");
    const express = require("express");
    const { traceRequests } = require("llmops-observability/express");
    const app = express();
    if (traced) app.use(traceRequests());
    app.get("/users/:id", (request, response) => response.type("json").send(answer));
    return createServer(app);
  },
  async Fastify() {
    const { fastify } = require("fastify");
    const { traceRequests } = require("llmops-observability/fastify");
    const app = fastify();
    if (traced) await app.register(traceRequests);
    app.get("/users/:id", (request, reply) => reply.type("application/json").send(answer));
    await app.ready();
    return app.server;
  },
  Koa() {
    const { createServer } = require("node:http");
    const { default: Koa } = require("koa");
    const { traceRequests } = require("llmops-observability/koa");
    const app = new Koa();
    if (traced) app.use(traceRequests());
    app.use((context) => {
      context.type = "json";
      context.body = answer;
    });
    return createServer(app.callback());
  },
  Hono() {
    const { createAdaptorServer } = require("@hono/node-server");
    const { Hono } = require("hono");
    const { traceRequests } = require("llmops-observability/hono");
    const app = new Hono();
    if (traced) app.use(traceRequests());
    app.get("/users/:id", (context) =>
      context.body(answer, 200, { "content-type": "application/json" }),
    );
    return createAdaptorServer({ fetch: app.fetch });
  },
};

void (async () => {
  const server = await servers[framework]();
  server.listen(0, "127.0.0.1", () => process.send({ port: server.address().port }));
})();
process.on("message", () => {
  const [all, main] = [process.cpuUsage(), process.threadCpuUsage()];
  process.send({ all: all.user + all.system, main: main.user + main.system });
});
process.on("disconnect", () => process.exit());
