// A value that does not fit its budget → JSON text that does: markers stand for the largest parts.
// Invariant: the cost depends on the budget, not on the value's size: we measure by walks that stop
// at a cap. The cap grows as long as the sum of all work stays near the budget.
import { ownValue } from "../../platform/own-properties.ts";
import { types } from "../../platform/node.ts";
import { type Child, childOf, Container, contentsOf } from "./contents.ts";
import { Encoded, membersOf } from "../encoded.ts";
import { bytesOf, quote, unitsWithin } from "../json-text.ts";
import { MAX_DEPTH, type Walk } from "../walk.ts";

/** Longest preview, in bytes of UTF-8. */
const PREVIEW = 1024;
/** Smallest marker with size and preview: `{"_truncated":true,"_size_at_least":…,"preview":""}`. */
const SMALLEST_MARKER = 64;
const CIRCULAR = '"[Circular]"';
/** Says no more than that something is missing. */
export const BARE_MARKER = '{"_truncated":true}';
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

/** How the bytes of a container are shared out. */
interface Shares {
  /** For the texts of all children. */
  room: number;
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
  const deep = walk.path.length >= MAX_DEPTH;
  walk.path.push(value as object);
  const contents = contentsOf(walk, value, budget);
  const dear = keep === 0 && walk.credit <= 0;
  let text: string | undefined;
  if (typeof contents === "string") text = textMarker(walk, value, contents, budget);
  else if (
    contents !== undefined &&
    !dear &&
    !deep &&
    budget >= SMALLEST_MARKER &&
    !(keep === 0 && isCrowd(walk, value, budget - 1 - contents.count, contents.count))
  )
    text = divided(walk, new Container(contents, keep), budget);
  walk.path.pop();
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
  const make = (at: number): Child => childOf(values[at], `"${labels[at] ?? ""}":`);
  const container = new Container({ count: labels.length, listed: false, make }, 2);
  return divided(walk, container, budget) ?? bareMarker(budget);
}

/**
 * Whether so many small items do not fit that none of them is worth cutting, which `divided` would
 * find out by encoding each of them.
 */
function isCrowd(walk: Walk, value: unknown, room: number, count: number): boolean {
  return (
    Array.isArray(value) &&
    room < count * SMALLEST_MARKER &&
    walk.isCrowd(value, room, WORTHWHILE - SMALLEST_MARKER)
  );
}

/** At least so many bytes, told without a walk. */
function floorOf(walk: Walk, value: unknown): number {
  if (typeof value === "string") return value.length + 2;
  if (typeof value !== "object" || value === null || walk.path.includes(value)) return 0;
  return walk.floors?.get(value) ?? 0;
}

/** Encodes a child where it fits. */
function encodeWithin(walk: Walk, child: Child, most: number): void {
  const { value } = child;
  const encoded = Encoded.is(value) ? value.text : undefined;
  if (child.bytes === 0)
    child.bytes = encoded === undefined ? floorOf(walk, value) : bytesOf(encoded);
  if (child.bytes > most) return;
  child.text = encoded ?? walk.whole(value, most);
  if (encoded === undefined) child.bytes = most - walk.left;
}

/**
 * The JSON text of a container within `budget`; undefined where a marker in its place tells more.
 */
function divided(walk: Walk, container: Container, budget: number): string | undefined {
  const { children, count, listed, keep } = container;
  let room = budget - 1 - count;
  // Where all stay their names count from the start.
  if (keep > 0)
    for (let child = container.next(); child !== undefined; child = container.next())
      room -= bytesOf(child.label);
  const share = Math.floor(room / Math.max(1, count));
  if (share < NULL.length) return undefined;
  const shares: Shares = { room, reserve: reserveOf(share, keep) };
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
function encodeFitting(walk: Walk, container: Container, shares: Shares): Child[] | undefined {
  const { children, count, keep } = container;
  const { reserve } = shares;
  let pending: Child[] = [];
  let kept = 0;
  let cap = Math.max(SMALLEST_MARKER, Math.floor(shares.room / Math.max(1, count)));
  /** False where too many are left over. */
  const fits = (child: Child): boolean => {
    encodeWithin(walk, child, cap);
    if (child.text === undefined) pending.push(child);
    else kept += child.bytes;
    if (keep > 0 || kept + pending.length * reserve <= shares.room) return true;
    // The largest child may be one of those that fit; with several to be cut it is the container.
    const fitted = child.text === undefined ? 0 : child.bytes;
    return pending.length <= 1 && kept - fitted + reserve <= shares.room;
  };
  if (keep > 0) children.forEach(fits);
  else
    for (let child = container.next(); child !== undefined; child = container.next()) {
      shares.room -= bytesOf(child.label);
      if (!fits(child)) return undefined;
    }
  for (;;) {
    const most = shares.room - kept - (pending.length - 1) * reserve;
    if (pending.length === 0 || cap >= most || walk.credit <= 0) return pending;
    cap = Math.min(cap * 2, most);
    const again = pending;
    pending = [];
    for (let i = 0; i < again.length; i++) {
      const child = again[i] as Child;
      if (walk.credit <= 0) pending.push(child);
      else if (!fits(child)) return undefined;
    }
  }
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
  const bytes = text.length <= MEASURED ? walk.previews.measure(text) : undefined;
  const size =
    bytes === undefined ? `"_size_at_least":${text.length}` : `"_original_size":${bytes}`;
  const preview = Encoded.is(value) ? text : walk.previews.of(text, Math.min(PREVIEW, budget));
  return markerText({ size, preview }, budget);
}

function sizeMarker(walk: Walk, value: unknown, budget: number): string {
  if (budget < SMALLEST_MARKER) return bareMarker(budget);
  const encoded = Encoded.is(value) ? value.text : undefined;
  const least = encoded === undefined ? floorOf(walk, value) : bytesOf(encoded);
  const size = `"_size_at_least":${Math.max(least, budget + 1)}`;
  const preview = encoded ?? walk.beginning(value, Math.min(PREVIEW, budget));
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
      return { size: `"${name}":${String(size)}`, preview: walk.previews.of(preview, PREVIEW) };
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
