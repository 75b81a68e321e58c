// A trace's id → the trace as Markdown in the clipboard.
import { ask, traceApi } from "../api.ts";
import { copy, toast } from "./toast.tsx";

export async function copyAsMarkdown(id: string | undefined): Promise<void> {
  if (id === undefined) return;
  try {
    const response = await ask(`${traceApi(id)}/export?format=markdown`);
    await copy(await response.text(), "the trace as Markdown");
  } catch (failure) {
    toast(failure instanceof Error ? failure.message : String(failure));
  }
}
