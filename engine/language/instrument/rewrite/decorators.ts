import type * as t from "@babel/types";
import { runtimeName } from "../../runtime/runtime.ts";
import { isNameless, refuse } from "./classes.ts";
import { eraseAfterKey } from "./eraseTypes.ts";
import { functionNode } from "./functions.ts";
import { propertyKey } from "./operators.ts";
import type { Rewriter } from "./rewriter.ts";

type ClassNode = t.ClassDeclaration | t.ClassExpression;
type Member = t.ClassMethod | t.ClassPrivateMethod | t.ClassProperty | t.ClassPrivateProperty | t.ClassAccessorProperty;

/** The class around, as far as its decorators go. */
export interface DecoratedClass {
  readonly node: ClassNode;
  /** The variable that holds its decoration. */
  readonly variable: string;
  /** Decorated members seen so far. */
  count: number;
  /** The decorators of the constructor's parameters, as text. */
  parameters: string;
}

/** Whether a class, one of its members or a parameter of one has a decorator. */
function hasDecorators(node: ClassNode, r: Rewriter): boolean {
  if (node.decorators?.length) return true;
  return node.body.body.some((member) => isDecorated(member, r));
}

/** Whether a member's head is to be written anew. Declarations that are only types are left to be erased. */
export function isDecorated(member: t.ClassBody["body"][number], r: Rewriter): member is Member {
  if ("abstract" in member && member.abstract === true) return false;
  if ("declare" in member && member.declare === true) return false;
  if (!("decorators" in member || "params" in member) || member.type === "TSDeclareMethod") return false;
  if ("decorators" in member && member.decorators?.length) return true;
  if (!("params" in member)) return false;
  const decorated = member.params.find((parameter) => decoratorsOf(parameter).length > 0);
  if (decorated === undefined) return false;
  if (r.decorators === "standard")
    refuse(
      decoratorsOf(decorated)[0]!,
      "parameters can have decorators only under `experimentalDecorators` in tsconfig.json",
      r,
    );
  return true;
}

/** Of a parameter, wherever the parser keeps them. */
function decoratorsOf(parameter: t.Node): readonly t.Decorator[] {
  if (parameter.type === "AssignmentPattern" && !parameter.decorators?.length) return decoratorsOf(parameter.left);
  if (parameter.type === "TSParameterProperty" && !parameter.decorators?.length)
    return decoratorsOf(parameter.parameter);
  return ("decorators" in parameter && parameter.decorators) || [];
}

/**
 * Runs `body`, which rewrites a class. Around and in it is put what decorates it:
 * `@d class C {…}` → `const $1 = $adjoint.decoration([d]);let C;$1.finish({C: class {static {C = $1.apply(this);}…}}.C);`
 */
export function decorateClass(node: ClassNode, r: Rewriter, body: (decorated?: DecoratedClass) => void): void {
  if (!hasDecorators(node, r)) {
    body();
    return;
  }
  const isStandard = r.decorators === "standard";
  if (!isStandard && node.type === "ClassExpression")
    refuse(node, "under `experimentalDecorators` a class expression cannot have decorators: declare the class", r);
  const decorated: DecoratedClass = { node, variable: r.name(), count: 0, parameters: "" };
  const { variable } = decorated;
  const decorators = node.decorators ?? [];
  const own = decorators.length > 0;
  const exported = r.exported.get(node);
  const isDefault = exported?.type === "ExportDefaultDeclaration";
  for (const { expression } of decorators) r.visit(expression);
  body(decorated);
  const isWhole = own || decorated.parameters !== "";
  if (!isWhole) {
    if (node.type === "ClassExpression") {
      r.edits.outermostBefore(node.start!, `${runtimeName}.decorate([], (${variable}) => (`);
      r.edits.after(node.end!, "))");
    } else {
      const start = exported?.start ?? node.start!;
      const made = isStandard ? "decoration([])" : "experimentalDecoration()";
      r.edits.outermostBefore(start, `const ${variable} = ${runtimeName}.${made};`);
    }
    putInside(decorated, "", isStandard, r);
    return;
  }

  // The class itself is decorated: a variable stands for it, and what its name means inside is what came of it.
  const name = node.id?.name ?? r.name();
  const key = node.id?.name ?? (isDefault ? "default" : '""');
  const access = key === '""' ? '[""]' : `.${key}`;
  const word = classWord(node, r);
  if (node.id) r.edits.erase(node.id.start!, node.id.end!);
  const isExpression = node.type === "ClassExpression";
  const list = isStandard ? "" : decorated.parameters;
  const declare = `${exported !== undefined && !isDefault ? "export " : ""}let ${name};`;
  const call = isStandard ? `${isExpression ? "return " : ""}${variable}.finish(` : `${name} = ${variable}.class(`;
  const made = `${call}{${key}: `;
  const evaluated = r.name();
  const open = isExpression
    ? [`${runtimeName}.decorate([`, `], (${variable}) => {${declare}${made}`]
    : isStandard
      ? [`const ${variable} = ${runtimeName}.decoration([`, `]);${declare}${made}`]
      : [
          `const ${variable} = ${runtimeName}.experimentalDecoration(), ${evaluated} = () => [`,
          `${list}];${declare}${made}`,
        ];
  if (own) {
    const first = decorators[0]!;
    const last = decorators.at(-1)!;
    if (exported !== undefined && exported.start! < first.start!) r.edits.erase(exported.start!, first.start!);
    decorators.forEach(({ start }, k) => r.edits.replace(start!, start! + 1, k === 0 ? open[0]! : ","));
    r.edits.after(last.end!, list !== "" ? `,${open[1]!}` : open[1]!);
    r.edits.erase(r.tokenAfter(last.end!), word);
  } else {
    if (exported !== undefined) r.edits.erase(exported.start!, word);
    r.edits.before(word, open[0]! + open[1]!);
  }
  const end = isStandard ? `}${access})` : `}${access}, ${evaluated}())`;
  const tail = isExpression ? `${end};})` : `${end};`;
  r.edits.after(node.end!, `${tail}${isDefault ? `export { ${name} as default };` : ""}`);
  putInside(decorated, name, isStandard, r);
}

/** Where the keyword stands: the first such word behind the decorators. */
function classWord({ decorators, start }: ClassNode, r: Rewriter): number {
  const words = /\w+/y;
  for (let at = decorators?.length ? r.tokenAfter(decorators.at(-1)!.end!) : start!; ;) {
    words.lastIndex = at;
    if (words.exec(r.text)?.[0] === "class") return at;
    at = r.tokenAfter(words.lastIndex);
  }
}

/** What the class does as it is made. `name` is that of the variable that stands for a class which is decorated itself. */
function putInside({ node, variable, count }: DecoratedClass, name: string, isStandard: boolean, r: Rewriter): void {
  const { start, end } = node.body;
  if (isStandard) {
    const result = name === "" ? "" : `${name} = `;
    r.edits.after(
      start! + 1,
      `static {${result}${variable}.apply(this);}${count > 0 ? `#${r.name()} = ${variable}.begin(this);` : ""}`,
    );
    return;
  }
  const given = name === "" ? "" : `${name} = this;`;
  r.edits.after(start! + 1, `static {${given}${variable}.begin(this);}`);
  r.edits.before(end! - 1, `;static {${variable}.apply(this);}`);
}

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
