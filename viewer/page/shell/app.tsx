// The address → its screen, between the navigation and what lies over it.
import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { Compare } from "../compare/compare.tsx";
import { Coverage } from "../coverage/coverage.tsx";
import { Boundary } from "../parts/boundary.tsx";
import { Copyable } from "../parts/copyable.tsx";
import { useKeys } from "../parts/keys.ts";
import { Said } from "../parts/states.tsx";
import { Pipeline } from "../pipeline/pipeline.tsx";
import { go, screen, type Screen } from "../state/address.ts";
import { reach } from "../state/live.ts";
import { nextTheme } from "../state/theme.ts";
import { Trace } from "../trace/trace.tsx";
import { listFailed, Traces } from "../traces/traces.tsx";
import { ChartsLater } from "../charts/later.tsx";
import { Help } from "./help.tsx";
import { Palette } from "./palette.tsx";
import { Rail } from "./rail.tsx";
import { SCREENS } from "./screens.ts";
import { Toasts } from "./toast.tsx";

export function App(): JSX.Element {
  const over = useSignal<"help" | "palette" | undefined>(undefined);
  // A browser tells late that a dialog was closed: another may be open by then.
  const close = (which: "help" | "palette"): void => {
    if (over.value === which) over.value = undefined;
  };
  useKeys({
    ...Object.fromEntries(SCREENS.map(({ key, path }) => [key, () => go(path)])),
    t: nextTheme,
    "?": () => (over.value = "help"),
    "Mod+k": () => (over.value = over.value === "palette" ? undefined : "palette"),
  });
  useEffect(() => {
    document.addEventListener("click", follow);
    return () => document.removeEventListener("click", follow);
  }, []);
  const now = screen.value;
  useEffect(() => {
    document.title = `${titleOf(now)} · llmops dev`;
  }, [now]);
  const state = reach.value === "ready" && listFailed.value ? "error" : reach.value;
  return (
    <div class="app" data-testid="app" data-state={state}>
      <Rail help={() => (over.value = "help")} />
      <div class="stage">
        {reach.value === "offline" && <Offline />}
        <main id="main">
          <Boundary key={now.name}>
            <Shown now={now} />
          </Boundary>
        </main>
      </div>
      <Toasts />
      {over.value === "help" && <Help close={() => close("help")} />}
      {over.value === "palette" && (
        <Palette close={() => close("palette")} help={() => (over.value = "help")} />
      )}
    </div>
  );
}

function Shown({ now }: { readonly now: Screen }): JSX.Element {
  switch (now.name) {
    case "traces":
      return <Traces />;
    case "trace":
      return <Trace key={now.id} id={now.id} />;
    case "compare":
      return <Compare />;
    case "coverage":
      return <Coverage />;
    case "charts":
      return <ChartsLater />;
    case "pipeline":
      return <Pipeline />;
    default:
      return (
        <Said title="There is no such page." alone>
          <p>
            <a href="/">To the traces</a>
          </p>
        </Said>
      );
  }
}

function Offline(): JSX.Element {
  return (
    <div class="banner" role="alert" data-testid="offline-banner">
      <span>
        <b>llmops dev has stopped.</b> What you see is what it last sent. Start it again:
      </span>
      <Copyable text="npx llmops dev" what="the command" />
    </div>
  );
}

function titleOf(now: Screen): string {
  if (now.name === "trace") return "Trace";
  if (now.name === "compare") return "Compare";
  return SCREENS.find(({ name }) => name === now.name)?.title ?? "Not found";
}

/** Links within the page change the address alone. */
function follow(event: MouseEvent): void {
  if (event.defaultPrevented || event.button !== 0) return;
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  const target = event.target instanceof Element ? event.target.closest("a") : null;
  if (target === null || target.hasAttribute("download")) return;
  if (target.origin !== location.origin || target.pathname.startsWith("/api/")) return;
  event.preventDefault();
  go(target.href);
}
