/** How wide a line of text is, in screen pixels. */
export type MeasureText = (
  text: string,
  font: { readonly family: string; readonly size: number; readonly bold: boolean },
) => number;

export interface Bounds {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/**
 * The box around all text in an SVG element: what a browser's layout would say, computed from the attributes that
 * plotly.js sets. Lines and areas are left out; only text has a size that plotly.js does not know itself.
 *
 * @param top The box is in the coordinates inside this element; default those of the whole document.
 */
export function textBounds(element: Element, measure: MeasureText, top?: Element): Bounds {
  const texts = element.closest('text') ? [element] : Array.from(element.querySelectorAll('text'));
  const corners = texts.flatMap((text) => {
    const { left, top: above, right, bottom } = lineBounds(text, measure);
    const points: Point[] = [
      [left, above],
      [right, above],
      [left, bottom],
      [right, bottom],
    ];
    return points.map((point) => transformed(point, text, top));
  });
  if (corners.length === 0) return { left: 0, top: 0, right: 0, bottom: 0 };
  const xs = corners.map(([x]) => x);
  const ys = corners.map(([, y]) => y);
  return { left: Math.min(...xs), top: Math.min(...ys), right: Math.max(...xs), bottom: Math.max(...ys) };
}

/** How wide the widest line of a text element is. */
export function textWidth(element: Element, measure: MeasureText): number {
  const style = (element.closest('text') as SVGElement).style;
  const font = {
    family: style.fontFamily || 'sans-serif',
    size: fontSize(style),
    bold: style.fontWeight === 'bold' || Number(style.fontWeight) >= 600,
  };
  return Math.max(...lines(element).map((line) => measure(line, font)));
}

type Point = readonly [x: number, y: number];

/** Before any transform: the place that `x`, `y` and `text-anchor` give. */
function lineBounds(element: Element, measure: MeasureText): Bounds {
  const text = element.closest('text') as SVGElement;
  const size = fontSize(text.style);
  const width = textWidth(element, measure);
  const anchor = text.getAttribute('text-anchor') ?? text.style.getPropertyValue('text-anchor');
  const x = Number(text.getAttribute('x')) - (anchor === 'middle' ? width / 2 : anchor === 'end' ? width : 0);
  const y = Number(text.getAttribute('y'));
  // plotly.js sets its lines 1.3 em apart; letters reach about 0.9 em above the line and 0.25 em below.
  return {
    left: x,
    top: y - 0.9 * size,
    right: x + width,
    bottom: y + size * (0.25 + 1.3 * (lines(element).length - 1)),
  };
}

function lines(element: Element): string[] {
  const parts = Array.from(element.querySelectorAll('tspan.line'), (line) => line.textContent ?? '');
  return parts.length > 0 ? parts : [element.textContent ?? ''];
}

function fontSize(style: CSSStyleDeclaration): number {
  return Number.parseFloat(style.fontSize) || 12;
}

function transformed(point: Point, from: Element, top: Element | undefined): Point {
  let [x, y] = point;
  for (let element: Element | null = from; element && element !== top; element = element.parentElement) {
    for (const [name, values] of transforms(element).reverse()) {
      if (name === 'translate') {
        x += values[0];
        y += values[1] ?? 0;
      } else if (name === 'scale') {
        x *= values[0];
        y *= values[1] ?? values[0];
      } else if (name === 'rotate') {
        const [degrees, centreX = 0, centreY = 0] = values;
        const [sin, cos] = [Math.sin((degrees * Math.PI) / 180), Math.cos((degrees * Math.PI) / 180)];
        [x, y] = [
          centreX + (x - centreX) * cos - (y - centreY) * sin,
          centreY + (x - centreX) * sin + (y - centreY) * cos,
        ];
      }
    }
  }
  return [x, y];
}

/** `translate(3,4)rotate(90)` as its parts; the last one applies first. */
function transforms(element: Element): [name: string, values: number[]][] {
  const parts = element.getAttribute('transform')?.matchAll(/(\w+)\(([^)]*)\)/g) ?? [];
  return Array.from(parts, ([, name, values]) => [
    name,
    values
      .split(/[\s,]+/)
      .filter(Boolean)
      .map(Number),
  ]);
}
