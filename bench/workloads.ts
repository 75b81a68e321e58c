// What is called: the tracked function of a compiled module, how often, in how many traces → a sum that uses its results.
// A block = `traces` traces of `calls` calls each; only the calls stand between clock reads, and a flush follows each block.
import type { Callable } from "./contenders.ts";

type Calls = (fn: Callable, times: number) => unknown;

export interface Workload {
  /** What `--only` names. */
  readonly group: string;
  readonly title: string;
  /** In workloads/, without its ending. */
  readonly module: string;
  /** Export of the module, and name of its spans. */
  readonly fn: string;
  readonly run: Calls;
  /** Calls, or turns of a loop, in one trace. */
  readonly calls: number;
  /** @default 1 */
  readonly traces?: number;
  /** Keys of those measured, unless `--contenders` says more. @default all */
  readonly contenders?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Spans of one run of `calls`. @default `calls` */
  readonly spans?: number;
  /** A text that stands in the arguments and in the result, to be found twice for each span at the collector. */
  readonly mark?: string;
}

const sample = { sku: "B-1042", cents: 1250 };

const quotes: Calls = (fn: (quantity: number, item: object) => { total: number }, times) => {
  let sum = 0;
  for (let i = 0; i < times; i++) sum += fn(i % 10, sample).total;
  return sum;
};

const quotesShipped: Calls = async (
  fn: (quantity: number, item: object) => Promise<{ total: number }>,
  times,
) => {
  let sum = 0;
  for (let i = 0; i < times; i++) sum += (await fn(i % 10, sample)).total;
  return sum;
};

export const workloads: readonly Workload[] = [
  {
    group: "W1",
    title: "W1 sync function",
    module: "quote",
    fn: "quote",
    run: quotes,
    calls: 1000,
    mark: sample.sku,
  },
  {
    group: "W2",
    title: "W2 async function",
    module: "quote",
    fn: "quoteShipped",
    run: quotesShipped,
    calls: 1000,
    mark: sample.sku,
  },
];
