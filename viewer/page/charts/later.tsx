// The charts' screen → its code, loaded when it is first shown.
import { useSignal } from "@preact/signals";
import type { ComponentType, JSX } from "preact";
import { useEffect } from "preact/hooks";
import { Skeleton } from "../parts/states.tsx";

export function ChartsLater(): JSX.Element {
  const Charts = useSignal<ComponentType | undefined>(undefined);
  useEffect(() => {
    void import("./charts.tsx").then((module) => (Charts.value = module.Charts));
  }, []);
  return Charts.value === undefined ? <Skeleton rows={12} /> : <Charts.value />;
}
