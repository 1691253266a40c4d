import ts from 'typescript';

const { SyntaxKind } = ts;

/** Longer answers are compared by their beginning. */
const maxCharacters = 100_000;

/**
 * What code says, token by token, without what is changed to hide a copy: comments and layout are gone, a name is `name`, a
 * number `1`, a text `""`. Names after a dot stay: `.map` says what is done.
 */
export function codeTokens(code: string): readonly string[] {
  const scanner = ts.createScanner(ts.ScriptTarget.ES2022, true);
  scanner.setText(code.slice(0, maxCharacters));
  const tokens: string[] = [];
  const braces: boolean[] = []; // for each open one, whether it is a template's
  let before: ts.SyntaxKind = SyntaxKind.Unknown;
  for (let kind = scanner.scan(); kind !== SyntaxKind.EndOfFileToken; kind = scanner.scan()) {
    if ((kind === SyntaxKind.SlashToken || kind === SyntaxKind.SlashEqualsToken) && !endsOperand(before)) {
      kind = scanner.reScanSlashToken();
    } else if (kind === SyntaxKind.OpenBraceToken) {
      braces.push(false);
    } else if (kind === SyntaxKind.CloseBraceToken && braces.pop()) {
      kind = scanner.reScanTemplateToken(false);
      if (kind === SyntaxKind.TemplateMiddle) braces.push(true);
    } else if (kind === SyntaxKind.TemplateHead) {
      braces.push(true);
    }
    tokens.push(normalized(kind, scanner.getTokenText(), before));
    before = kind;
  }
  return tokens;
}

/** The words of a text, in lower case. */
export function wordTokens(text: string): readonly string[] {
  return (
    text
      .slice(0, maxCharacters)
      .toLowerCase()
      .match(/[\p{L}\p{N}]+/gu) ?? []
  );
}

function normalized(kind: ts.SyntaxKind, text: string, before: ts.SyntaxKind): string {
  const afterDot = before === SyntaxKind.DotToken || before === SyntaxKind.QuestionDotToken;
  if (isName(kind)) return afterDot ? text : 'name';
  if (kind === SyntaxKind.NumericLiteral || kind === SyntaxKind.BigIntLiteral) return '1';
  if (kind === SyntaxKind.RegularExpressionLiteral) return '/ /';
  const { FirstTemplateToken, LastTemplateToken } = SyntaxKind;
  if (kind === SyntaxKind.StringLiteral) return '""';
  if (kind >= FirstTemplateToken && kind <= LastTemplateToken) return '``';
  return text;
}

/** Words such as `type`, `from` and `out` are names in most places. */
function isName(kind: ts.SyntaxKind): boolean {
  if (kind === SyntaxKind.Identifier) return true;
  const { AsyncKeyword, AwaitKeyword, OfKeyword } = SyntaxKind;
  const contextual = kind > SyntaxKind.LastFutureReservedWord && kind <= SyntaxKind.LastKeyword;
  return contextual && kind !== AsyncKeyword && kind !== AwaitKeyword && kind !== OfKeyword;
}

/** Whether a slash after such a token divides, and begins no regular expression. */
function endsOperand(kind: ts.SyntaxKind): boolean {
  return (
    isName(kind) ||
    (kind >= SyntaxKind.FirstLiteralToken && kind <= SyntaxKind.LastLiteralToken) ||
    kind === SyntaxKind.TemplateTail ||
    kind === SyntaxKind.CloseParenToken ||
    kind === SyntaxKind.CloseBracketToken ||
    kind === SyntaxKind.CloseBraceToken ||
    kind === SyntaxKind.ThisKeyword
  );
}
