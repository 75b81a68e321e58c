// The server's events → who listens, and whether it is reached.
// Invariant: after an interruption everybody is told to ask again.
import { signal, type Signal } from "@preact/signals";
import type { Events } from "../../src/views.ts";

export type Reach = "loading" | "ready" | "offline";

export const reach: Signal<Reach> = signal("loading");
/** Counts the times that everything has to be asked for again. */
export const turn: Signal<number> = signal(0);
/** New traces come in as they are sent. */
export const following: Signal<boolean> = signal(true);

type Listeners = { [Name in keyof Events]: Set<(data: Events[Name]) => void> };
const listeners: Listeners = {
  hello: new Set(),
  trace: new Set(),
  removed: new Set(),
  pipeline: new Set(),
  reset: new Set(),
};

/** @returns how to stop it */
export function onEvent<Name extends keyof Events>(
  name: Name,
  listener: (data: Events[Name]) => void,
): () => void {
  const those: Set<(data: Events[Name]) => void> = listeners[name];
  those.add(listener);
  return () => those.delete(listener);
}

/** In ms. Offline is told only when this long nothing was reached; then it is tried each. */
const GRACE = 700;
const RETRY = 1500;

let source: EventSource | undefined;
let interrupted = false;
let timer: number | undefined;

export function connect(): void {
  document.addEventListener("visibilitychange", () => {
    // A browser gives a host six connections, and each stream takes one: hidden windows give theirs back.
    if (document.hidden) close();
    else if (source === undefined) open();
  });
  open();
}

function close(): void {
  source?.close();
  source = undefined;
  interrupted = true;
  window.clearTimeout(timer);
}

function open(): void {
  const opened = new EventSource("/api/events");
  source = opened;
  opened.addEventListener("open", () => {
    window.clearTimeout(timer);
    timer = undefined;
    reach.value = "ready";
    if (!interrupted) return;
    interrupted = false;
    turn.value += 1;
  });
  opened.addEventListener("error", () => {
    if (source !== opened) return;
    opened.close();
    source = undefined;
    interrupted = true;
    timer ??= window.setTimeout(() => (reach.value = "offline"), GRACE);
    window.setTimeout(() => {
      if (source === undefined && !document.hidden) open();
    }, RETRY);
  });
  for (const name of Object.keys(listeners) as (keyof Events)[])
    opened.addEventListener(name, (event) => tell(name, event.data));
}

function tell(name: keyof Events, text: unknown): void {
  if (typeof text !== "string") return;
  if (name === "reset") turn.value += 1;
  const those: ReadonlySet<(data: never) => void> = listeners[name];
  for (const listener of those) listener(JSON.parse(text) as never);
}
