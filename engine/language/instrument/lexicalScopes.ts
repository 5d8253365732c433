import type * as t from "@babel/types";
import { bare, boundIdentifiers, forEachChild, isFunction, namespaceNames, type FunctionNode } from "./syntax.ts";

export type VariableKind =
  | "var"
  | "let"
  | "const"
  | "function"
  | "class"
  | "parameter"
  | "catch"
  | "import"
  | "enum"
  | "enumMember"
  | "namespace";

export interface Variable {
  readonly name: string;
  readonly kind: VariableKind;
  readonly declarations: t.Identifier[];
  /** Every place where its value is used or set, declarations apart. */
  readonly references: t.Identifier[];
  /** The expressions assigned to it, by plain declarators and assignments. */
  readonly writes: t.Node[];
  /** It is also given values that no single expression stands for: by destructuring, a loop's head, a caller. */
  hasOtherWrites: boolean;
  /** How often it is assigned after its declaration. */
  assignments: number;
  /** A function in a block of sloppy code: whether there is such a variable outside of the block hangs on what else is there. */
  mayBeMissing?: true;
  /** `const { name } = of`. */
  property?: { readonly of: t.Node; readonly name: string };
}

export interface LexicalScopes {
  readonly variables: readonly Variable[];
  /** The variable an identifier means; undefined: a global one, or none. */
  of(identifier: t.Identifier): Variable | undefined;
  /** Direct `eval` or `with`: what a name means is then not known before it runs. */
  readonly dynamic: boolean;
}

/** Finds out which variable each identifier means. */
export function resolveScopes(program: t.Program, strict: boolean): LexicalScopes {
  const resolver = new Resolver(strict);
  resolver.program(program);
  return resolver.resolve();
}

class Scope {
  readonly parent: Scope | undefined;
  /** Where `var` goes; of the parameters' scope, the parameters themselves are looked up first. */
  readonly functionScope: Scope;
  readonly names = new Map<string, Variable>();
  /** Of a function's body: the scope of its parameters. */
  parameters: Scope | undefined;

  constructor(parent: Scope | undefined, isFunction: boolean) {
    this.parent = parent;
    this.functionScope = isFunction || parent === undefined ? this : parent.functionScope;
  }
}

class Resolver {
  #scope = new Scope(undefined, true);
  readonly #strict: boolean;
  readonly #variables: Variable[] = [];
  readonly #meaning = new Map<t.Identifier, Variable>();
  readonly #identifiers: t.Identifier[] = [];
  readonly #scopes: Scope[] = [];
  /** Assignments to identifiers, noted until all declarations are known. */
  readonly #writes: { identifier: t.Identifier; value: t.Node | undefined }[] = [];
  #dynamic = false;

  constructor(strict: boolean) {
    this.#strict = strict;
  }

  program(program: t.Program): void {
    for (const statement of program.body) this.#visit(statement);
  }

  resolve(): LexicalScopes {
    for (let k = 0; k < this.#identifiers.length; k++) {
      const identifier = this.#identifiers[k]!;
      const variable = lookUp(this.#scopes[k]!, identifier.name);
      if (variable === undefined) continue;
      this.#meaning.set(identifier, variable);
      variable.references.push(identifier);
    }
    for (const { identifier, value } of this.#writes) {
      const variable = this.#meaning.get(identifier);
      if (variable === undefined) continue;
      variable.assignments++;
      if (value === undefined) variable.hasOtherWrites = true;
      else variable.writes.push(value);
    }
    const meaning = this.#meaning;
    return { variables: this.#variables, of: (identifier) => meaning.get(identifier), dynamic: this.#dynamic };
  }

  // ------------------------------------------------------------------------------------------------- declarations

  #declare(identifier: t.Identifier, kind: VariableKind): Variable {
    const scope = this.#home(identifier.name, kind);
    let variable = scope.names.get(identifier.name);
    if (variable === undefined) {
      variable = {
        name: identifier.name,
        kind,
        declarations: [],
        references: [],
        writes: [],
        hasOtherWrites: kind !== "var" && kind !== "let" && kind !== "const",
        assignments: 0,
      };
      scope.names.set(identifier.name, variable);
      this.#variables.push(variable);
    } else if (kind !== variable.kind) {
      variable.hasOtherWrites = true;
      variable.assignments++;
    }
    variable.declarations.push(identifier);
    this.#meaning.set(identifier, variable);
    return variable;
  }

  /** The scope that a declaration of this kind belongs to. */
  #home(name: string, kind: VariableKind): Scope {
    if (kind !== "var") return this.#scope;
    const { functionScope } = this.#scope;
    return functionScope.parameters?.names.has(name) === true ? functionScope.parameters : functionScope;
  }

