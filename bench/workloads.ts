// What is called: the tracked function of a compiled module, how often, in how many traces → a sum that uses its results.
// A block = `traces` traces of `calls` calls each; only the calls stand between clock reads, and a flush follows each block.
import type { Callable } from "./contenders.ts";

type Calls = (fn: Callable, times: number, argument: unknown) => unknown;

export interface Workload {
  /** What `--only` names. */
  readonly group: string;
  readonly title: string;
  /** In workloads/, without its ending. */
  readonly module: string;
  /** Export of the module, and name of its spans. */
  readonly fn: string;
  readonly run: Calls;
  /** Calls in one trace, or turns of a loop in one call. */
  readonly calls: number;
  /** Traces of a block, one after another. @default 1 */
  readonly traces?: number;
  /** In place of `traces`: so many are open at a time, and the calls go round them, some to each. */
  readonly openTraces?: number;
  /** Made once, and handed to `run`. */
  readonly argument?: () => unknown;
  /** Keys of those measured, unless `--contenders` says more. @default all */
  readonly contenders?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** `calls` are turns of a loop inside of one call, which makes one span. */
  readonly loop?: true;
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

const turns: Calls = (fn, times) => fn(times);

const consumed: Calls = async (fn: (count: number) => AsyncIterable<{ text: string }>, times) => {
  let sum = 0;
  for await (const { text } of fn(times)) sum += text.length;
  return sum;
};

const weighings: Calls = (fn, times, argument) => {
  let sum = 0;
  for (let i = 0; i < times; i++) sum += fn(argument);
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
  stream("W4 async generator of 200 chunks, a chunk", "chunks"),
  stream("W4 the same, each awaited, a chunk", "chunksAwaited"),
  ...["integers", "floats", "strings", "results"].flatMap((kind) => [
    loop(`W7 sync loop, ${kind}, a turn`, kind, 200_000),
    loop(`W7 async loop, ${kind}, a turn`, `${kind}Async`, 10_000),
  ]),
  disabled("W8 sync function, disabled", "quote", quotes),
  disabled("W8 async function, disabled", "quoteShipped", quotesShipped),
  growth("10 spans a trace", { calls: 10, traces: 100 }),
  growth("1,000 spans a trace", { calls: 1000 }),
  growth("50,000 spans a trace", { calls: 50_000 }),
  growth("1 open trace", { calls: 10_000, openTraces: 1 }),
  growth("1,000 open traces", { calls: 10_000, openTraces: 1000 }),
  ...[1_000, 20_000, 1_000_000, 50_000_000].flatMap((bytes) => {
    const size = bytes < 1_000_000 ? `${bytes / 1000} KB` : `${bytes / 1_000_000} MB`;
    const heavy = { module: "quote", fn: "weigh", run: weighings, calls: 100 };
    return [
      growth(`string of ${size}`, { ...heavy, argument: () => flatText(bytes) }),
      growth(`nested object of ${size}`, { ...heavy, argument: () => nested(bytes) }),
      growth(`text of two bytes a character, ${size}`, {
        ...heavy,
        argument: () => wideText(bytes),
      }),
      growth(`list of numbers of ${size}`, { ...heavy, argument: () => numbers(bytes) }),
      growth(`list of texts of 10 KB, ${size}`, { ...heavy, argument: () => longTexts(bytes) }),
      growth(`Map of ${size}`, { ...heavy, argument: () => new Map(numbers(bytes).entries()) }),
      growth(`Buffer of ${size}`, { ...heavy, argument: () => Buffer.alloc(bytes, "text ") }),
    ];
  }),
];

function loop(title: string, fn: string, calls: number): Workload {
  const contenders = ["bare", "ast", "text"];
  return { group: "W7", title, module: "loops", fn, run: turns, calls, loop: true, contenders };
}

function stream(title: string, fn: string): Workload {
  const contenders = ["bare", "ast", "text", "track"];
  const calls = 200;
  return { group: "W4", title, module: "chunks", fn, run: consumed, calls, loop: true, contenders };
}

function disabled(title: string, fn: string, run: Calls): Workload {
  const contenders = ["bare", "ast", "text", "track"];
  const env = { LLMOPS_ENABLED: "false" };
  return { group: "W8", title, module: "quote", fn, run, calls: 1000, env, contenders };
}

/** What must not depend on the figure in the title. By default of this project alone: peers take minutes for 50 MB. */
function growth(title: string, more: Partial<Workload> & Pick<Workload, "calls">): Workload {
  const quote = { module: "quote", fn: "quote", run: quotes, contenders: ["ast"] };
  return { group: "growth", title: `growth: ${title}`, ...quote, ...more };
}

/** One flat string; `repeat` would make a rope, which whoever reads it first has to flatten. */
function flatText(bytes: number): string {
  return Buffer.alloc(bytes, 'The quick "brown" fox.\n').toString("latin1");
}

function wideText(bytes: number): string {
  return Buffer.alloc(bytes, "слово и число. ", "utf16le").toString("utf16le");
}

/** Each of its own, as documents are. */
function longTexts(bytes: number): string[] {
  return Array.from({ length: Math.ceil(bytes / 10_000) }, () => flatText(Math.min(bytes, 10_000)));
}

/** Of five digits and a comma each. */
function numbers(bytes: number): number[] {
  return Array.from({ length: bytes / 6 }, (_, at) => 10_000 + (at % 90_000));
}

/** Records of about 100 bytes of JSON. */
function nested(bytes: number): object {
  const record = (id: number): object => ({
    id,
    title: `Document number ${id}`,
    tags: ["invoice", "paid"],
    place: { page: id % 40, score: 0.5 },
  });
  return { documents: Array.from({ length: bytes / 100 }, (_, id) => record(id)) };
}
