// What was done → a line that tells it for some seconds; and what screen readers are told of what comes in.
import { signal } from "@preact/signals";
import type { JSX } from "preact";

const said = signal("");
const announced = signal("");
let timer: number | undefined;

export function toast(text: string): void {
  said.value = text;
  window.clearTimeout(timer);
  timer = window.setTimeout(() => (said.value = ""), 4000);
}

export function announce(text: string): void {
  announced.value = text;
}

export function Toasts(): JSX.Element {
  return (
    <>
      <div class="toast" role="status" data-testid="toast" data-shown={said.value !== ""}>
        {said.value}
      </div>
      <div class="unseen" role="status" aria-live="polite">
        {announced.value}
      </div>
    </>
  );
}

export async function copy(text: string, what: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    toast(`Copied ${what}.`);
  } catch {
    toast("The browser did not let the page copy.");
  }
}
