import type * as t from "@babel/types";
import { isWrapper } from "../syntax.ts";
import { callArguments } from "./calls.ts";
import { eraseTypeArguments } from "./eraseTypes.ts";
import { isElement, propertyKey, reference } from "./operators.ts";
import type { Rewriter } from "./rewriter.ts";

type Link = t.OptionalMemberExpression | t.OptionalCallExpression | t.TSNonNullExpression;

/**
 * `a?.b[k]`: an element is read by `$adjoint.get`, which cannot stand inside a chain. Such a chain becomes
 * `(t = a) == null ? void 0 : $adjoint.get(S, t.b, k)`; other chains stay.
 */
export function optionalChain(node: t.OptionalMemberExpression | t.OptionalCallExpression, r: Rewriter): void {
  const links = linksOf(node);
  const isCalled = (k: number): boolean => links[k + 1]?.type.endsWith("CallExpression") === true;
  const elements = links.map((link, k) => link.type === "OptionalMemberExpression" && isElement(link) && !isCalled(k));
  if (!elements.includes(true)) {
    nativeLink(node, r);
    return;
  }
  rewriteChain(node, links, elements, r);
}

/** The links of a chain, innermost first; the root is the first one's object or callee. */
function linksOf(node: t.Node): Link[] {
  const links: Link[] = [];
  for (let link: t.Node = node; ;) {
    if (link.type === "OptionalMemberExpression") {
      links.unshift(link);
      link = link.object;
    } else if (link.type === "OptionalCallExpression") {
      links.unshift(link);
      link = link.callee;
    } else if (link.type === "TSNonNullExpression" && isOptional(link.expression)) {
      links.unshift(link);
      link = link.expression;
    } else {
      return links;
    }
  }
}

function isOptional(node: t.Node): boolean {
  if (node.type === "TSNonNullExpression") return isOptional(node.expression);
  return node.type === "OptionalMemberExpression" || node.type === "OptionalCallExpression";
}

/** A chain without elements, or the callee of one: only keys and arguments change. */
export function nativeLink(node: t.Node, r: Rewriter): void {
  if (node.type === "OptionalMemberExpression") {
    nativeLink(node.object, r);
    if (node.computed) propertyKey(node.property, r);
  } else if (node.type === "OptionalCallExpression") {
    nativeLink(node.callee, r);
    eraseTypeArguments(node, r);
    callArguments(node, r);
  } else if (node.type === "TSNonNullExpression" && isOptional(node.expression)) {
    nativeLink(node.expression, r);
    r.edits.erase(node.expression.end!, node.end!);
  } else if (node.type === "MemberExpression" || isWrapper(node)) {
    reference(node, r);
  } else {
    r.visit(node);
  }
}

function baseOf(link: Link): t.Node {
  if (link.type === "TSNonNullExpression") return link.expression;
  return "object" in link ? link.object : link.callee;
}

/** Text that goes around a link: it opens where the link's segment starts. */
interface Opening {
  readonly open: string;
  /** The link whose rewriting closes it. */
  readonly link: number;
}

function rewriteChain(node: t.Node, links: readonly Link[], elements: readonly boolean[], r: Rewriter): void {
  const root = baseOf(links[0]!);
  const isOptionalLink = (link: Link | undefined): boolean =>
    (link?.type === "OptionalMemberExpression" || link?.type === "OptionalCallExpression") && link.optional;
  const receivers = new Map<number, string>();
  links.forEach((link, k) => {
    if (link.type === "OptionalCallExpression" && link.optional && k > 0 && "object" in links[k - 1]!) {
      receivers.set(k - 1, r.temporary());
    }
  });
  const sites = links.map((link, k) => (elements[k]! ? r.site(link) : 0));

  /** What stands before the value that a segment starts with: outermost first. */
  const openings = (from: number): string => {
    let to = from;
    while (to + 1 < links.length && !isOptionalLink(links[to + 1])) to++;
    const found: Opening[] = [];
    for (let k = to; k >= from; k--) {
      if (elements[k]!) found.push({ open: r.call("get", sites[k]!), link: k });
      if (receivers.has(k)) found.push({ open: `(${receivers.get(k)!} = `, link: k });
    }
    return found.map(({ open }) => open).join("");
  };

  r.parenthesised.add(node.start!);
  let value = r.temporary();
  r.edits.before(node.start!, `((${value} = `);
  let receiver = visitRoot(root, isOptionalLink(links[0]) && links[0]!.type === "OptionalCallExpression", r);
  for (let k = 0; k < links.length; k++) {
    const link = links[k]!;
    const base = baseOf(link);
    const token = r.tokenAfter(base.end!);
    if (receivers.has(k) && !isOptionalLink(link)) r.edits.after(base.end!, ")");
    let after = token;
    if (isOptionalLink(link)) {
      const next = links.findIndex((later, index) => index > k && isOptionalLink(later));
      const nextValue = next < 0 ? undefined : r.temporary();
      const isProperty = link.type === "OptionalMemberExpression" && !link.computed;
      const head = nextValue === undefined ? "" : `(${nextValue} = `;
      const closesReceiver = receivers.has(k) ? ")" : "";
      r.edits.replace(
        token,
        token + 2,
        `) == null ? void 0 : ${head}${openings(k)}${value}${closesReceiver}${isProperty ? "." : ""}`,
      );
      after = r.tokenAfter(token + 2);
      if (nextValue !== undefined) value = nextValue;
    }
    linkText(link, after, elements[k]!, receiver, r);
    receiver = receivers.get(k);
  }
  r.edits.after(node.end!, ")");
}

/** The root of a chain; where it is a method that is called optionally, its object is kept. */
function visitRoot(root: t.Node, isMethod: boolean, r: Rewriter): string | undefined {
  if (!isMethod || root.type !== "MemberExpression") {
    r.visit(root);
    return undefined;
  }
  if (root.object.type === "Super") {
    reference(root, r);
    return "this";
  }
  const receiver = r.temporary();
  r.wrap(root.object, `(${receiver} = `, ")");
  if (root.computed) propertyKey(root.property, r);
  return receiver;
}

/** @param at Where the link's own text starts: its name, bracket or parenthesis. */
function linkText(link: Link, at: number, element: boolean, receiver: string | undefined, r: Rewriter): void {
  if (link.type === "TSNonNullExpression") {
    r.edits.erase(link.expression.end!, link.end!);
  } else if (link.type === "OptionalCallExpression") {
    eraseTypeArguments(link, r);
    if (receiver !== undefined && link.optional) {
      const parenthesis = r.tokenAfter(link.typeArguments?.end ?? at);
      const text = link.arguments.length === 0 ? `.call(${receiver}` : `.call(${receiver}, `;
      r.edits.replace(parenthesis, parenthesis + 1, text);
    }
    callArguments(link, r);
  } else if (link.computed && element) {
    r.edits.replace(at, at + 1, ", ");
    r.wrap(link.property, "", "");
    r.edits.replace(link.end! - 1, link.end!, ")");
  } else if (link.computed) {
    propertyKey(link.property, r);
  }
}
