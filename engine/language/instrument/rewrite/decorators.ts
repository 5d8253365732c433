import type * as t from "@babel/types";
import { runtimeName } from "../../runtime/runtime.ts";
import { refuse } from "./classes.ts";
import type { Rewriter } from "./rewriter.ts";

type ClassNode = t.ClassDeclaration | t.ClassExpression;
/** A member whose head can have decorators. */
export type Member =
  t.ClassMethod | t.ClassPrivateMethod | t.ClassProperty | t.ClassPrivateProperty | t.ClassAccessorProperty;

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
export function decoratorsOf(parameter: t.Node): readonly t.Decorator[] {
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
