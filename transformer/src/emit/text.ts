// A Plan and the original text → the instrumented text, by insertions on the same line.
// Invariant: decides nothing; no insertion goes on with a statement that has no semicolon.
import type { MagicString } from "magic-string";
import { HANDLE, SPAN } from "../abi.ts";
import type { Edit, EditKind, Plan, Site, Value, Write } from "../plan.ts";
import { Insertions } from "./insertions.ts";
import { moduleHead } from "./module-head.ts";

/** Ready to be asked for its code and its map. */
export function emitText(code: string, plan: Plan): MagicString {
  const out = new Insertions();
  for (const [index, site] of plan.sites.entries()) siteBody(out, plan, site, index);
  for (const edit of plan.edits) insertEdit(out, edit, plan);
  out.head(plan.insertAt, `${plan.afterDirective ? "; " : ""}${moduleHead(plan)} `);
  return out.into(code);
}

type EditOf<K extends EditKind> = Extract<Edit, { kind: K }>;

/** Each function's comment shows what it makes of a construct. */
function insertEdit(out: Insertions, edit: Edit, plan: Plan): void {
  switch (edit.kind) {
    case "return":
      return returnEdit(out, edit);
    case "await":
      return awaitEdit(out, edit);
    case "receiver":
      return receiverEdit(out, edit);
    case "yield":
      return yieldEdit(out, edit);
    case "superStatement":
      return superStatementEdit(out, edit, plan);
    case "superExpression":
      return superExpressionEdit(out, edit, plan);
    case "forAwait":
      return forAwaitEdit(out, edit);
    case "initializer":
      return initializerEdit(out, edit);
    case "uninitialized":
      return uninitializedEdit(out, edit);
    case "declaration":
      return declarationEdit(out, edit);
    case "assignment":
      return assignmentEdit(out, edit);
    case "assignmentAfter":
      return assignmentAfterEdit(out, edit);
    case "semicolon":
      return semicolonEdit(out, edit);
    case "loopBody":
      return loopBodyEdit(out, edit);
    case "blockStart":
      return blockStartEdit(out, edit);
    default:
      return edit satisfies never;
  }
}

/**
 * `return E` → `return $s.returned((E))`, `return $s.returnedLiteral(E)`; in an async generator
 * `return $s.returned($s.suspend((E)))`
 */
function returnEdit(out: Insertions, edit: EditOf<"return">): void {
  const { value, span, awaits, literal } = edit;
  const returned = `${span}.${SPAN.returned}`;
  if (value === null) returnNothing(out, edit);
  // The inner parentheses keep a comma expression one argument.
  else if (awaits) out.around(value, "value", `${returned}(${span}.${SPAN.suspend}((`, ")))");
  else if (literal) out.around(value, "value", `${span}.${SPAN.returnedLiteral}(`, ")");
  else out.around(value, "value", `${returned}((`, "))");
}

/** `return;` → `return $s.returned();`; in an async generator `{ $s.returned(); return; }` */
function returnNothing(out: Insertions, edit: EditOf<"return">): void {
  const returned = `${edit.span}.${SPAN.returned}()`;
  // An async generator awaits a value that is returned, but not the absence of one.
  if (edit.awaits) out.around(edit, "statement", `{ ${returned}; `, " }");
  else out.close(keywordOf(edit, "return"), "keyword", ` ${returned}`);
}

/** `await E` → `$s.resumed(await $s.suspend(E))` */
function awaitEdit(out: Insertions, edit: EditOf<"await">): void {
  out.around(edit, "expression", `${edit.span}.${SPAN.resumed}(`, ")");
  out.around(edit.value, "operand", `${edit.span}.${SPAN.suspend}(`, ")");
}

/** `E.m()` → `$s.first(E).m()` */
function receiverEdit(out: Insertions, edit: EditOf<"receiver">): void {
  out.around(edit, "expression", `${edit.span}.${SPAN.first}(`, ")");
}

/**
 * `yield E` → `$s.yielded(yield $s.yielding(E))`
 * `yield* E` → `$s.yielded(yield* $s.delegate(E))`
 */
