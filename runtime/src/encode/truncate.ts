// A value that does not fit its budget → JSON text that does: markers stand for the largest
// subtrees.
// Invariant: the cost depends on the budget and not on the size of the value: sizes come from walks
// that stop at a cap, which grows while the sum of all work stays near the budget, and from the
// lower bounds that stopped walks leave behind.
import { ownValue } from "../platform/own-properties.ts";
import { types } from "../platform/node.ts";
import { UNSET } from "../abi.ts";
import { Encoded, membersOf } from "./encoded.ts";
import { Fields, ownFields } from "./fields.ts";
import { bytesOf, quote, unitsWithin } from "./json-text.ts";
import { unfold } from "./unfold.ts";
import { isHidden, isTold, Siblings } from "./redact/beside.ts";
import { MAX_DEPTH, type Walk } from "./walk.ts";

/** Longest preview, in bytes of UTF-8. */
const PREVIEW = 1024;
/** Smallest marker with size and preview: `{"_truncated":true,"_size_at_least":…,"preview":""}`. */
const SMALLEST_MARKER = 64;
const CIRCULAR = '"[Circular]"';
const BARE_MARKER = '{"_truncated":true}';
const MARKER_START = '{"_truncated":true,';
const MARKER_SIZE = /^"_(?:original_size|size_at_least)":\d+$/;
const NULL = "null";
/** What stands for a child, the better the more room it has. */
const STAND_INS = [SMALLEST_MARKER, BARE_MARKER.length, NULL.length] as const;
/**
 * What a child that gives way should get, or its container gives way: empty markers tell nothing.
 */
const WORTHWHILE = 128;
/** No marker needs more: a preview whose characters are all escaped. */
const LARGEST_MARKER = SMALLEST_MARKER + 2 * PREVIEW;
/** Strings up to this length are measured exactly, longer ones by their length. */
const MEASURED = 65_536;

interface Child {
  readonly value: unknown;
  /** `"name":`, or "" in an array. */
  readonly label: string;
  /** Its JSON text, once it is known to fit. */
  text: string | undefined;
  bytes: number;
}

/** An object or array whose children share its budget. */
interface Container {
  readonly children: readonly Child[];
  readonly listed: boolean;
  /** Down to so many levels every child stays, if only as a marker. */
  readonly keep: number;
}

/** How the bytes of a container are shared out. */
interface Shares {
  /** For the texts of all children. */
  readonly room: number;
  /** For each child that gives way, at least. */
  readonly reserve: number;
}

/**
 * `value` was found not to fit `budget` bytes whole.
 * @param keep levels on which every name stays, also those whose values give way
 */
export function truncated(walk: Walk, value: unknown, budget: number, keep: number): string {
  if (budget >= CIRCULAR.length && walk.path.includes(value as object)) return CIRCULAR;
  const earlier = budget >= SMALLEST_MARKER ? earlierMarker(walk, value) : undefined;
  if (earlier !== undefined) return markerText(earlier, budget);
  const content = contents(walk, value, budget);
  if (typeof content === "string") return textMarker(walk, value, content, budget);
  const dear = keep === 0 && walk.credit <= 0;
  const deep = walk.path.length >= MAX_DEPTH;
  let text: string | undefined;
  if (content !== undefined && !dear && !deep && budget >= SMALLEST_MARKER) {
    walk.path.push(value as object);
    text = divided(walk, containerOf(walk, content, keep), budget);
    walk.path.pop();
  }
  return text ?? sizeMarker(walk, value, budget);
}

/**
 * `{"label":value,…}` of labels that are ours: they do not say what is secret. Every name of each
 * value stays.
 */
export function truncatedSections(
  walk: Walk,
  labels: readonly string[],
  values: readonly unknown[],
  budget: number,
): string {
  const children = labels.map((label, at) => childOf(values[at], `"${label}":`));
  return divided(walk, { children, listed: false, keep: 2 }, budget) ?? bareMarker(budget);
}

function childOf(value: unknown, label: string): Child {
  return { value, label, text: undefined, bytes: 0 };
}

/**
 * The direct contents of a container; undefined for a leaf, and where the shortest would not fit.
 */
