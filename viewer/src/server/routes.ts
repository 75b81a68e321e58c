// What the server answers: paths, and what each method does there.
import type { Context } from "hono";
import type { Env } from "./parts.ts";

type Method = "GET" | "POST" | "DELETE";
type Handler = (context: Context<Env>) => Response | Promise<Response>;
export type Routes = Readonly<Record<string, Partial<Readonly<Record<Method, Handler>>>>>;
