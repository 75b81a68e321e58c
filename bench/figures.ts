// Tables that a run prints → bench/figures.json, by workload → the same tables in the documentation.
// Invariant: a table in the documentation is of one run: a date, a Node, a number of processes.

/** Of a run by `--quick`. */
export const QUICK_ROUNDS = 3;

/** What one run measured of a workload. */
export interface Figures {
  /** A day in ISO 8601. */
  readonly measured: string;
  /** Its major version. */
  readonly node: string;
  readonly processes: number;
  /** The first is the head; the first column names the contender. */
  readonly rows: readonly (readonly string[])[];
}

/** By workload: `W1`, `W3`, … */
export type AllFigures = Readonly<Record<string, Figures>>;

/** The cells of a Markdown table, without the line below the head; other lines are left out. */
export function cellsOf(lines: readonly string[]): string[][] {
  return lines
    .filter((line) => line.startsWith("|") && !/^\|[-:| ]+\|$/.test(line))
    .map((line) =>
      line
        .slice(1, -1)
        .split("|")
        .map((cell) => cell.trim()),
    );
}

/**
 * Workloads side by side, and where they come from below them.
 * @param titles contenders, in this order @default all
 */
export function tableOf(
  all: AllFigures,
  groups: readonly string[],
  titles?: readonly string[],
): string {
  const [first, ...others] = groups.map((group) => figuresOf(all, group));
  if (first === undefined) throw new Error("A table of no workload.");
  if (!others.every((other) => areOfOneRun(other, first)))
    throw new Error(`${groups.join(", ")} are of different runs.`);
  const [head = [], ...rows] = first.rows;
  const named = titles?.map((title) => rowOf(first, title)) ?? rows;
  const lines = [head, ...named].map((row) => {
    const [title = ""] = row;
    return row.concat(...others.map((other) => rowOf(other, title).slice(1)));
  });
  const below = lines[0]?.map((_, column) => (column === 0 ? "---" : "--:")) ?? [];
  const { node, processes, measured } = first;
  const quick = processes === QUICK_ROUNDS ? "--quick " : "";
  return [
    ...lines.toSpliced(1, 0, below).map((cells) => `| ${cells.join(" | ")} |`),
    "",
    `Node ${node}, ${processes} processes each, interleaved, ${measured}; \`npm run bench -- ${quick}--only ${groups.join(",")}\` measures again.`,
  ].join("\n");
}

/** As far as they tell: two runs of a day on the same Node, of as many processes, look alike. */
function areOfOneRun(one: Figures, other: Figures): boolean {
  return (
    one.measured === other.measured && one.node === other.node && one.processes === other.processes
  );
}

function figuresOf(all: AllFigures, group: string): Figures {
  const figures = all[group];
  if (figures === undefined) throw new Error(`There are no figures of ${group}.`);
  return figures;
}

function rowOf({ rows }: Figures, title: string): readonly string[] {
  const row = rows.find(([own]) => own === title);
  if (row === undefined) throw new Error(`There are no figures of ${title}.`);
  return row;
}
