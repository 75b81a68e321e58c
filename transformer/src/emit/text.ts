// A Plan and the original text → the instrumented text, by insertions on the same line.
// Invariant: nothing of the original is removed or moved; every insertion begins with a word, a brace or a closing token.
import { MagicString } from "magic-string";
import { BEGINNING, HANDLE, SPAN } from "../abi.ts";
import { moduleHead } from "./module-head.ts";
import type { Edit, Plan, Range, Site, Value, Write } from "../plan.ts";

/**
 * Which of two insertions for the same range is the outer one. A range can be a body, the value of a return or an
 * initializer, an operand, and an expression that is wrapped, at the same time.
 */
const RANK = { body: 0, statement: 1, value: 2, operand: 3, expression: 4, keyword: 5 } as const;

interface Insertion {
  readonly at: number;
  /** At one offset: block heads, then what closes (inner first), then what opens (outer first). */
  readonly side: 0 | 1 | 2;
  readonly order: number;
  readonly rank: number;
  readonly text: string;
}

/** The text emitter's output, ready to be asked for its code and its map. */
export function emitText(code: string, plan: Plan): MagicString {
  const insertions: Insertion[] = [];
  const open = ({ start, end }: Range, rank: number, text: string): void => {
    insertions.push({ at: start, side: 2, order: -end, rank, text });
  };
  const close = ({ start, end }: Range, rank: number, text: string): void => {
    insertions.push({ at: end, side: 1, order: -start, rank: -rank, text });
  };
  const around = (range: Range, rank: number, before: string, after: string): void => {
    open(range, rank, before);
    close(range, rank, after);
  };
  const head = (at: number, text: string): void => {
    insertions.push({ at, side: 0, order: 0, rank: 0, text });
  };

  const edit = (item: Edit): void => {
    switch (item.kind) {
      case "return":
        // An async generator awaits a value that is returned, but not the absence of one.
        if (item.value === null && item.awaits)
          return around(item, RANK.statement, `{ ${item.span}.${SPAN.returned}(); `, " }");
        if (item.value === null)
          return close(
            { start: item.start, end: item.start + "return".length },
            RANK.keyword,
            ` ${item.span}.${SPAN.returned}()`,
          );
        // The inner parentheses keep a comma expression one argument.
        if (item.awaits)
          return around(
            item.value,
            RANK.value,
            `${item.span}.${SPAN.returned}(${item.span}.${SPAN.suspend}((`,
            ")))",
          );
        if (item.literal)
          return around(item.value, RANK.value, `${item.span}.${SPAN.returnedLiteral}(`, ")");
        return around(item.value, RANK.value, `${item.span}.${SPAN.returned}((`, "))");
      case "await":
        around(item, RANK.expression, `${item.span}.${SPAN.resumed}(`, ")");
        return around(item.value, RANK.operand, `${item.span}.${SPAN.suspend}(`, ")");
      case "yield":
        around(item, RANK.expression, `${item.span}.${SPAN.yielded}(`, ")");
        if (item.value === null)
          return close(
            { start: item.start, end: item.start + "yield".length },
            RANK.keyword,
            ` ${item.span}.${SPAN.yielding}()`,
          );
        return around(
          item.value,
          RANK.operand,
          `${item.span}.${item.delegates ? SPAN.delegate : SPAN.yielding}(`,
          ")",
        );
      case "forAwait":
        around(item, RANK.statement, "{ ", ` ${item.span}.${SPAN.resume}(); }`);
        return around(item.value, RANK.value, `${item.span}.${SPAN.iterate}(`, ")");
      case "initializer":
        return open(item, RANK.value, `${item.shadow} = `);
      case "uninitialized":
        return close(item, RANK.value, ` = ${item.shadow} = void 0`);
      case "declaration":
        return close(item, RANK.value, `, {} = (${writes(item.writes)}, ${item.span})`);
      case "assignment":
        return open(item, RANK.expression, `${item.shadow} = `);
      case "assignmentAfter":
        if (!item.used) return close(item, RANK.expression, `, ${writes(item.writes)}`);
        return around(
          item,
          RANK.expression,
          `${item.span}.${SPAN.first}(`,
          `, ${writes(item.writes)})`,
        );
      case "semicolon":
        return close(item, RANK.statement, ";");
      case "loopBody":
        return around(item, RANK.statement, `{ ${opening(item)} `, " }");
      case "blockStart":
        return head(item.start + 1, ` ${opening(item)}`);
      default:
        return item satisfies never;
    }
  };

  const body = (site: Site, index: number): void => {
    const { span, superCall, expression, literal, mayOverrideReturn } = site;
    if (expression) {
      around(
        site.body,
        RANK.body,
        `{ ${entering(site, index, plan)} try { return ${span}.${literal ? SPAN.returnedLiteral : SPAN.returned}(`,
        `); ${ending(site, plan)} }`,
      );
      return;
    }
    const guarded = superCall === null ? " try {" : "";
    head(
      site.head,
      `${site.head > site.body.start + 1 ? ";" : ""} ${entering(site, index, plan)}${guarded}`,
    );
    if (superCall !== null)
      close(
        superCall,
        RANK.statement,
        `; ${span} = ${span}.${BEGINNING.enterAfterSuper}(${handed(site, index)}); try {${superCall.chained ? " void 0" : ""}`,
      );
    const inside = { start: site.body.start, end: site.body.end - 1 };
    close(
      inside,
      RANK.body,
      `${mayOverrideReturn ? `; ${span}.${SPAN.returned}();` : ""} ${ending(site, plan)} `,
    );
  };

  plan.sites.forEach(body);
  plan.edits.forEach(edit);
  head(plan.insertAt, `${plan.afterDirective ? "; " : ""}${moduleHead(plan)} `);
  insertions.sort((a, b) => a.at - b.at || a.side - b.side || a.order - b.order || a.rank - b.rank);

  const output = new MagicString(code);
  for (let index = 0; index < insertions.length;) {
    const at = (insertions[index] as Insertion).at;
    let [behind, before] = ["", ""];
    for (let next = insertions[index]; next?.at === at; next = insertions[++index]) {
      if (next.side === 2) before += next.text;
      else behind += next.text;
    }
    // After a word, a word needs a space: `return(x)` must not become `return$s…`.
    if (/[\w$\u0080-\uffff]/.test(code.charAt(at - 1)) && /^[\w$]/.test(behind || before))
      behind = ` ${behind}`;
    if (behind !== "") output.appendLeft(at, behind);
    if (before === "") continue;
    // Not an insertion to magic-string, so that it has a place in the map: that of the code it stands before.
    const character = String.fromCodePoint(code.codePointAt(at) ?? 0);
    output.update(at, at + character.length, before + character);
  }
  return output;
}

