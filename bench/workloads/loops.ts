// W7: loops that write four captured locals a turn, once for each kind of value; the same loops are the bare ones.
// Nothing else is done in them, so that the writes are not hidden; objects are taken from a table, so that none is optimized away.

interface Point {
  readonly x: number;
}

/** Sums that leave 32 bits make V8 fall back to a tier seven times slower, and that in some runs only (Node 24, bare loops, too). */
const MASK = 0xfffff;
const names: readonly string[] = ["ash", "birch", "cedar", "elm", "fir", "oak", "pine", "yew"];
const points: readonly Point[] = names.map((_, x) => ({ x }));
const none: Point = { x: -1 };
const settled: Promise<void> = Promise.resolve();

function pointAt(i: number): Point {
  return points[i & 7] ?? none;
}

/** @track capture=a,b,c,d */
export function integers(turns: number): number {
  let a = 1;
  let b = 2;
  let c = 3;
  let d = 4;
  for (let i = 0; i < turns; i++) {
    a = (a + i) & MASK;
    b = b ^ a;
    c = (c + b) & MASK;
    d = d ^ c;
  }
  return a + b + c + d;
}

/** @track capture=a,b,c,d */
export function floats(turns: number): number {
  let a = 0.1;
  let b = 0.2;
  let c = 0.3;
  let d = 0.4;
  for (let i = 0; i < turns; i++) {
    a = a * 0.5 + i;
    b = b * 0.5 + a;
    c = c * 0.5 + b;
    d = d * 0.5 + c;
  }
  return a + b + c + d;
}

/** @track capture=a,b,c,d */
export function strings(turns: number): number {
  let a = "";
  let b = "";
  let c = "";
  let d = "";
  for (let i = 0; i < turns; i++) {
    a = b;
    b = c;
    c = d;
    d = names[i & 7] ?? "";
  }
  return a.length + b.length + c.length + d.length;
}

/** @track capture=a,b,c,d */
export function results(turns: number): number {
  let a = none;
  let b = none;
  let c = none;
  let d = none;
  for (let i = 0; i < turns; i++) {
    a = pointAt(i);
    b = pointAt(a.x + 1);
    c = pointAt(b.x + 1);
    d = pointAt(c.x + 1);
  }
  return a.x + b.x + c.x + d.x;
}

/** @track capture=a,b,c,d */
export async function integersAsync(turns: number): Promise<number> {
  let a = 1;
  let b = 2;
  let c = 3;
  let d = 4;
  for (let i = 0; i < turns; i++) {
    a = (a + i) & MASK;
    b = b ^ a;
    await settled;
    c = (c + b) & MASK;
    d = d ^ c;
  }
  return a + b + c + d;
}

/** @track capture=a,b,c,d */
export async function floatsAsync(turns: number): Promise<number> {
  let a = 0.1;
  let b = 0.2;
  let c = 0.3;
  let d = 0.4;
  for (let i = 0; i < turns; i++) {
    a = a * 0.5 + i;
    b = b * 0.5 + a;
    await settled;
    c = c * 0.5 + b;
    d = d * 0.5 + c;
  }
  return a + b + c + d;
}

/** @track capture=a,b,c,d */
export async function stringsAsync(turns: number): Promise<number> {
  let a = "";
  let b = "";
  let c = "";
  let d = "";
  for (let i = 0; i < turns; i++) {
    a = b;
    b = c;
    await settled;
    c = d;
    d = names[i & 7] ?? "";
  }
  return a.length + b.length + c.length + d.length;
}

/** @track capture=a,b,c,d */
export async function resultsAsync(turns: number): Promise<number> {
  let a = none;
  let b = none;
  let c = none;
  let d = none;
  for (let i = 0; i < turns; i++) {
    a = pointAt(i);
    b = pointAt(a.x + 1);
    await settled;
    c = pointAt(b.x + 1);
    d = pointAt(c.x + 1);
  }
  return a.x + b.x + c.x + d.x;
}