  #declarePattern(pattern: t.Node, kind: VariableKind): void {
    for (const identifier of boundIdentifiers(pattern)) {
      const variable = this.#declare(identifier, kind);
      if (kind !== "parameter") variable.hasOtherWrites = true;
    }
    this.#visitPattern(pattern);
  }

  /** What runs inside a declared pattern: defaults and computed keys. */
  #visitPattern(pattern: t.Node): void {
    if (pattern.type === "AssignmentPattern") {
      this.#visitPattern(pattern.left);
      this.#visit(pattern.right);
    } else if (pattern.type === "ObjectPattern") {
      for (const property of pattern.properties) {
        if (property.type === "RestElement") continue;
        if (property.computed) this.#visit(property.key);
        this.#visitPattern(property.value);
      }
    } else if (pattern.type === "ArrayPattern") {
      for (const element of pattern.elements) if (element !== null) this.#visitPattern(element);
    } else if (pattern.type === "RestElement") {
      this.#visitPattern(pattern.argument);
    } else if (pattern.type === "TSParameterProperty") {
      this.#visitPattern(pattern.parameter);
    }
  }

  #within(isFunctionScope: boolean, body: () => void): void {
    const outer = this.#scope;
    this.#scope = new Scope(outer, isFunctionScope);
    body();
    this.#scope = outer;
  }

  // ------------------------------------------------------------------------------------------------------- the walk

  readonly #visit = (node: t.Node): void => {
    if (isFunction(node)) {
      this.#function(node);
      return;
    }
    switch (node.type) {
      case "Identifier":
        this.#identifiers.push(node);
        this.#scopes.push(this.#scope);
        return;
      case "VariableDeclaration":
        this.#variableDeclaration(node);
        return;
      case "ClassDeclaration":
        if (node.declare === true) return;
        if (node.id) this.#declare(node.id, "class");
        this.#class(node);
        return;
      case "ClassExpression":
        this.#within(false, () => {
          if (node.id) this.#declare(node.id, "class");
          this.#class(node);
        });
        return;
      case "StaticBlock":
        this.#within(true, () => forEachChild(node, this.#visit));
        return;
      case "BlockStatement":
      case "ForStatement":
      case "ForInStatement":
      case "ForOfStatement":
      case "SwitchStatement":
        this.#within(false, () => {
          if (node.type === "ForInStatement" || node.type === "ForOfStatement") this.#loopHead(node);
          forEachChild(node, this.#visit);
        });
        return;
      case "CatchClause":
        this.#within(false, () => {
          if (node.param) this.#declarePattern(node.param, "catch");
          this.#visit(node.body);
        });
        return;
      case "AssignmentExpression":
        this.#assignment(node);
        return;
      case "UpdateExpression":
        this.#visit(node.argument);
        // One more or less: it stays a plain number if it was one.
        this.#write(node.argument, node);
        return;
      case "CallExpression":
        if (node.callee.type === "Identifier" && node.callee.name === "eval") this.#dynamic = true;
        forEachChild(node, this.#visit);
        return;
      case "WithStatement":
        this.#dynamic = true;
        forEachChild(node, this.#visit);
        return;
      case "ImportDeclaration":
        if (node.importKind !== "type") {
          for (const specifier of node.specifiers) {
            if (specifier.type !== "ImportSpecifier" || specifier.importKind !== "type") {
              this.#declare(specifier.local, "import");
            }
          }
        }
        return;
      case "ExportNamedDeclaration":
        if (node.exportKind === "type") return;
        if (node.declaration) this.#visit(node.declaration);
        if (!node.source) {
          for (const specifier of node.specifiers) {
            if (specifier.type === "ExportSpecifier" && specifier.exportKind !== "type") this.#visit(specifier.local);
          }
        }
        return;
      case "TSEnumDeclaration":
        this.#enum(node);
        return;
      case "TSModuleDeclaration":
        this.#namespace(node);
        return;
      case "TSImportEqualsDeclaration":
        if (node.importKind !== "type") {
          this.#declare(node.id, "import");
          let root: t.Node = node.moduleReference;
          while (root.type === "TSQualifiedName") root = root.left;
          if (root.type === "Identifier") this.#visit(root);
        }
        return;
      default:
        forEachChild(node, this.#visit);
    }
  };

  #function(node: FunctionNode): void {
    if ("declare" in node && node.declare === true) return;
    if (node.type === "FunctionDeclaration" && node.id) {
      this.#declare(node.id, "function");
      // A function in a block is, in sloppy mode, also a variable of the function around it.
      if (!this.#strict && this.#scope !== this.#scope.functionScope) {
        const variable = this.#declare(node.id, "var");
        variable.hasOtherWrites = true;
        variable.mayBeMissing = true;
        this.#meaning.set(node.id, this.#scope.names.get(node.id.name)!);
      }
    }
    if ("key" in node && node.computed) this.#visit(node.key);
    if ("decorators" in node) node.decorators?.forEach(this.#visit);
    this.#within(true, () => {
      if (node.type === "FunctionExpression" && node.id) this.#declare(node.id, "function");
      this.#within(true, () => {
        const parameters = this.#scope;
        for (const parameter of node.params) this.#declarePattern(parameter, "parameter");
        this.#within(true, () => {
          this.#scope.parameters = parameters;
          if (node.body.type === "BlockStatement") for (const statement of node.body.body) this.#visit(statement);
          else this.#visit(node.body);
        });
      });
    });
  }

  #class(node: t.ClassDeclaration | t.ClassExpression): void {
    node.decorators?.forEach(this.#visit);
    if (node.superClass) this.#visit(node.superClass);
    for (const member of node.body.body) {
      if (member.type === "ClassProperty" && (member.declare === true || member.abstract === true)) continue;
      if (member.type !== "TSDeclareMethod" && member.type !== "TSIndexSignature") this.#visit(member);
    }
  }

  #variableDeclaration(node: t.VariableDeclaration): void {
    if (node.declare === true) return;
    const kind = node.kind === "var" || node.kind === "let" ? node.kind : "const";
    for (const { id, init } of node.declarations) {
      if (id.type !== "Identifier") {
        this.#declarePattern(id, kind);
        if (id.type === "ObjectPattern" && init) this.#properties(id, init);
      } else {
        const variable = this.#declare(id, kind);
        if (init) variable.writes.push(init);
        if (kind === "const" && node.kind !== "const") variable.hasOtherWrites = true;
      }
      if (init) this.#visit(init);
    }
  }

  #properties(pattern: t.ObjectPattern, of: t.Node): void {
    for (const property of pattern.properties) {
      if (property.type !== "ObjectProperty" || property.value.type !== "Identifier") continue;
      if (property.computed || property.key.type !== "Identifier") continue;
      const variable = this.#meaning.get(property.value);
      if (variable !== undefined) variable.property = { of, name: property.key.name };
    }
  }

  /** The variables that a for-in or for-of loop sets. */
  #loopHead(node: t.ForInStatement | t.ForOfStatement): void {
    if (node.left.type !== "VariableDeclaration") {
      this.#targets(node.left);
      return;
    }
    for (const { id } of node.left.declarations) {
      const kind = node.left.kind === "var" || node.left.kind === "let" ? node.left.kind : "const";
      // The keys of for-in are strings.
      for (const identifier of boundIdentifiers(id)) {
        const variable = this.#declare(identifier, kind);
        if (node.type === "ForOfStatement") variable.hasOtherWrites = true;
        variable.assignments++;
      }
    }
  }

  #assignment(node: t.AssignmentExpression): void {
    this.#visit(node.left);
    this.#visit(node.right);
    const logical = node.operator === "=" || (node.operator.length === 3 && /[|&?]{2}=/.test(node.operator));
    if (bare(node.left).type === "Identifier") this.#write(node.left, logical ? node.right : node);
    else this.#targets(node.left);
  }

  /** Identifiers inside an assignment target. */
  #targets(target: t.Node): void {
    const inner = bare(target);
    if (inner.type === "MemberExpression" || inner.type === "OptionalMemberExpression") return;
    for (const identifier of boundIdentifiers(inner)) this.#write(identifier, undefined);
  }

  #write(target: t.Node, value: t.Node | undefined): void {
    const identifier = bare(target);
    if (identifier.type === "Identifier") this.#writes.push({ identifier, value });
  }

  // ----------------------------------------------------------------------------------------------------- TypeScript

  #enum(node: t.TSEnumDeclaration): void {
    if (node.declare === true) return;
    this.#declare(node.id, "enum");
    this.#within(false, () => {
      for (const { id } of node.body.members) if (id.type === "Identifier") this.#declare(id, "enumMember");
      for (const { initializer } of node.body.members) if (initializer) this.#visit(initializer);
    });
  }

  #namespace(node: t.TSModuleDeclaration): void {
    if (node.declare === true) return;
    const inside = ([name, ...names]: t.Identifier[]): void => {
      if (name === undefined) {
        this.#visit(node.body);
        return;
      }
      this.#declare(name, "namespace");
      this.#within(true, () => inside(names));
    };
    inside(namespaceNames(node));
  }
}

function lookUp(from: Scope, name: string): Variable | undefined {
  for (let scope: Scope | undefined = from; scope !== undefined; scope = scope.parent) {
    const variable = scope.names.get(name);
    if (variable !== undefined) return variable;
  }
  return undefined;
}
