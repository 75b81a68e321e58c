// W12: calls with ordinary values, from ten to a thousand → a table of what recording them takes, in multiples of `JSON.stringify`.
// Invariant: samples are processes of their own, in turn; a multiple is of one process.
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { contenders } from "../contenders.ts";
import { median } from "../quantile.ts";
import type { Bench } from "../rag/run.ts";
import type { Multiple, Way } from "./child.ts";
import { state } from "./shapes.ts";

const execute = promisify(execFile);
const CHILD = fileURLToPath(new URL("child.ts", import.meta.url));
const KEYS: ReadonlySet<string> = new Set(["naive", "ast", "otel", "langfuse"]);
const WAYS: readonly Way[] = ["argument", "captured", "result", "again"];

/** @returns lines of a Markdown table */
export async function measureValues(bench: Bench): Promise<readonly string[]> {
  const { node, port, rounds, only } = bench;
  const chosen = contenders.filter(({ key }) => only?.has(key) ?? KEYS.has(key));
  const samples = new Map<string, number[]>();
  const titles = new Set<string>();
  for (let round = 0; round < rounds; round++) {
    for (const { key } of chosen) {
      const { stdout } = await execute(node, [CHILD, key, `http://127.0.0.1:${port}`]);
      for (const [title, way, multiple] of JSON.parse(stdout) as Multiple[]) {
        titles.add(title);
        const at = [title, way, key].join();
        samples.set(at, [...(samples.get(at) ?? []), multiple]);
      }
      console.error(`W12 ${round + 1}/${rounds} ${key}`);
    }
  }
  const of = (title: string, way: Way, key: string): number =>
    median(samples.get([title, way, key].join()) ?? []);
  const row = (first: string, cells: (way: Way, key: string) => number): string =>
    `| ${[first, ...chosen.flatMap(({ key }) => WAYS.map((way) => cells(way, key).toFixed(1)))].join(" | ")} |`;
  const heads = chosen.flatMap(({ title }) => WAYS.map((way) => `${title}, ${way}`));
  const ordinary = [...titles].filter((title) => title !== state.title);
  return [
    `| W12, × JSON.stringify | ${heads.join(" | ")} |`,
    `|---|${heads.map(() => "--:|").join("")}`,
    ...[...titles].map((title) => row(title, (way, key) => of(title, way, key))),
    row("geometric mean", (way, key) =>
      Math.exp(
        ordinary.reduce((sum, title) => sum + Math.log(of(title, way, key)), 0) / ordinary.length,
      ),
    ),
  ];
}
