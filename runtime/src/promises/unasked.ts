// Thenables that functions returned → those that the program does not await, as queries it refines.
// Invariant: we hold at most 10,000, and at most 1,000 beyond the turn in which they were returned.
// Each is let go once.
import { after, cancel, monotonicNow, oncePerTurn, type Timer } from "../platform/clock.ts";
import { count } from "../platform/report.ts";

export interface Unasked {
  /** Its turn is over. Most that the program awaits have been asked by then. */
  idle(): void;
  /** It counts as one that is not asked, whatever the program does later. */
  letGo(): void;
}

/** As many as a loop makes in one turn, all to be awaited at its end. */
const MOST = 10_000;
const MOST_IDLE = 1000;

/** Of this turn; and of earlier ones, with the monotonic ms since when. The oldest come first. */
const fresh = new Set<Unasked>();
const idle = new Map<Unasked, number>();
let idleMs = 1000;
let timer: Timer | undefined;

const turn = oncePerTurn(() => {
  const since = monotonicNow();
  for (const one of fresh) {
    tell(() => one.idle());
    idle.set(one, since);
  }
  fresh.clear();
  letGoBeyond(idle, MOST_IDLE);
  if (idle.size > 0) timer ??= after(idleMs, expire);
});

/** How long one may be idle before it is let go. */
export function setIdleMs(ms: number): void {
  idleMs = ms;
  cancel(timer);
  expire();
}

export function addUnasked(one: Unasked): void {
  fresh.add(one);
  letGoBeyond(fresh, MOST);
  turn();
}

export function removeAsked(one: Unasked): void {
  if (!fresh.delete(one)) idle.delete(one);
}

export function someFresh(): boolean {
  return fresh.size > 0;
}

export function someIdle(): boolean {
  return idle.size > 0;
}

export function letGoIdle(): void {
  letGoBeyond(idle, 0);
}

/** Also those of this turn, for a process that ends. */
export function letGoUnasked(): void {
  letGoBeyond(fresh, 0);
  letGoIdle();
}

function expire(): void {
  timer = undefined;
  const now = monotonicNow();
  for (const [one, since] of idle) {
    const leftMs = since + idleMs - now;
    if (leftMs > 0) {
      timer = after(leftMs, expire);
      return;
    }
    letGo(idle, one);
  }
}

type Held = Pick<Set<Unasked>, "delete" | "keys" | "size">;

function letGoBeyond(held: Held, most: number): void {
  if (held.size <= most) return;
  for (const one of held.keys()) {
    letGo(held, one);
    if (held.size <= most) return;
  }
}

function letGo(held: Held, one: Unasked): void {
  held.delete(one);
  tell(() => {
    if (held === fresh) one.idle();
    one.letGo();
  });
}

function tell(news: () => void): void {
  try {
    news();
  } catch {
    count("internal_error");
  }
}
