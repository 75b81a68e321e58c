// The theme that was chosen ↔ `html[data-theme]`, kept by the browser.
import { effect, signal, type Signal } from "@preact/signals";

const THEMES = ["system", "dark", "light"] as const;
export type Theme = (typeof THEMES)[number];

const KEY = "llmops-theme";
export const theme: Signal<Theme> = signal(kept());

/** Counts what must be drawn anew on a canvas. */
export const painted: Signal<number> = signal(0);

effect(() => {
  document.documentElement.dataset.theme = theme.value;
  painted.value = painted.peek() + 1;
});
matchMedia("(prefers-color-scheme: light)").addEventListener(
  "change",
  () => (painted.value = painted.peek() + 1),
);

export function nextTheme(): void {
  theme.value = THEMES[(THEMES.indexOf(theme.value) + 1) % THEMES.length] ?? "system";
  try {
    localStorage.setItem(KEY, theme.value);
  } catch {
    // A browser that keeps nothing.
  }
}

function kept(): Theme {
  try {
    const found = localStorage.getItem(KEY);
    return THEMES.find((name) => name === found) ?? "system";
  } catch {
    return "system";
  }
}

/** A colour of the theme, for canvases. */
export function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}
