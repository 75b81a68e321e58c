import type { JSX } from "preact";
export function Pipeline(): JSX.Element {
  return <div class="screen" data-testid="pipeline-view" />;
}
