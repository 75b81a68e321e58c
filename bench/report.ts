// Rows of samples → one Markdown table with ratios, and a note of what each contender records. Sets no goal.
import type { Contender } from "./contenders.ts";
import type { Sample } from "./measure.ts";
import { median, quantile } from "./quantile.ts";
import type { Workload } from "./workloads.ts";

export interface Row {
  readonly workload: Workload;
  readonly contender: Contender;
  /** One for each process. */
  readonly samples: Sample[];
}

const HEAD = [
  "workload",
  "contender",
  "ns a call",
  "× bare",
  "× compiled",
  "lower quartile",
  "× bare",
  "× compiled",
  "fastest – slowest",
  "busy ns, delivered",
  "CPU ns, delivered",
  "× compiled",
];

/** What the columns mean, in the words of a reader. */
export const LEGEND: string = [
  "ns a call: while the calls run, but for stretches in which another process took the processor; of each process the lower",
  "quartile of its blocks, of the processes the median, and the lower quartile. What disturbs only ever adds: on a machine that",
  "has half of its speed at times, the median tells as much of the machine as of the contender. busy: active time of the event",
  "loop until everything is delivered; CPU: likewise, time of all threads on processors. × bare, × compiled: ratios to the",
  "uninstrumented calls, and to ours (AST).",
].join("\n");

export function table(rows: readonly Row[]): string {
  const lines = [HEAD, HEAD.map((_, column) => (column < 2 ? "---" : "--:")), ...rows.map(cells)];
  return lines.map((line) => `| ${line.join(" | ")} |`).join("\n");

  function cells(row: Row): string[] {
    const own = row.samples.map(({ nsPerCall }) => nsPerCall);
    const bare = cost(row.workload, "bare");
    const compiled = cost(row.workload, "ast");
    const mine = costOf(row);
    return [
      row.workload.title,
      row.contender.title,
      figure(mine.ns),
      ratio(mine.ns, bare?.ns),
      ratio(mine.ns, compiled?.ns),
      figure(mine.quiet),
      ratio(mine.quiet, bare?.quiet),
      ratio(mine.quiet, compiled?.quiet),
      `${figure(Math.min(...own))} – ${figure(Math.max(...own))}`,
      figure(mine.busy),
      figure(mine.cpu),
      ratio(mine.cpu, compiled?.cpu),
    ];
  }

  function cost(workload: Workload, key: string): Cost | undefined {
    const row = rows.find((one) => one.workload === workload && one.contender.key === key);
    return row && costOf(row);
  }
}

/** Of one workload what the documentation shows: medians, and their ratios to ours. */
export function summary(rows: readonly Row[]): string[][] {
  const ours = rows.find(({ contender }) => contender.key === "ast");
  const compiled = ours && costOf(ours).ns;
  const [first] = rows;
  const head = ["ns a call", first?.workload.title.replace(" function", "") ?? "", "× ours"];
  return [
    head,
    ...rows.map((row) => {
      const { ns } = costOf(row);
      return [row.contender.title, figure(ns), ratio(ns, compiled)];
    }),
  ];
}

export function notes(contenders: readonly Contender[]): string {
  return contenders.map(({ title, records }) => `- ${title}: ${records}`).join("\n");
}

/** Medians, but for `quiet`. */
interface Cost {
  readonly ns: number;
  /** Lower quartile. */
  readonly quiet: number;
  readonly busy: number;
  readonly cpu: number;
}

function costOf({ samples }: Row): Cost {
  const own = samples.map(({ nsPerCall }) => nsPerCall);
  return {
    ns: median(own),
    quiet: quantile(own, 0.25),
    busy: median(samples.map(({ busyNsPerCall }) => busyNsPerCall)),
    cpu: median(samples.map(({ cpuNsPerCall }) => cpuNsPerCall)),
  };
}

function ratio(value: number, base: number | undefined): string {
  return base === undefined ? "" : figure(value / base);
}

/** Two significant digits below ten, none after the point above. */
export function figure(value: number): string {
  return value < 10 ? value.toPrecision(2) : Math.round(value).toLocaleString("en-US");
}