function yieldEdit(out: Insertions, edit: EditOf<"yield">): void {
  const { span, value, delegates } = edit;
  out.around(edit, "expression", `${span}.${SPAN.yielded}(`, ")");
  if (value === null) out.close(keywordOf(edit, "yield"), "keyword", ` ${span}.${SPAN.yielding}()`);
  else out.around(value, "operand", `${span}.${delegates ? SPAN.delegate : SPAN.yielding}(`, ")");
}

/**
 * `super(E);` → `super(E); $s = $s.enterAfterSuper(0, [a], this);`
 * `if (x) super(E);` → `if (x) { super(E); $s = … }`
 */
function superStatementEdit(out: Insertions, edit: EditOf<"superStatement">, plan: Plan): void {
  out.close(edit.call, "expression", `; ${afterSuperText(plan, edit.site)}`);
  if (edit.alone) out.around(edit, "statement", "{ ", " }");
}

/** `super(E)` → `$s.first(super(E), $s = $s.enterAfterSuper(0, [a], this))` */
function superExpressionEdit(out: Insertions, edit: EditOf<"superExpression">, plan: Plan): void {
  const { span, site } = edit;
  out.around(edit, "expression", `${span}.${SPAN.first}(`, `, ${afterSuperText(plan, site)})`);
}

/** `for await (x of E) S` → `{ for await (x of $s.iterate(E)) S $s.resume(); }` */
function forAwaitEdit(out: Insertions, edit: EditOf<"forAwait">): void {
  out.around(edit, "statement", "{ ", ` ${edit.span}.${SPAN.resume}(); }`);
  out.around(edit.value, "value", `${edit.span}.${SPAN.iterate}(`, ")");
}

/** `let x = E` → `let x = $x = E` */
function initializerEdit(out: Insertions, edit: EditOf<"initializer">): void {
  out.open(edit, "value", `${edit.shadow} = `);
}

/** `let x` → `let x = $x = void 0` */
function uninitializedEdit(out: Insertions, edit: EditOf<"uninitialized">): void {
  out.close(edit, "value", ` = ${edit.shadow} = void 0`);
}

/** `const { x } = E` → `const { x } = E, {} = ($x = x, $s)` */
function declarationEdit(out: Insertions, edit: EditOf<"declaration">): void {
  out.close(edit, "value", `, {} = (${writesText(edit.writes)}, ${edit.span})`);
}

/** `x = E` → `$x = x = E` */
function assignmentEdit(out: Insertions, edit: EditOf<"assignment">): void {
  out.open(edit, "expression", `${edit.shadow} = `);
}

/** `x++` → `x++, $x = x`, or `$s.first(x++, $x = x)` where the value is used */
function assignmentAfterEdit(out: Insertions, edit: EditOf<"assignmentAfter">): void {
  const writes = writesText(edit.writes);
  if (edit.used) out.around(edit, "expression", `${edit.span}.${SPAN.first}(`, `, ${writes})`);
  else out.close(edit, "expression", `, ${writes}`);
}

/** `x++⏎` → `x++;⏎` */
function semicolonEdit(out: Insertions, edit: EditOf<"semicolon">): void {
  out.close(edit, "statement", ";");
}

/** `S` → `{ $s.resume(); $x = x; S }` */
function loopBodyEdit(out: Insertions, edit: EditOf<"loopBody">): void {
  out.around(edit, "statement", `{ ${openingText(edit)} `, " }");
}

/** `{ …` → `{ $s.resume(); $x = x; …` */
function blockStartEdit(out: Insertions, edit: EditOf<"blockStart">): void {
  out.head(edit.start + 1, ` ${openingText(edit)}`);
}

