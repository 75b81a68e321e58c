// A count → that many calls, one after another, of a small function: two arguments, one named local, a result of three fields.
// The functions call nothing and await a settled promise only, so that what stands beside them is the span alone.

interface Item {
  readonly sku: string;
  readonly cents: number;
}

interface Quote {
  readonly sku: string;
  readonly subtotal: number;
  readonly total: number;
}

const sample: Item = { sku: "B-1042", cents: 1250 };
const shipping: Promise<number> = Promise.resolve(499);

/** @track capture=subtotal */
function quote(quantity: number, item: Item): Quote {
  const subtotal = quantity * item.cents;
  return { sku: item.sku, subtotal, total: subtotal + 499 };
}

/** @track capture=subtotal */
async function quoteShipped(quantity: number, item: Item): Promise<Quote> {
  const subtotal = quantity * item.cents;
  return { sku: item.sku, subtotal, total: subtotal + (await shipping) };
}

/** Returns the sum of the totals: without a use of the results, the engine could drop the calls. */
export function callSync(times: number): number {
  let sum = 0;
  for (let i = 0; i < times; i++) sum += quote(i % 10, sample).total;
  return sum;
}

/** As `callSync`, for the async function. */
export async function callAsync(times: number): Promise<number> {
  let sum = 0;
  for (let i = 0; i < times; i++) sum += (await quoteShipped(i % 10, sample)).total;
  return sum;
}