function contents(
  walk: Walk,
  value: unknown,
  budget: number,
): Fields | Encoded | string | undefined {
  if (typeof value === "string") return value;
  if (typeof value !== "object" || value === null || types.isProxy(value)) return undefined;
  if (Array.isArray(value)) {
    if (value.length * 2 + 1 > budget) return undefined;
    const values: unknown[] = [];
    for (let i = 0; i < value.length; i++) values[i] = ownValue(value, i);
    return new Fields([], values, true);
  }
  if (Fields.is(value)) return value.total > value.values.length ? undefined : value;
  if (Encoded.is(value)) return encodedContents(value);
  try {
    const content = unfold(value, budget >> 1);
    if (typeof content === "string") return content;
    if (typeof content === "object")
      return content.total > content.values.length ? undefined : content;
  } catch {
    // It only looked like one of its kind: its own fields then.
  }
  const wide = walk.wide?.get(value);
  if (wide !== undefined && wide.count * 5 + 1 > budget) return undefined;
  const own = ownFields(value, budget / 5);
  return own.total > own.values.length ? undefined : own;
}

function encodedContents(value: Encoded): Encoded | string | undefined {
  const { text } = value;
  if (text.startsWith('"')) return JSON.parse(text) as string;
  return text.startsWith("{") || text.startsWith("[") ? value : undefined;
}

function containerOf(walk: Walk, content: Fields | Encoded, keep: number): Container {
  if (!Fields.is(content)) {
    const { labels, texts } = membersOf(content.text);
    const children = texts.map((text, at) => childOf(new Encoded(text), labels[at] ?? ""));
    return { children, listed: content.text.startsWith("["), keep };
  }
  const { names, values, listed } = content;
  const siblings = new Siblings(walk.beside, names, (at) => values[at]);
  if (listed) walk.beside.noteHead(walk.path.at(-1), values[0]);
  const items = listed ? walk.itemsOf(content) : undefined;
  const children: Child[] = [];
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (value === UNSET && !listed) continue;
    const key = names[i];
    const name = key === undefined ? undefined : walk.name(key);
    let secret = name?.secret === true;
    if (isTold(name?.role) && siblings.hide(name?.role, value)) secret = true;
    if (items?.isSecret(i, value) === true) secret = true;
    const hidden = secret && isHidden(value, key ?? "", names);
    const label = listed || name === undefined ? "" : name.json;
    children.push(childOf(hidden ? walk.redactor.mask : value, label));
  }
  return { children, listed, keep };
}

/** At least so many bytes, told without a walk. */
function floorOf(walk: Walk, value: unknown): number {
  if (typeof value === "string") return value.length + 2;
  if (typeof value !== "object" || value === null || walk.path.includes(value)) return 0;
  return walk.floors?.get(value) ?? 0;
}

/** Its JSON text where it fits. */
function wholeWithin(walk: Walk, value: unknown, bytes: number): string | undefined {
  if (Encoded.is(value)) return bytesOf(value.text) <= bytes ? value.text : undefined;
  return floorOf(walk, value) > bytes ? undefined : walk.whole(value, bytes);
}

/**
 * The JSON text of a container within `budget`; undefined where a marker in its place tells more.
 */
function divided(walk: Walk, container: Container, budget: number): string | undefined {
  const { children, listed, keep } = container;
  if (children.length === 0) return listed ? "[]" : "{}";
  let room = budget - 1 - children.length;
  for (let i = 0; i < children.length; i++) room -= bytesOf(children[i]?.label ?? "");
  const share = Math.floor(room / children.length);
  if (share < NULL.length) return undefined;
  const shares = { room, reserve: reserveOf(share, keep) };
  const unfit = encodeFitting(walk, container, shares);
  const cut = unfit === undefined ? undefined : withLargest(container, shares, unfit);
  if (cut === undefined) return undefined;
  cutWithin(walk, cut, shares.room - bytesKept(children), Math.max(0, keep - 1));
  const texts = children.map((child) => child.label + (child.text ?? NULL));
  return listed ? `[${texts.join(",")}]` : `{${texts.join(",")}}`;
}

function reserveOf(share: number, keep: number): number {
  if (keep === 0) return WORTHWHILE;
  // Names below have to stay, too.
  if (keep > 1) return share;
  return STAND_INS.find((bytes) => share >= bytes) ?? NULL.length;
}

/**
 * Encodes the children that fit whole and returns the others; undefined where these are too many to
 * be worth a marker each.
 */
