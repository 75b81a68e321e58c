// A path of the API → its answer as it comes: what was there stays until the next is.
// Invariant: an answer that comes late never replaces that of a newer question.
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { ApiFailure, read } from "../api.ts";

export interface Answer<T> {
  readonly value: T | undefined;
  readonly failure: ApiFailure | undefined;
  readonly loading: boolean;
  readonly again: () => void;
}

interface Held<T> {
  readonly path: string | undefined;
  readonly value?: T;
  readonly failure?: ApiFailure;
}

/** @param keep what an older path answered is shown until the new one's answer is there */
export function useAnswer<T>(path: string | undefined, keep = false): Answer<T> {
  const [held, setHeld] = useState<Held<T>>({ path: undefined });
  const [turn, setTurn] = useState(0);
  const settled = useRef("");
  const key = `${turn} ${path}`;
  useEffect(() => {
    if (path === undefined) return undefined;
    const stop = new AbortController();
    read<T>(path, stop.signal).then(
      (value) => {
        settled.current = key;
        setHeld({ path, value });
      },
      (failure: unknown) => {
        if (stop.signal.aborted) return;
        settled.current = key;
        setHeld((before) => ({ ...(keep ? before : {}), path, failure: failureOf(failure) }));
      },
    );
    return () => stop.abort();
  }, [path, turn]);
  const again = useCallback(() => setTurn((before) => before + 1), []);
  const current = held.path === path || keep;
  return {
    value: current ? held.value : undefined,
    failure: held.path === path ? held.failure : undefined,
    loading: path !== undefined && settled.current !== key,
    again,
  };
}

export function failureOf(failure: unknown): ApiFailure {
  if (failure instanceof ApiFailure) return failure;
  return new ApiFailure(0, { code: "unreadable", message: String(failure) });
}
