import type * as t from "@babel/types";
import { isNameless, refuse } from "./classes.ts";
import { decoratorsOf, type DecoratedClass, type Member } from "./decorators.ts";
import { eraseAfterKey } from "./eraseTypes.ts";
import { functionNode } from "./functions.ts";
import { propertyKey } from "./operators.ts";
import type { Rewriter } from "./rewriter.ts";

/** A member that has decorators, in a class that has some. A constructor is left to be visited. */
export function decoratedMember(member: Member, decorated: DecoratedClass, r: Rewriter): void {
  for (const { expression } of member.decorators ?? []) r.visit(expression);
  if (r.decorators !== "standard") experimentalMember(member, decorated, r);
  else if (member.key.type === "PrivateName") privateMember(member, member.key.id.name, decorated, r);
  else publicMember(member, decorated, r);
}

const kindOf = (member: Member): string => {
  if (member.type === "ClassAccessorProperty") return "accessor";
  if (!("params" in member)) return "field";
  return member.kind === "get" ? "getter" : member.kind === "set" ? "setter" : "method";
};

/** `async *`, `get ` */
function shape(member: Member): string {
  if (!("params" in member)) return member.type === "ClassAccessorProperty" ? "get " : "";
  const accessor = member.kind === "get" || member.kind === "set" ? `${member.kind} ` : "";
  return `${accessor}${member.async ? "async " : ""}${member.generator ? "*" : ""}`;
}

/**
 * Puts `open` where the decorators start, commas between them and `close` behind them, and takes the modifiers away that
 * follow: what stays of the head is the key. Where the constructor's parameters alone are decorated, both are put there.
 */
function putHead(member: Member, open: string, close: string, r: Rewriter): void {
  r.headed.add(member);
  const { decorators, key } = member;
  if (!decorators?.length) {
    r.edits.erase(member.start!, key.start!);
    r.edits.before(key.start!, open + close);
    return;
  }
  const last = decorators.at(-1)!.end!;
  decorators.forEach(({ start }, k) => r.edits.replace(start!, start! + 1, k === 0 ? open : ","));
  r.edits.after(last, close);
  r.edits.erase(r.tokenAfter(last), key.start!);
}

/** The key as an argument, and what is put behind it. Gives where the key ends. */
function putKey(member: Member, after: string, r: Rewriter): number {
  const { key } = member;
  if ("computed" in member && member.computed) {
    propertyKey(key, r);
    const bracket = r.tokenAfter(key.end!);
    r.edits.replace(bracket, bracket + 1, after);
    return bracket + 1;
  }
  if (key.type === "Identifier") r.edits.replace(key.start!, key.end!, JSON.stringify(key.name));
  r.edits.after(key.end!, after);
  return key.end!;
}

function publicMember(member: Member, decorated: DecoratedClass, r: Rewriter): void {
  const place = decorated.count++;
  const { variable } = decorated;
  const isStatic = member.static;
  const word = isStatic ? "static " : "";
  const head = `;${word}${shape(member)}[${variable}.element(${place}, "${kindOf(member)}", ${isStatic}, [`;
  putHead(member, head, "], ", r);
  if ("params" in member) {
    putKey(member, ")]", r);
    functionNode(member, r);
    return;
  }
  if (member.type !== "ClassAccessorProperty") {
    initialValue(member, putKey(member, ")]", r), place, decorated, r);
    return;
  }
  const [held, given] = [`#${r.name()}`, r.name()];
  // What came of a decorated class may be another one, which does not have what is private to this one.
  const owner = isStatic && decorated.node.decorators?.length ? `${variable}.made` : "this";
  const setter = `${word}set [${variable}.name(${place})](${given}) {${owner}.${held} = ${given};}`;
  const keyEnd = putKey(member, `)]() {return ${owner}.${held};} ${setter} ${word}${held}`, r);
  initialValue(member, keyEnd, place, decorated, r);
}

/** Private names cannot be reached by a key: a static member that is taken away again holds what there is to note. */
function privateMember(member: Member, name: string, decorated: DecoratedClass, r: Rewriter): void {
  const place = decorated.count++;
  const { variable } = decorated;
  const isStatic = member.static;
  const word = isStatic ? "static " : "";
  const kind = kindOf(member);
  const { key } = member;
  const open = `;static [${variable}.element(${place}, "${kind}", ${isStatic}, [`;
  const noted = `], "#${name}", ${privateAccess(kind, name)}`;
  const reading = `${word}get #${name}() {return ${variable}.get(${place}, this);}`;
  const writing = `${word}set #${name}($v) {${variable}.set(${place}, this, $v);}`;
  if ("params" in member) {
    putHead(member, open, `${noted}, {${shape(member)}`, r);
    r.edits.replace(key.start!, key.end!, `["#${name}"]`);
    functionNode(member, r);
    const method = `${word}get #${name}() {return ${variable}.method(${place});}`;
    r.edits.after(member.end!, `})](){}${kind === "method" ? method : kind === "getter" ? reading : writing}`);
  } else if (member.type === "ClassAccessorProperty") {
    const held = `#${r.name()}`;
    const functions = `{get ["#${name}"]() {return this.${held};}, set ["#${name}"]($v) {this.${held} = $v;}}`;
    putHead(member, open, `${noted}, ${functions})](){} ${reading} ${writing} ${word}`, r);
    r.edits.replace(key.start!, key.end!, held);
    initialValue(member, key.end!, place, decorated, r);
  } else {
    putHead(member, open, `${noted})](){} ${word}`, r);
    initialValue(member, key.end!, place, decorated, r);
  }
}

