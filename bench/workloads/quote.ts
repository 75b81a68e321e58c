// The functions of W1, W2, W8 and of growth: small, so that what is measured beside them is the span alone.

export interface Item {
  readonly sku: string;
  readonly cents: number;
}

export interface Quote {
  readonly sku: string;
  readonly subtotal: number;
  readonly total: number;
}

/** @track capture=subtotal */
export function quote(quantity: number, item: Item): Quote {
  const subtotal = quantity * item.cents;
  return { sku: item.sku, subtotal, total: subtotal + 499 };
}

/** @track capture=subtotal */
export async function quoteShipped(quantity: number, item: Item): Promise<Quote> {
  const subtotal = quantity * item.cents;
  return { sku: item.sku, subtotal, total: subtotal + (await shipping(item)) };
}

/** Not tracked: what a tracked function waits for. */
async function shipping({ cents }: Item): Promise<number> {
  return cents > 1000 ? 499 : 999;
}

/** @track */
export function weigh(value: unknown): number {
  return value === undefined ? 0 : 1;
}