/** `{ S }` → `{ const $s = …enter(0); try { S } catch … finally { $s.exit(); } }` */
function siteBody(out: Insertions, plan: Plan, site: Site, index: number): void {
  if (site.expression) return expressionBody(out, plan, site, index);
  const { body, head, span, superCall, mayOverrideReturn } = site;
  const afterDirective = head > body.start + 1 ? ";" : "";
  const split = superCall !== null && superCall !== "inside";
  const guarded = split ? "" : " try {";
  out.head(head, `${afterDirective} ${enteringText(plan, site, index)}${guarded}`);
  if (split) {
    const entered = afterSuperText(plan, index);
    // `super(…), E` goes on with the comma.
    const goesOn = superCall.chained ? " void 0" : "";
    out.close(superCall, "statement", `; ${entered}; try {${goesOn}`);
  }
  const returned = mayOverrideReturn ? `; ${span}.${SPAN.returned}();` : "";
  const inside = { start: body.start, end: body.end - 1 };
  out.close(inside, "body", `${returned} ${endingText(plan, site)} `);
}

/** `=> E` → `=> { const $s = enter; try { return $s.returned(E); } catch … finally … }` */
function expressionBody(out: Insertions, plan: Plan, site: Site, index: number): void {
  const member = site.literal ? SPAN.returnedLiteral : SPAN.returned;
  const entering = enteringText(plan, site, index);
  out.around(
    site.body,
    "body",
    `{ ${entering} try { return ${site.span}.${member}(`,
    `); ${endingText(plan, site)} }`,
  );
}

/** The keyword that an expression or statement begins with. */
function keywordOf({ start }: Edit, keyword: string): { start: number; end: number } {
  return { start, end: start + keyword.length };
}

/** `const $s = ($t ?? $m()).enter(0, [a], this); let $x = $s.unset;` */
function enteringText({ names }: Plan, site: Site, index: number): string {
  const { span, shadows, superCall, leaf } = site;
  const handle = `(${names.handle} ?? ${names.load}())`;
  const enter = leaf ? HANDLE.enterLeaf : HANDLE.enter;
  const entered =
    superCall === null
      ? `const ${span} = ${handle}.${enter}(${handedText(site, index)});`
      : `let ${span} = ${handle}.${HANDLE.beforeSuper}();`;
  if (shadows.length === 0) return entered;
  const unset = shadows.map((shadow) => `${shadow} = ${span}.${SPAN.unset}`);
  return `${entered} let ${unset.join(", ")};`;
}

/** `$s = $s.enterAfterSuper(0, [a], this)` */
function afterSuperText({ sites }: Plan, index: number): string {
  const site = sites[index];
  if (site === undefined) throw new Error(`no site ${index}`);
  const { span } = site;
  return `${span} = ${span}.${SPAN.enterAfterSuper}(${handedText(site, index)})`;
}

/** `0, [a], this` */
function handedText({ values, self }: Site, index: number): string {
  const list = values.length > 0 || self ? `, [${values.map(valueText).join(", ")}]` : "";
  return `${index}${list}${self ? ", this" : ""}`;
}

/** `} catch ($e) { throw $s.threw($e); } finally { $s.exit($x); }` */
function endingText({ names: { error } }: Plan, { span, exitValues }: Site): string {
  const threw = `throw ${span}.${SPAN.threw}(${error});`;
  const exit = `${span}.${SPAN.exit}(${exitValues.join(", ")});`;
  return `} catch (${error}) { ${threw} } finally { ${exit} }`;
}

/** `$s.resume(); $x = x;` */
function openingText({ span, writes }: EditOf<"loopBody"> | EditOf<"blockStart">): string {
  const resumed = span === null ? [] : [`${span}.${SPAN.resume}();`];
  return [...resumed, ...writes.map((write) => `${writesText([write])};`)].join(" ");
}

/** `$x = x, $y = y` */
function writesText(writes: readonly Write[]): string {
  return writes.map(({ shadow, variable }) => `${shadow} = ${variable}`).join(", ");
}

/** `x`, `[x, void 0]`, `{ "x": x }` */
function valueText(value: Value): string {
  if ("ref" in value) return value.ref;
  if ("array" in value) {
    const items = value.array.map((item) => (item === null ? "void 0" : valueText(item)));
    return `[${items.join(", ")}]`;
  }
  const properties = value.object.map(([key, inner]) => `${keyText(key)}: ${valueText(inner)}`);
  return `{ ${properties.join(", ")} }`;
}

/** A computed key where a plain one would set the prototype. */
function keyText(key: string): string {
  return key === "__proto__" ? '["__proto__"]' : JSON.stringify(key);
}
