// W6: a call that waits, as for a database.

interface Item {
  readonly sku: string;
  readonly cents: number;
}

/** @track capture=subtotal */
export async function priced(quantity: number, item: Item, until: Promise<void>): Promise<object> {
  const subtotal = quantity * item.cents;
  await until;
  return { sku: item.sku, subtotal, total: subtotal + 499 };
}
