// The address bar ↔ the screen and its parameters.
// Invariant: what the page shows can be had again by its address.
import { computed, signal, type ReadonlySignal, type Signal } from "@preact/signals";
import { idOf, segmentOf } from "../../src/segment.ts";

export type Screen =
  | { readonly name: "traces" | "compare" | "coverage" | "charts" | "pipeline" | "unknown" }
  | { readonly name: "trace"; readonly id: string };

const now = (): URL => new URL(location.href);
const address: Signal<URL> = signal(now());

/** Of a screen that knows to draw itself anew from the address. */
export const screen: ReadonlySignal<Screen> = computed(() => screenOf(address.value.pathname));
export const parameters: ReadonlySignal<URLSearchParams> = computed(
  () => address.value.searchParams,
);

addEventListener("popstate", () => {
  window.clearTimeout(timer);
  timer = undefined;
  address.value = now();
});

/** Chromium takes 200 changes in 10 s, and drops the others: after half of them they wait. */
const PERIOD = 10_000;
const AT_ONCE = 100;
const PACE = 150;
let period = 0;
let changes = 0;
let timer: number | undefined;

export function go(to: string): void {
  write();
  const depth = depthOf(history.state) + 1;
  history.pushState({ depth }, "", to);
  address.value = now();
}

/** To where the page was before, or to the list where it was nowhere. */
export function back(): void {
  if (depthOf(history.state) > 0) history.back();
  else go("/");
}

/** Changes parameters in place: back leaves the screen. Null takes one out. */
export function setParameters(asked: Readonly<Record<string, string | null>>): void {
  const to = new URL(address.value);
  for (const [name, value] of Object.entries(asked))
    if (value === null || value === "") to.searchParams.delete(name);
    else to.searchParams.set(name, value);
  if (to.href === address.value.href) return;
  address.value = to;
  if (Date.now() - period > PERIOD) {
    period = Date.now();
    changes = 0;
  }
  changes += 1;
  if (changes < AT_ONCE) write();
  else timer ??= window.setTimeout(write, PACE);
}

function write(): void {
  window.clearTimeout(timer);
  timer = undefined;
  if (address.value.href !== location.href) history.replaceState(history.state, "", address.value);
}

export const tracePath = (id: string): string => `/traces/${segmentOf(id)}`;

function screenOf(pathname: string): Screen {
  const [first = "", second, ...more] = pathname.slice(1).split("/");
  if (more.length > 0) return { name: "unknown" };
  if (first === "traces" && second !== undefined && second !== "")
    return { name: "trace", id: idOf(decoded(second)) };
  if (second !== undefined && second !== "") return { name: "unknown" };
  if (first === "" || first === "traces") return { name: "traces" };
  if (first === "compare" || first === "coverage" || first === "charts" || first === "pipeline")
    return { name: first };
  return { name: "unknown" };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function depthOf(state: unknown): number {
  if (typeof state !== "object" || state === null || !("depth" in state)) return 0;
  return typeof state.depth === "number" ? state.depth : 0;
}
