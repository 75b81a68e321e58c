// In: a value that does not fit its budget. Out: JSON text that does: the largest subtrees give way to truncation markers first.
// Sizes come from whole walks of the children, each stopped at a cap that grows only while the sum of all work stays near the budget,
// and from the lower bounds that stopped walks left behind: so the cost depends on the budget and not on the size of the value.
import { types } from "../platform/node.ts";
import { unfold } from "./unfold.ts";
import { ownValue } from "../platform/own-properties.ts";
import { Fields, ownFields } from "./fields.ts";
import { UNSET } from "../abi.ts";
import { bytesOf, quote, unitsWithin } from "./json-text.ts";
import { MAX_DEPTH, Walk, isHidden, isValue, namesSecret } from "./walk.ts";

/** Longest preview, in bytes of UTF-8 (SPEC §4.3). */
const PREVIEW = 1024;
/** Smallest marker with size and preview: `{"_truncated":true,"_size_at_least":…,"preview":""}`. */
const SMALLEST_MARKER = 64;
const CIRCULAR = '"[Circular]"';
const BARE_MARKER = '{"_truncated":true}';
/** What a child that gives way should get, or the whole container gives way: a heap of empty markers tells nobody anything. */
const WORTHWHILE = 128;
/** No marker needs more: a preview whose characters are all escaped. */
const LARGEST_MARKER = SMALLEST_MARKER + 2 * PREVIEW;
/** Strings up to this length are measured exactly, longer ones by their length. */
const MEASURED = 65_536;

interface Child {
  readonly value: unknown;
  readonly label: string;
  /** Its JSON text, once it is known to fit. */
  text: string | undefined;
  bytes: number;
}

/** The direct contents of a container; undefined for a leaf, and where even the shortest contents would not fit. */
function contents(walk: Walk, value: unknown, budget: number): Fields | string | undefined {
  if (typeof value === "string") return value;
  if (typeof value !== "object" || value === null || types.isProxy(value)) return undefined;
  if (Array.isArray(value)) {
    if (value.length * 2 + 1 > budget) return undefined;
    const values: unknown[] = [];
    for (let i = 0; i < value.length; i++) values[i] = ownValue(value, i);
    return new Fields([], values, true);
  }
  if (Fields.is(value)) return value;
  try {
    const content = unfold(value, budget >> 1);
    if (typeof content === "string") return content;
    if (typeof content === "object") return content;
  } catch {
    // It only looked like one of its kind: its own fields then.
  }
  const wide = walk.wide?.get(value);
  if (wide !== undefined && wide.count * 5 + 1 > budget) return undefined;
  return ownFields(value, budget / 5);
}

/** At least so many bytes, told without a walk. */
function floorOf(walk: Walk, value: unknown): number {
  if (typeof value === "string") return value.length + 2;
  if (typeof value !== "object" || value === null || walk.path.includes(value)) return 0;
  return walk.floors?.get(value) ?? 0;
}

function marker(walk: Walk, value: unknown, text: string | undefined, budget: number): string {
  if (budget < SMALLEST_MARKER) return budget < BARE_MARKER.length ? "null" : BARE_MARKER;
  let size: string;
  let preview: string;
  if (text !== undefined) {
    size =
      text.length <= MEASURED
        ? `"_original_size":${bytesOf(text)}`
        : `"_size_at_least":${text.length}`;
    preview = walk.masked(text, PREVIEW);
  } else {
    size = `"_size_at_least":${Math.max(floorOf(walk, value), budget + 1)}`;
    preview = walk.beginning(value, PREVIEW);
  }
  return markerText(size, preview, budget);
}

function markerText(size: string, preview: string, budget: number): string {
  const open = `{"_truncated":true,${size},"preview":`;
  const units = unitsWithin(preview, PREVIEW, budget - open.length - 3);
  return `${open}${quote(preview.slice(0, units))}}`;
}

/** A marker that is itself to be cut goes on telling the size of what it stands for. */
function earlierMarker(value: unknown): { size: string; preview: string } | undefined {
  if (typeof value !== "object" || value === null || types.isProxy(value)) return undefined;
  if (ownValue(value, "_truncated") !== true) return undefined;
  const preview = ownValue(value, "preview");
  if (typeof preview !== "string") return undefined;
  for (const name of ["_original_size", "_size_at_least"]) {
    const size = ownValue(value, name);
    if (Number.isSafeInteger(size)) return { size: `"${name}":${String(size)}`, preview };
  }
  return undefined;
}

