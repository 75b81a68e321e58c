// This project at run time: the bare functions, wrapped by `track()`.
import { track } from "llmops-observability";
import type { Session } from "../contenders.ts";
import { session as compiled } from "./llmops.ts";

export const session: Session = { ...compiled, wrap: (fn, name) => track(fn, { name }) };
