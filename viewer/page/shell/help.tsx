// What each key does → a dialog.
import type { JSX } from "preact";
import { Dialog } from "../parts/dialog.tsx";

const KEYS: readonly (readonly [string, readonly (readonly [string, string])[]])[] = [
  [
    "Everywhere",
    [
      ["g t", "traces"],
      ["g c", "charts"],
      ["g v", "coverage"],
      ["g p", "pipeline"],
      ["Ctrl K", "go anywhere"],
      ["Esc", "back, close"],
      ["t", "theme"],
      ["?", "these keys"],
    ],
  ],
  [
    "Traces",
    [
      ["/", "search"],
      ["j k ↓ ↑", "next, previous row"],
      ["Enter o", "open"],
      ["x", "mark"],
      ["c", "compare the two marked"],
      ["e", "errors first"],
      ["p", "pause, go on"],
      ["y", "copy as Markdown"],
    ],
  ],
  [
    "A trace",
    [
      ["j k ↓ ↑", "next, previous span"],
      ["h ←", "collapse, or to its parent"],
      ["l →", "expand, or to its first child"],
      ["E C", "expand, collapse all"],
      ["n N", "next, previous error"],
      ["f /", "find in names and values"],
      ["+ − 0", "zoom in, out, whole"],
      ["1 … 6", "tabs"],
      ["[ ]", "narrower, wider detail"],
      ["y", "copy as Markdown"],
    ],
  ],
];

export function Help({ close }: { readonly close: () => void }): JSX.Element {
  return (
    <Dialog label="Keys" testid="help-dialog" close={close}>
      <header class="dialog-head">
        <h2>Keys</h2>
        <button type="button" aria-label="Close" onClick={close}>
          ✕
        </button>
      </header>
      <div class="help">
        {KEYS.map(([title, keys]) => (
          <section key={title}>
            <h3>{title}</h3>
            <dl>
              {keys.map(([key, does]) => (
                <div key={key}>
                  <dt>
                    <kbd>{key}</kbd>
                  </dt>
                  <dd>{does}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}