/** `value` was found not to fit `budget` bytes whole. With `keep` every name of it stays. */
export function fit(walk: Walk, value: unknown, budget: number, keep: boolean): string {
  if (budget >= CIRCULAR.length && walk.path.includes(value as object)) return CIRCULAR;
  const earlier = earlierMarker(value);
  if (earlier !== undefined && budget >= SMALLEST_MARKER)
    return markerText(earlier.size, walk.masked(earlier.preview, PREVIEW), budget);
  const content = contents(walk, value, budget);
  if (typeof content === "string") return marker(walk, value, content, budget);
  const dear = !keep && walk.credit <= 0;
  if (content === undefined || dear || budget < SMALLEST_MARKER || walk.path.length >= MAX_DEPTH) {
    return marker(walk, value, undefined, budget);
  }
  walk.path.push(value as object);
  const divided =
    content.total > content.values.length ? undefined : divide(walk, content, budget, keep);
  walk.path.pop();
  return divided ?? marker(walk, value, undefined, budget);
}

function childrenOf(walk: Walk, { names, values, listed }: Fields): Child[] {
  const children: Child[] = [];
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (value === UNSET && !listed) continue;
    const key = names[i];
    const name = key === undefined ? undefined : walk.name(key);
    const secret =
      name?.secret === true ||
      (isValue(key) && namesSecret((beside) => values[names.indexOf(beside)], walk.redactor));
    const hidden = secret && isHidden(value, key ?? "", names);
    const label = listed || name === undefined ? "" : name.json;
    children.push({ value: hidden ? walk.redactor.mask : value, label, text: undefined, bytes: 0 });
  }
  return children;
}

/** Encodes the children that fit whole into `room`, and returns the others; undefined where these are too many to be worth a marker each. */
function settle(
  walk: Walk,
  children: readonly Child[],
  room: number,
  reserve: number,
  keep: boolean,
): Child[] | undefined {
  let pending = children.slice();
  let kept = 0;
  let cap = Math.max(SMALLEST_MARKER, Math.floor(room / children.length));
  while (pending.length > 0) {
    const rest: Child[] = [];
    for (let i = 0; i < pending.length; i++) {
      const child = pending[i] as Child;
      const text = floorOf(walk, child.value) > cap ? undefined : walk.whole(child.value, cap);
      if (text === undefined) rest.push(child);
      else {
        child.text = text;
        child.bytes = bytesOf(text);
        kept += child.bytes;
      }
      if (!keep && kept + rest.length * reserve > room) {
        // The largest child may still be one of those that fit; with several to be cut the container is the larger subtree.
        if (rest.length > 1 || kept - child.bytes + reserve > room) return undefined;
      }
    }
    pending = rest;
    const most = room - kept - (pending.length - 1) * reserve;
    if (cap >= most || walk.credit <= 0) break;
    cap = Math.min(cap * 2, most);
  }
  return pending;
}

function divide(walk: Walk, content: Fields, budget: number, keep: boolean): string | undefined {
  const children = childrenOf(walk, content);
  if (children.length === 0) return content.listed ? "[]" : "{}";
  let room = budget - 1 - children.length;
  for (let i = 0; i < children.length; i++) room -= bytesOf(children[i]?.label ?? "");
  const share = Math.floor(room / children.length);
  if (share < 4) return undefined;
  const reserve = !keep
    ? WORTHWHILE
    : share >= SMALLEST_MARKER
      ? SMALLEST_MARKER
      : share >= BARE_MARKER.length
        ? BARE_MARKER.length
        : 4;
  const cut = settle(walk, children, room, reserve, keep);
  if (cut === undefined) return undefined;

  let kept = 0;
  for (let i = 0; i < children.length; i++) kept += children[i]?.bytes ?? 0;
  const largest = children
    .filter((child) => child.text !== undefined)
    .toSorted((a, b) => b.bytes - a.bytes);
  for (let i = 0; i < largest.length && kept + cut.length * reserve > room; i++) {
    const child = largest[i] as Child;
    kept -= child.bytes;
    child.text = undefined;
    cut.push(child);
  }
  if (!keep && cut.length * reserve + kept > room) return undefined;

  // Strings first: what their previews leave goes to the containers.
  cut.sort((a, b) => Number(typeof b.value === "string") - Number(typeof a.value === "string"));
  let rest = room - kept;
  for (let i = 0; i < cut.length; i++) {
    const child = cut[i] as Child;
    const most = Math.floor(rest / (cut.length - i));
    const isText = typeof child.value === "string";
    child.text = fit(walk, child.value, isText ? Math.min(most, LARGEST_MARKER) : most, false);
    rest -= bytesOf(child.text);
  }
  const texts = children.map((child) => child.label + (child.text ?? "null"));
  return content.listed ? `[${texts.join(",")}]` : `{${texts.join(",")}}`;
}
