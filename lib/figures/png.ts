import { crc32, deflateSync } from 'node:zlib';

/**
 * Bytes of RGB pixels, [height, width, 3], as a PNG file, at once and without a library, so that the functions that
 * build figures need not be asynchronous. Specification: https://www.w3.org/TR/png-3/
 */
export function encodePng(pixels: Uint8Array, { width, height }: { width: number; height: number }): Buffer {
  const stride = width * 3;
  if (pixels.length !== stride * height) {
    throw new RangeError(
      `PNG of ${width} x ${height}: expected ${stride * height} bytes, got ${pixels.length}`,
    );
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8); // 8 bits a channel, colour type RGB, no interlacing
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(filtered(pixels, stride, height), { level: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** A PNG as the address of an image. */
export function dataUrl(png: Uint8Array): string {
  return `data:image/png;base64,${Buffer.from(png).toString('base64')}`;
}

/** Each row as its difference from the row above (filter 2): an enlarged pixel's repeated rows become zeros. */
function filtered(pixels: Uint8Array, stride: number, height: number): Uint8Array {
  const rows = new Uint8Array((stride + 1) * height);
  for (let y = 0; y < height; y++) {
    const to = y * (stride + 1);
    rows[to] = 2;
    for (let i = 0; i < stride; i++) {
      const above = y > 0 ? pixels[(y - 1) * stride + i] : 0;
      rows[to + 1 + i] = pixels[y * stride + i] - above;
    }
  }
  return rows;
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, checksum]);
}
