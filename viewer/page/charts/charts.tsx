import type { JSX } from "preact";
export function Charts(): JSX.Element {
  return <div class="screen" data-testid="charts-view" />;
}
