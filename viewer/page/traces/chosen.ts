// Keys and clicks in the list → the selected row and the marked ones, kept while other screens are shown.
import { signal, type Signal } from "@preact/signals";

/** By id: rows move. */
export const selected: Signal<string | undefined> = signal(undefined);
export const marked: Signal<readonly string[]> = signal([]);

/** Two at most: a third takes the place of the older. */
export function mark(id: string | undefined): void {
  if (id === undefined) return;
  marked.value = marked.value.includes(id)
    ? marked.value.filter((each) => each !== id)
    : [...marked.value.slice(-1), id];
}
