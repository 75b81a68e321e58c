// Names → icons: strokes on a grid of 16.
import type { JSX } from "preact";

const PATHS = {
  traces: "M2 3.5h12M4.5 8h7.5M7 12.5h4",
  charts: "M2 13.5h12M3.5 11l3-4 3 2 3.5-5.5",
  coverage: "M2.5 8.5l3 3 8-8M2.5 14h11",
  pipeline: "M1.5 8h3M11.5 8h3M4.5 5h7v6h-7z",
  system: "M2 3h12v8H2zM6 14h4",
  dark: "M12.5 9.8A5.5 5.5 0 0 1 6.2 3.5 5.3 5.3 0 1 0 12.5 9.8z",
  copy: "M5.5 5.5h8v8h-8zM5.5 10.5h-3v-8h8v3",
  export: "M8 2v8M4.5 7L8 10.5 11.5 7M2.5 13.5h11",
  open: "M3 13l1-3.5L11.5 2 14 4.500 6.500 12z",
  light: "M8 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6zM8 1v1.5M8 13.5V15M1 8h1.5M13.5 8H15",
} as const;

export function Icon({ name }: { readonly name: keyof typeof PATHS }): JSX.Element {
  return (
    <svg class="icon" viewBox="0 0 16 16" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}
