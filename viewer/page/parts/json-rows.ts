// A JSON value and what is open of it → the lines of its tree.
// Invariant: keys are read as the value's own and held in arrays: `__proto__` is a name like others.

/** Members of a container that are shown at once, and each time more are asked for. */
const MEMBERS = 100;
/** A longer text shows its head. */
const LONG = 2000;
const HEAD = 600;

export interface JsonRow {
  readonly path: string;
  readonly level: number;
  readonly key: string | undefined;
  readonly value: unknown;
  readonly kind: "container" | "leaf" | "more";
  readonly open: boolean;
  /** Members of a container; what is left at «more». */
  readonly size: number;
  /** Of siblings, from 1. */
  readonly position: number;
  readonly siblings: number;
}

export interface Opened {
  /** Paths that are not as their level has it. */
  readonly flipped: ReadonlySet<string>;
  /** How many times more was asked for. */
  readonly more: ReadonlyMap<string, number>;
}

export function rowsOf(
  root: unknown,
  name: string | undefined,
  opened: Opened,
): readonly JsonRow[] {
  const rows: JsonRow[] = [];
  const add = (
    value: unknown,
    at: Pick<JsonRow, "path" | "level" | "key" | "position" | "siblings">,
  ): void => {
    const members = membersOf(value);
    if (members === undefined) {
      rows.push({ ...at, value, kind: "leaf", open: false, size: 0 });
      return;
    }
    const open = members.length > 0 && isOpen(at.path, at.level, members.length, opened.flipped);
    rows.push({ ...at, value, kind: "container", open, size: members.length });
    if (!open) return;
    const shown = MEMBERS * (1 + (opened.more.get(at.path) ?? 0));
    const level = at.level + 1;
    members.slice(0, shown).forEach(([key, member], index) =>
      add(member, {
        path: `${at.path}/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`,
        level,
        key,
        position: index + 1,
        siblings: members.length,
      }),
    );
    if (members.length > shown)
      rows.push({
        path: at.path,
        level,
        key: undefined,
        value: undefined,
        kind: "more",
        open: false,
        size: members.length - shown,
        position: shown + 1,
        siblings: members.length,
      });
  };
  add(root, { path: "", level: 1, key: name, position: 1, siblings: 1 });
  return rows;
}

function membersOf(value: unknown): readonly (readonly [string, unknown])[] | undefined {
  if (Array.isArray(value)) return value.map((member, index) => [String(index), member]);
  if (typeof value === "object" && value !== null) return Object.entries(value);
  return undefined;
}

/** The first two levels are open, where they are small. */
function isOpen(path: string, level: number, size: number, flipped: ReadonlySet<string>): boolean {
  const first = level === 1 || (level === 2 && size <= 20);
  return first !== flipped.has(path);
}

/** How much of a text is shown. */
export function headLength(text: string, asked: number): number {
  if (text.length <= LONG) return text.length;
  if (asked === 0) return HEAD;
  return Math.min(text.length, 64 * 1024 * 4 ** (asked - 1));
}
