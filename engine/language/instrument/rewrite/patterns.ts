import type * as t from "@babel/types";
import { bare, boundIdentifiers } from "../syntax.ts";
import { observation } from "./assignments.ts";
import { eraseAfterName, eraseAnnotation, eraseAround } from "./eraseTypes.ts";
import { isElement, propertyKey, reference } from "./operators.ts";
import type { Rewriter } from "./rewriter.ts";
import { visitTaken } from "./takenApart.ts";

/** Visits what runs in a pattern that is declared or assigned to: defaults, computed keys, members. */
export function visitPattern(pattern: t.Node, r: Rewriter, visitDefault: (node: t.Node) => void = r.visit): void {
  const inside = (node: t.Node): void => visitPattern(node, r, visitDefault);
  switch (pattern.type) {
    case "Identifier":
      eraseAfterName(pattern, r);
      return;
    case "AssignmentPattern":
      inside(pattern.left);
      visitTaken(pattern.left, pattern.right, r, visitDefault);
      return;
    case "ObjectPattern":
      eraseAnnotation(pattern, r);
      for (const property of pattern.properties) {
        if (property.type === "RestElement") {
          inside(property.argument);
          continue;
        }
        if (property.computed) propertyKey(property.key, r);
        inside(property.value);
      }
      return;
    case "ArrayPattern":
      eraseAnnotation(pattern, r);
      for (const element of pattern.elements) if (element !== null) inside(element);
      return;
    case "RestElement":
      eraseAnnotation(pattern, r);
      inside(pattern.argument);
      return;
    case "MemberExpression":
      if (isElement(pattern)) elementTarget(pattern, r);
      else reference(pattern, r);
      return;
    case "ParenthesizedExpression":
      inside(pattern.expression);
      return;
    default:
      if (bare(pattern) === pattern) {
        r.visit(pattern);
      } else {
        eraseAround(pattern, bare(pattern), r);
        inside(bare(pattern));
      }
  }
}

/** `[o[k]] = …` → `[$adjoint.target(S, o, k, strict).value] = …` */
function elementTarget(node: t.MemberExpression, r: Rewriter): void {
  r.edits.before(node.start!, r.call("target", r.site(node)));
  r.visit(node.object);
  const bracket = r.tokenAfter(node.object.end!);
  r.edits.replace(bracket, bracket + 1, ", ");
  r.wrap(node.property, "", "");
  r.edits.replace(node.end! - 1, node.end!, `, ${r.strict}).value`);
}

/** Statements that note what the identifiers of a pattern hold. */
export function observations(pattern: t.Node, r: Rewriter): string {
  let statements = "";
  for (const identifier of boundIdentifiers(bare(pattern))) {
    const variable = r.scopes.of(identifier);
    if (variable === undefined || r.known.isUntracedVariable(variable)) continue;
    statements += `${r.call("observe", observation(variable, identifier, r))}${identifier.name});`;
  }
  return statements;
}
