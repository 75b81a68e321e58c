// A JSON value → a tree that opens as far as it is asked to.
import { useSignal, type Signal } from "@preact/signals";
import type { JSX, RefObject } from "preact";
import { useMemo, useRef } from "preact/hooks";
import * as format from "./format.ts";
import { headLength, rowsOf, type JsonRow } from "./json-rows.ts";
import { base64Bytes, seen, seenLine } from "./text.ts";

interface TreeProps {
  readonly value: unknown;
  readonly label: string;
  /** Before the root. */
  readonly name?: string;
}

export function JsonTree({ value, label, name }: TreeProps): JSX.Element {
  const flipped = useSignal<ReadonlySet<string>>(new Set());
  const more = useSignal<ReadonlyMap<string, number>>(new Map());
  const current = useSignal("");
  const tree = useRef<HTMLDivElement>(null);
  const rows = useMemo(
    () => rowsOf(value, name, { flipped: flipped.value, more: more.value }),
    [value, name, flipped.value, more.value],
  );
  const flip = (path: string): void => {
    const next = new Set(flipped.value);
    if (!next.delete(path)) next.add(path);
    flipped.value = next;
  };
  const showMore = (path: string): void => {
    more.value = new Map(more.value).set(path, (more.value.get(path) ?? 0) + 1);
  };
  const { at, onKeyDown } = useTreeKeys(rows, current, tree, flip, showMore);
  return (
    <div
      ref={tree}
      class="json"
      role="tree"
      aria-label={label}
      data-testid="json-tree"
      onKeyDown={onKeyDown}
    >
      {rows.map((row, index) => (
        <div
          key={keyOf(row)}
          role="treeitem"
          aria-level={row.level}
          aria-expanded={row.kind === "container" && row.size > 0 ? row.open : undefined}
          aria-posinset={row.position}
          aria-setsize={row.siblings}
          aria-selected={index === at}
          tabIndex={index === at ? 0 : -1}
          style={{ paddingLeft: `${(Math.min(row.level, 24) - 1) * 16}px` }}
          onFocus={() => (current.value = keyOf(row))}
        >
          <Content
            row={row}
            asked={more.value.get(row.path) ?? 0}
            flip={() => flip(row.path)}
            more={() => showMore(row.path)}
          />
        </div>
      ))}
    </div>
  );
}

function useTreeKeys(
  rows: readonly JsonRow[],
  current: Signal<string>,
  tree: RefObject<HTMLElement | null>,
  flip: (path: string) => void,
  showMore: (path: string) => void,
): { readonly at: number; readonly onKeyDown: (event: KeyboardEvent) => void } {
  const at = Math.max(
    0,
    rows.findIndex((row) => keyOf(row) === current.value),
  );
  const move = (to: number): void => {
    const index = Math.max(0, Math.min(to, rows.length - 1));
    const row = rows[index];
    if (row === undefined) return;
    current.value = keyOf(row);
    const item = tree.current?.children[index];
    if (item instanceof HTMLElement) item.focus();
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const row = rows[at];
    if (row === undefined || event.ctrlKey || event.metaKey) return;
    const above = rows.findLastIndex((each, index) => index < at && each.level < row.level);
    if (event.key === "ArrowDown") move(at + 1);
    else if (event.key === "ArrowUp") move(at - 1);
    else if (event.key === "Home") move(0);
    else if (event.key === "End") move(rows.length - 1);
    else if (event.key === "ArrowRight") {
      if (row.kind === "container" && !row.open && row.size > 0) flip(row.path);
      else move(at + 1);
    } else if (event.key === "ArrowLeft") {
      if (row.open) flip(row.path);
      else move(above);
    } else if (event.key === "Enter" || event.key === " ") {
      if (row.kind === "container" && row.size > 0) flip(row.path);
      else showMore(row.path);
    } else return;
    event.preventDefault();
  };
  return { at, onKeyDown };
}

const keyOf = (row: JsonRow): string => `${row.kind === "more" ? "more" : "at"}:${row.path}`;

function Content(props: {
  readonly row: JsonRow;
  readonly asked: number;
  readonly flip: () => void;
  readonly more: () => void;
}): JSX.Element {
  const { row, asked, flip, more } = props;
  if (row.kind === "more")
    return (
      <button type="button" data-testid="json-more" tabIndex={-1} onClick={more}>
        {format.count(row.size)} more
      </button>
    );
  const key = row.key === undefined ? null : <span class="json-key">{seenLine(row.key)}</span>;
  if (row.kind === "container")
    return (
      <span class="json-container" onClick={row.size > 0 ? flip : undefined}>
        <span class="toggle" aria-hidden="true">
          {row.size === 0 ? "" : row.open ? "▾" : "▸"}
        </span>
        {key}
        <span class="muted">{sizeOf(row)}</span>
      </span>
    );
  return (
    <span class="json-leaf">
      <span class="toggle" aria-hidden="true" />
      {key}
      {typeof row.value === "string" ? (
        <Text text={row.value} asked={asked} more={more} />
      ) : (
        <span class={`json-${row.value === null ? "null" : typeof row.value}`}>
          {String(row.value)}
        </span>
      )}
    </span>
  );
}

/** Long texts show their head, base64 its size. */
export function Text(props: {
  readonly text: string;
  readonly asked: number;
  readonly more: () => void;
}): JSX.Element {
  const { text, asked, more } = props;
  const folded = asked === 0 ? base64Bytes(text) : undefined;
  const length = folded === undefined ? headLength(text, asked) : 40;
  return (
    <span class="json-string">
      {seen(text.slice(0, length))}
      {length < text.length && (
        <>
          …{" "}
          <button type="button" data-testid="json-more" tabIndex={-1} onClick={more}>
            {folded === undefined
              ? `${format.count(text.length - length)} more characters`
              : `base64, ${format.bytes(folded)}: show`}
          </button>
        </>
      )}
    </span>
  );
}

function sizeOf({ value, size, open }: JsonRow): string {
  const [begin, end] = Array.isArray(value) ? ["[", "]"] : ["{", "}"];
  if (size === 0) return `${begin}${end}`;
  if (open) return begin;
  return `${begin} ${format.count(size)} ${end} ${previewOf(value)}`;
}

/** Of a closed container, what is in it in a few words. */
function previewOf(value: unknown): string {
  const shallow = (_: string, member: unknown): unknown =>
    typeof member === "string" && member.length > 60 ? `${member.slice(0, 60)}…` : member;
  const first = Array.isArray(value)
    ? value.slice(0, 4)
    : Object.fromEntries(Object.entries(value as object).slice(0, 6));
  return seenLine((JSON.stringify(first, shallow) ?? "").slice(1, 100));
}