function encodeFitting(
  walk: Walk,
  { children, keep }: Container,
  { room, reserve }: Shares,
): Child[] | undefined {
  let pending = children.slice();
  let kept = 0;
  let cap = Math.max(SMALLEST_MARKER, Math.floor(room / children.length));
  while (pending.length > 0) {
    const rest: Child[] = [];
    for (let i = 0; i < pending.length; i++) {
      const child = pending[i] as Child;
      child.text = wholeWithin(walk, child.value, cap);
      if (child.text === undefined) rest.push(child);
      else {
        child.bytes = bytesOf(child.text);
        kept += child.bytes;
      }
      if (keep === 0 && kept + rest.length * reserve > room) {
        // The largest child may be one of those that fit; with several to be cut it is the
        // container.
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

function bytesKept(children: readonly Child[]): number {
  let kept = 0;
  for (let i = 0; i < children.length; i++)
    if (children[i]?.text !== undefined) kept += children[i]?.bytes ?? 0;
  return kept;
}

/** `unfit`, and the largest of the others until what is cut has its reserve. */
function withLargest(
  { children, keep }: Container,
  { room, reserve }: Shares,
  unfit: readonly Child[],
): Child[] | undefined {
  const cut = unfit.slice();
  let kept = bytesKept(children);
  const largest = children
    .filter((child) => child.text !== undefined)
    .toSorted((a, b) => b.bytes - a.bytes);
  for (let i = 0; i < largest.length && kept + cut.length * reserve > room; i++) {
    const child = largest[i] as Child;
    kept -= child.bytes;
    child.text = undefined;
    cut.push(child);
  }
  return keep === 0 && cut.length * reserve + kept > room ? undefined : cut;
}

/** Shares `room` out among those that give way. */
function cutWithin(walk: Walk, cut: Child[], room: number, keep: number): void {
  // Texts first: what their previews leave goes to the containers.
  cut.sort((a, b) => Number(isText(b.value)) - Number(isText(a.value)));
  let rest = room;
  for (let i = 0; i < cut.length; i++) {
    const child = cut[i] as Child;
    const most = Math.floor(rest / (cut.length - i));
    const bytes = isText(child.value) ? Math.min(most, LARGEST_MARKER) : most;
    child.text = truncated(walk, child.value, bytes, keep);
    rest -= bytesOf(child.text);
  }
}

function isText(value: unknown): boolean {
  return typeof value === "string" || (Encoded.is(value) && value.text.startsWith('"'));
}

interface Marker {
  /** `"_original_size":…` or `"_size_at_least":…` */
  readonly size: string;
  readonly preview: string;
}

function textMarker(walk: Walk, value: unknown, text: string, budget: number): string {
  if (budget < SMALLEST_MARKER) return bareMarker(budget);
  const size =
    text.length <= MEASURED
      ? `"_original_size":${bytesOf(text)}`
      : `"_size_at_least":${text.length}`;
  const preview = Encoded.is(value) ? text : walk.masked(text, PREVIEW);
  return markerText({ size, preview }, budget);
}

function sizeMarker(walk: Walk, value: unknown, budget: number): string {
  if (budget < SMALLEST_MARKER) return bareMarker(budget);
  const encoded = Encoded.is(value) ? value.text : undefined;
  const least = encoded === undefined ? floorOf(walk, value) : bytesOf(encoded);
  const size = `"_size_at_least":${Math.max(least, budget + 1)}`;
  const preview = encoded ?? walk.beginning(value, PREVIEW);
  return markerText({ size, preview }, budget);
}

function bareMarker(budget: number): string {
  return budget < BARE_MARKER.length ? NULL : BARE_MARKER;
}

function markerText({ size, preview }: Marker, budget: number): string {
  const open = `${MARKER_START}${size},"preview":`;
  const units = unitsWithin(preview, PREVIEW, budget - open.length - 3);
  return `${open}${quote(preview.slice(0, units))}}`;
}

/** A marker that is itself to be cut goes on telling the size of what it stands for. */
function earlierMarker(walk: Walk, value: unknown): Marker | undefined {
  if (typeof value !== "object" || value === null || types.isProxy(value)) return undefined;
  if (Encoded.is(value)) return encodedMarker(value.text);
  if (ownValue(value, "_truncated") !== true) return undefined;
  const preview = ownValue(value, "preview");
  if (typeof preview !== "string") return undefined;
  for (const name of ["_original_size", "_size_at_least"]) {
    const size = ownValue(value, name);
    if (Number.isSafeInteger(size))
      return { size: `"${name}":${String(size)}`, preview: walk.masked(preview, PREVIEW) };
  }
  return undefined;
}

function encodedMarker(text: string): Marker | undefined {
  if (!text.startsWith(MARKER_START)) return undefined;
  const { labels, texts } = membersOf(text);
  const size = `${labels[1] ?? ""}${texts[1] ?? ""}`;
  const preview = texts[2];
  if (!MARKER_SIZE.test(size) || preview?.startsWith('"') !== true) return undefined;
  if (labels[2] !== '"preview":' || labels.length !== 3) return undefined;
  return { size, preview: JSON.parse(preview) as string };
}
