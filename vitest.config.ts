// Test files → one run on the sources: package names lead to src here, as in tsconfig.json's `paths`.
// Child processes that a test starts know no aliases; they load dist through node_modules (`npm run build` first).
import { fileURLToPath } from "node:url";
import { defineConfig, type ViteUserConfig } from "vitest/config";

const source = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

const config: ViteUserConfig = defineConfig({
  resolve: {
    alias: [
      {
        find: /^llmops-observability\/(instrument|testing|wire|otlp|langfuse|spool)$/,
        replacement: source("./runtime/src/$1.ts"),
      },
      {
        find: /^llmops-observability\/(express|fastify|koa|hono)$/,
        replacement: source("./runtime/src/http/$1.ts"),
      },
      {
        find: /^llmops-observability\/http$/,
        replacement: source("./runtime/src/http/node.ts"),
      },
      { find: /^llmops-observability$/, replacement: source("./runtime/src/index.ts") },
      { find: /^llmops-transformer$/, replacement: source("./transformer/src/index.ts") },
      {
        find: /^llmops-processor\/(langfuse|otlp|s3|new-relic|datadog|cloudwatch|local)$/,
        replacement: source("./processor/src/sinks/$1.ts"),
      },
      {
        find: /^llmops-processor\/dynamodb$/,
        replacement: source("./processor/src/stores/dynamodb.ts"),
      },
      {
        find: /^llmops-processor\/lambda$/,
        replacement: source("./processor/src/lambda.ts"),
      },
      { find: /^llmops-processor$/, replacement: source("./processor/src/index.ts") },
      { find: /^llmops-viewer\/cli$/, replacement: source("./viewer/src/cli.ts") },
    ],
  },
  test: {
    include: ["{test,*/test}/**/*.test.ts"],
    // Else the AWS client's credential chain waits for an address that only EC2 machines have.
    env: { AWS_EC2_METADATA_DISABLED: "true" },
    setupFiles: ["./test/support/seed.ts"],
    // A process per file: the runtime keeps one registry per process, and tests change the environment.
    pool: "forks",
    // Node strips the types of a thread's code by WebAssembly that all threads share. V8 may free what it
    // compiles anew for it while another thread ends (SIGSEGV once in 30 runs of a file with many threads, Node 24).
    execArgv: ["--wasm-wrapper-tiering-budget=2000000000"],
    // Two at a time also on big machines: many tests start compilers and servers of their own.
    maxWorkers: 2,
    // A test that compiles and runs a child takes seconds on a slow two-core machine; this only stops what hangs.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    // The default of a second is a statement about the machine.
    expect: { poll: { timeout: 60_000 } },
  },
});

export default config;
