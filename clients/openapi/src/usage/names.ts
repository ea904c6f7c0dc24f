import type typescript from "typescript";
import type { Compiler } from "./compiler.js";

/** The modules that a file imports. */
export function importsOf(ts: Compiler, file: typescript.SourceFile): string[] {
  const found: string[] = [];
  const visit = (node: typescript.Node): void => {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) {
      const { moduleSpecifier } = node;
      if (moduleSpecifier && ts.isStringLiteral(moduleSpecifier)) found.push(moduleSpecifier.text);
    } else if (ts.isCallExpression(node)) {
      const [first] = node.arguments;
      const callee = node.expression;
      const loads =
        callee.kind === ts.SyntaxKind.ImportKeyword ||
        (ts.isIdentifier(callee) && callee.text === "require");
      if (loads && first && ts.isStringLiteralLike(first)) found.push(first.text);
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

/** The name that a node takes from something else; texts only if names may stand in them. */
export function named(ts: Compiler, node: typescript.Node, inTexts: boolean): string | undefined {
  if (ts.isPropertyAccessExpression(node)) {
    // `client.passkeys.signIn` is another function than `client.signIn`.
    const { expression, name } = node;
    const isPart = ts.isPropertyAccessExpression(expression) && expression.name.text === "passkeys";
    return isPart ? undefined : name.text;
  }
  if (ts.isElementAccessExpression(node)) {
    const { argumentExpression: name } = node;
    return ts.isStringLiteralLike(name) ? name.text : undefined;
  }
  if (ts.isImportSpecifier(node) || ts.isBindingElement(node)) {
    const name = node.propertyName ?? node.name;
    return ts.isIdentifier(name) ? name.text : undefined;
  }
  return inTexts && ts.isStringLiteralLike(node) ? node.text : undefined;
}

/** What a property is declared as; undefined if the compiler does not know. */
export function symbolOf(
  ts: Compiler,
  checker: typescript.TypeChecker,
  node: typescript.Node,
): typescript.Symbol | undefined {
  if (ts.isPropertyAccessExpression(node)) {
    const symbol = checker.getSymbolAtLocation(node.name);
    if (symbol === undefined || (symbol.flags & ts.SymbolFlags.Alias) === 0) return symbol;
    return checker.getAliasedSymbol(symbol);
  }
  if (ts.isElementAccessExpression(node)) {
    return checker.getSymbolAtLocation(node.argumentExpression);
  }
  if (!ts.isBindingElement(node)) return undefined;
  const name = (node.propertyName ?? node.name).getText();
  return checker.getTypeAtLocation(node.parent).getProperty(name);
}