function privateAccess(kind: string, name: string): string {
  const get = kind === "setter" ? "" : `, get: ($o) => $o.#${name}`;
  const set = kind === "method" || kind === "getter" ? "" : `, set: ($o, $v) => {$o.#${name} = $v;}`;
  return `{has: ($o) => #${name} in $o${get}${set}}`;
}

type Field = t.ClassProperty | t.ClassPrivateProperty | t.ClassAccessorProperty;

/** `= v` → `= $1.value(0, this, v);#$2 = $1.after(0, this);` */
function initialValue(member: Field, keyEnd: number, place: number, { variable }: DecoratedClass, r: Rewriter): void {
  const { value } = member;
  eraseAfterKey(member, keyEnd, r);
  const head = `${variable}.value(${place}, this, `;
  if (value) named(value, `${variable}.name(${place})`, head, ")", r);
  else r.edits.after(keyEnd, ` = ${head}void 0)`);
  const after = `${variable}.after(${place}, this)`;
  r.edits.after(member.end!, member.static ? `;static {${after};}` : `;#${r.name()} = ${after};`);
}

/** Visits a value with text around it; a function without a name gets the member's. */
function named(value: t.Node, name: string, head: string, tail: string, r: Rewriter): void {
  const [start, end] = isNameless(value) ? [`{[${name}]: `, `}[${name}]`] : ["", ""];
  r.visitOutsideBodies(value, (node) => r.wrap(node, head + start, end + tail));
}

// ------------------------------------------------------------------------------------------- experimentalDecorators

function experimentalMember(member: Member, decorated: DecoratedClass, r: Rewriter): void {
  const { variable } = decorated;
  if (member.key.type === "PrivateName")
    refuse(member, "under `experimentalDecorators` a private name cannot have decorators", r);
  const parameters = "params" in member ? takeParameters(member, decorated, r) : [];
  if ("params" in member && member.kind === "constructor") {
    decorated.parameters = parameters.join(", ");
    return;
  }
  const place = decorated.count++;
  const isField = !("params" in member) && member.type !== "ClassAccessorProperty";
  const isAssigned = isField && r.decorators === "experimental, fields assigned";
  const isStatic = member.static;
  const word = isStatic ? "static " : "";
  const element = `[${variable}.element(${place}, ${isField}, ${isStatic}, () => [`;
  const own = member.decorators?.length ? 1 : 0;
  const list = `${own > 0 && parameters.length > 0 ? "," : ""}${parameters.join(", ")}], `;
  if ("params" in member) {
    putHead(member, `;${word}${shape(member)}${element}`, list, r);
    putKey(member, ", false)]", r);
    functionNode(member, r);
    return;
  }
  if (member.type === "ClassAccessorProperty")
    refuse(member, "under `experimentalDecorators` an accessor cannot have decorators", r);
  putHead(member, `;${isAssigned ? "static " : word}${element}`, list, r);
  const keyEnd = putKey(member, isAssigned ? ", true)](){}" : ", false)]", r);
  eraseAfterKey(member, keyEnd, r);
  const { value } = member;
  const name = `${variable}.name(${place})`;
  if (!isAssigned) {
    if (value) named(value, name, "", "", r);
  } else if (value) {
    const sign = r.text.lastIndexOf("=", value.start!);
    r.edits.replace(sign, sign + 1, `${word}#${r.name()} = `);
    named(value, name, `(this[${name}] = `, ")", r);
  }
  r.edits.after(member.end!, ";");
}

/** Takes the decorators of parameters away; gives them as text. */
function takeParameters(
  member: t.ClassMethod | t.ClassPrivateMethod,
  { variable }: DecoratedClass,
  r: Rewriter,
): string[] {
  const taken: string[] = [];
  member.params.forEach((parameter, index) => {
    for (const { start, end, expression } of decoratorsOf(parameter)) {
      r.visit(expression);
      const text = r.edits.take(start!, end!, " ");
      taken.push(`${variable}.parameter(${index}, ${text.replace("@", "")})`);
    }
  });
  return taken;
}
