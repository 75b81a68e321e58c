// src/server.ts → dist/server.js, for Node.
import llmops from "llmops-transformer/vite";
import { defineConfig, type UserConfig } from "vite";

const config: UserConfig = defineConfig({
  root: import.meta.dirname,
  logLevel: "warn",
  plugins: [llmops()],
  build: { ssr: "src/server.ts", outDir: "dist", target: "node22" },
});

export default config;