function entering(site: Site, index: number, { names }: Plan): string {
  const { span, shadows, superCall, leaf } = site;
  const handle = `(${names.handle} ?? ${names.load}())`;
  const entered =
    superCall === null
      ? `const ${span} = ${handle}.${leaf ? HANDLE.enterLeaf : HANDLE.enter}(${handed(site, index)});`
      : `let ${span} = ${handle}.${HANDLE.beforeSuper}();`;
  return shadows.length === 0
    ? entered
    : `${entered} let ${shadows.map((shadow) => `${shadow} = ${span}.${SPAN.unset}`).join(", ")};`;
}

/** The arguments of `enter` and `enterAfterSuper`. */
function handed({ values, self }: Site, index: number): string {
  const list = values.length > 0 || self ? `, [${values.map(valueText).join(", ")}]` : "";
  return `${index}${list}${self ? ", this" : ""}`;
}

function ending({ span, exitValues }: Site, { names }: Plan): string {
  return `} catch (${names.error}) { throw ${span}.${SPAN.threw}(${names.error}); } finally { ${span}.${SPAN.exit}(${exitValues.join(", ")}); }`;
}

function opening({
  span,
  writes: all,
}: {
  readonly span: string | null;
  readonly writes: readonly Write[];
}): string {
  const resumed = span === null ? [] : [`${span}.${SPAN.resume}();`];
  return [...resumed, ...all.map((write) => `${writes([write])};`)].join(" ");
}

function writes(all: readonly Write[]): string {
  return all.map(({ shadow, variable }) => `${shadow} = ${variable}`).join(", ");
}

function valueText(value: Value): string {
  if ("ref" in value) return value.ref;
  if ("array" in value)
    return `[${value.array.map((item) => (item === null ? "void 0" : valueText(item))).join(", ")}]`;
  return `{ ${value.object.map(([key, inner]) => `${keyText(key)}: ${valueText(inner)}`).join(", ")} }`;
}

/** A computed key where a plain one would set the prototype. */
function keyText(key: string): string {
  return key === "__proto__" ? '["__proto__"]' : JSON.stringify(key);
}
