// Convolutions with kernels of 3x3, stride 1, by Winograd's minimal filtering F(4x4, 3x3): 16 results from 36 products
// in the place of 144. Images are [image, row, column, channel], filters [3, 3, channel in, channel out], float32.
// Lavin and Gray, https://arxiv.org/abs/1509.09308; the polynomials' points are 0, the roots of 1/2 and 2 with both signs,
// and infinity, which halve the rounding errors of the paper's 0, 1, -1, 2, -2 and infinity.
#pragma once

#include "parallel.h"
#include "vectors.h"

namespace winograd {

using namespace vectors;

constexpr int side = 4;            // of a tile of results
constexpr int patch = side + 2;    // side of the pixels that a tile is computed from
constexpr int points = patch * patch;

/** A convolution; `padding` pixels of zeros are added on each side: 0 for "valid", 1 for "same", 2 for "full". */
struct Shape {
  int64_t images, height, width, in, out, padding;

  int64_t outHeight() const { return height + 2 * padding - 2; }
  int64_t outWidth() const { return width + 2 * padding - 2; }
  int64_t tilesDown() const { return (outHeight() + side - 1) / side; }
  int64_t tilesAcross() const { return (outWidth() + side - 1) / side; }
  int64_t tiles() const { return images * tilesDown() * tilesAcross(); }
};

/** From what belongs to one point to the next: a vector more, since powers of two share the same lines of a cache. */
inline int64_t pointStep(int64_t floats) { return floats + lanes; }

// The transforms, in one dimension -----------------------------------------------------------------------------------

constexpr float near = 0.70710678f, far = 1.41421356f;  // the positive points

inline void transformInput(const Vector (&d)[patch], Vector (&to)[patch]) {
  const Vector even = d[4] - 2 * d[2], odd = near * (d[3] - 2 * d[1]);
  const Vector evenFar = d[4] - 0.5f * d[2], oddFar = far * (d[3] - 0.5f * d[1]);
  to[0] = d[0] - 2.5f * d[2] + d[4];
  to[1] = even + odd;
  to[2] = even - odd;
  to[3] = evenFar + oddFar;
  to[4] = evenFar - oddFar;
  to[5] = d[1] - 2.5f * d[3] + d[5];
}

inline void transformFilter(const Vector (&g)[3], Vector (&to)[patch]) {
  const Vector even = (g[0] + 0.5f * g[2]) * (-2.f / 3), odd = g[1] * (near * -2.f / 3);
  const Vector evenFar = (g[0] + 2 * g[2]) * (1.f / 6), oddFar = g[1] * (far / 6);
  to[0] = g[0];
  to[1] = even + odd;
  to[2] = even - odd;
  to[3] = evenFar + oddFar;
  to[4] = evenFar - oddFar;
  to[5] = g[2];
}

inline void transformOutput(const Vector (&m)[patch], Vector (&to)[side]) {
  const Vector sum = m[1] + m[2], difference = near * (m[1] - m[2]);
  const Vector sumFar = m[3] + m[4], differenceFar = far * (m[3] - m[4]);
  to[0] = m[0] + sum + sumFar;
  to[1] = difference + differenceFar;
  to[2] = 0.5f * sum + 2 * sumFar;
  to[3] = 0.5f * difference + 2 * differenceFar + m[5];
}

/** The transpose of `transformOutput`. */
inline void transformOutputGradient(const Vector (&d)[side], Vector (&to)[patch]) {
  const Vector even = d[0] + 0.5f * d[2], odd = near * (d[1] + 0.5f * d[3]);
  const Vector evenFar = d[0] + 2 * d[2], oddFar = far * (d[1] + 2 * d[3]);
  to[0] = d[0];
  to[1] = even + odd;
  to[2] = even - odd;
  to[3] = evenFar + oddFar;
  to[4] = evenFar - oddFar;
  to[5] = d[3];
}

/** The transpose of `transformFilter`. */
inline void transformFilterGradient(const Vector (&u)[patch], Vector (&to)[3]) {
  const Vector sum = u[1] + u[2], sumFar = u[3] + u[4];
  to[0] = u[0] - (2.f / 3) * sum + (1.f / 6) * sumFar;
  to[1] = (near * -2.f / 3) * (u[1] - u[2]) + (far / 6) * (u[3] - u[4]);
  to[2] = (1.f / 3) * (sumFar - sum) + u[5];
}

/** Transforms a square, `from` by `from`, down and across: `read` and `write` take a row and a column. */
template <int from, int to, void (*transform)(const Vector (&)[from], Vector (&)[to]), typename Read, typename Write>
inline void transformSquare(const Read& read, const Write& write) {
  Vector half[to][from];
  for (int column = 0; column < from; column++) {
    Vector values[from], results[to];
    for (int row = 0; row < from; row++) values[row] = read(row, column);
    transform(values, results);
    for (int row = 0; row < to; row++) half[row][column] = results[row];
  }
  for (int row = 0; row < to; row++) {
    Vector results[to];
    transform(half[row], results);
    for (int column = 0; column < to; column++) write(row, column, results[column]);
  }
}

// Tiles --------------------------------------------------------------------------------------------------------------

/** Where a tile is: its image, and its first row and column of results. */
struct Tile {
  int64_t image, row, column;
  Tile(const Shape& shape, int64_t index) {
    const int64_t across = shape.tilesAcross(), each = shape.tilesDown() * across;
    image = index / each;
    row = index % each / across * side;
    column = index % across * side;
  }
};

/** Some of the tiles, `count` from `first` on; what is made of them has `room` for more. */
struct Block {
  int64_t first, count, room;
};

/** Some of the channels, whole vectors of them. */
struct Channels {
  int64_t first, count;
};

/** Images, [image, height, width, channels]. */
struct Images {
  const float* values;
  int64_t height, width, channels;

  /** How far it is to the first pixel of a tile. */
  int64_t place(const Tile& tile) const { return ((tile.image * height + tile.row) * width + tile.column) * channels; }
};

/**
 * Where the `size` by `size` pixels are that begin at tile `i` of the block, or `padding` before it, from channel `first`
 * on; `zeros` where there are none.
 */
template <int size>
inline void locate(const Shape& shape, const Images& images, int64_t padding, const Block& block, int64_t i, int64_t first,
                   const float* zeros, const float* (&at)[size][size]) {
  const Tile tile(shape, block.first + i);
  const float* image = images.values + tile.image * images.height * images.width * images.channels + first;
  for (int y = 0; y < size; y++) {
    for (int x = 0; x < size; x++) {
      const int64_t row = tile.row - padding + y, column = tile.column - padding + x;
      const bool there = (i < block.count) & (row >= 0) & (row < images.height) & (column >= 0) & (column < images.width);
      at[y][x] = there ? image + (row * images.width + column) * images.channels : zeros;
    }
  }
}

/** How many words hold the numbers of a row of a matrix, whole vectors of them. */
template <typename Number>
inline int64_t words(int64_t numbers) {
  return roundUp(numbers, lanes * Number::each) / Number::each;
}

/**
 * The block's patches as [channels / lanes][point][tile][lane], zeros in the room after the last; `zeros` for each channel.
 * A word holds some of the channels, or, with `pairsTiles`, of the tiles, of which there are then fewer.
 */
template <typename Number, bool pairsTiles>
inline void transformPatches(const Shape& shape, const float* x, const Block& block, const Channels& channels,
                             const float* zeros, float* to) {
  constexpr int tilesEach = pairsTiles ? Number::each : 1, channelsEach = pairsTiles ? 1 : Number::each;
  const Images images{x, shape.height, shape.width, shape.in};
  const int64_t step = pointStep(block.room / tilesEach * lanes);
  for (int64_t i = 0; i < block.room; i += tilesEach) {
    const float* at[tilesEach][patch][patch];
    for (int tile = 0; tile < tilesEach; tile++) {
      locate(shape, images, shape.padding, block, i + tile, channels.first, zeros, at[tile]);
    }
    const Tile tile(shape, block.first + i), next(shape, block.first + i + tilesEach);
    const ptrdiff_t ahead = images.place(next) - images.place(tile);
    for (int64_t channel = 0; channel < channels.count; channel += lanes * channelsEach) {
      float* place = to + channel / (lanes * channelsEach) * points * step + i / tilesEach * lanes;
      Vector before[points] = {};  // the first numbers of the words, until the last are there
      for (int part = 0; part < Number::each; part++) {
        const auto& from = at[pairsTiles ? part : 0];
        const int64_t offset = channel + (pairsTiles ? 0 : part * lanes);
        const auto read = [&](int row, int column) {
          __builtin_prefetch(from[row][column] + offset + ahead);  // the next tile's
          return load(from[row][column] + offset);
        };
        const auto write = [&](int row, int column, Vector value) {
          if (part + 1 < Number::each) {
            before[row * patch + column] = value;
          } else {
            store(place + (row * patch + column) * step, Number::pack(before[row * patch + column], value));
          }
        };
        transformSquare<patch, patch, transformInput>(read, write);
      }
    }
  }
}

// The convolution ----------------------------------------------------------------------------------------------------

/** How many words a transformed filter has. */
template <typename Number>
inline int64_t filterSize(int64_t in, int64_t out) {
  return roundUp(out, columns) / columns * points * pointStep(words<Number>(in) * columns);
}

/**
 * A filter, [3, 3, in, out], as [out / columns][point][words of in][column]. `rotated` gives that of the gradient of the
 * input: the filter, [3, 3, out, in], turned by 180 degrees, with in and out exchanged.
 */
template <typename Number>
inline void transformFilters(const float* filter, int64_t in, int64_t out, bool rotated, float* to, int threads) {
  constexpr int each = Number::each;
  const int64_t step = pointStep(words<Number>(in) * columns);
  parallel(threads, roundUp(out, columns) / lanes, [&](int64_t group) {
    const int64_t o = group * lanes;
    float* panel = to + o / columns * points * step + o % columns;
    float block[9][lanes * each][lanes] = {};  // [place][in][out]
    for (int64_t first = 0; first < in; first += lanes * each) {
      for (int place = 0; place < 9 && o < out; place++) {
        for (int row = 0; row < lanes; row++) {
          if (rotated) {
            const float* from = filter + ((8 - place) * out + o + row) * in + first;
            for (int i = 0; i < lanes * each; i++) block[place][i][row] = from[i];
          } else {
            for (int part = 0; part < each; part++) {
              const int64_t i = row + part * lanes;
              memcpy(block[place][i], filter + (place * in + first + i) * out + o, sizeof block[place][i]);
            }
          }
        }
      }
      for (int i = 0; i < lanes; i++) {
        Vector before[points] = {};
        for (int part = 0; part < each; part++) {
          const auto read = [&](int row, int column) { return load(block[row * 3 + column][i + part * lanes]); };
          const auto write = [&](int row, int column, Vector value) {
            float* place = panel + (row * patch + column) * step + (first / each + i) * columns;
            if (part + 1 < each) {
              before[row * patch + column] = value;
            } else {
              store(place, Number::pack(before[row * patch + column], value));
            }
          };
          transformSquare<3, patch, transformFilter>(read, write);
        }
      }
    }
  });
}

/** Tiles that a thread works on at a time: their patches are to stay in its cache. */
constexpr int64_t tilesAtATime = 16;

/** Results of the block's tiles for `columns` channels from `channel` on, from products [point][tile][column]. */
inline void transformResults(const Shape& shape, const float* products, const Block& block, int64_t channel,
                             const Epilogue& epilogue, float* y) {
  const int64_t height = shape.outHeight(), width = shape.outWidth(), step = pointStep(block.room * columns);
  for (int64_t i = 0; i < block.count; i++) {
    const Tile tile(shape, block.first + i);
    const int64_t down = height - tile.row, across = width - tile.column;
    float* image = y + ((tile.image * height + tile.row) * width + tile.column) * shape.out;
    for (int64_t o = channel; o < std::min(shape.out, channel + columns); o += lanes) {
      const float* from = products + i * columns + o - channel;
      const auto read = [=](int row, int column) { return load(from + (row * patch + column) * step); };
      const auto write = [&](int row, int column, Vector value) {
        if (row < down && column < across) store(image + (row * width + column) * shape.out + o, epilogue(value, o));
      };
      transformSquare<patch, side, transformOutput>(read, write);
    }
  }
}

/** y = x * filter + bias, and ReLU where asked for; the filter is a transformed one. */
template <typename Number>
inline void convolve(const Shape& shape, const float* x, const float* filter, const Epilogue& epilogue, float* y,
                     int threads) {
  const int64_t tiles = shape.tiles(), in = words<Number>(shape.in), filterStep = pointStep(in * columns);
  parallel(threads, (tiles + tilesAtATime - 1) / tilesAtATime, [&](int64_t index) {
    thread_local Scratch scratch;
    const int64_t first = index * tilesAtATime, count = std::min(tilesAtATime, tiles - first), room = roundUp(count, rows);
    const Block block{first, count, room};
    const int64_t patchStep = pointStep(room * lanes), productStep = pointStep(room * columns);
    float* patches = scratch.get(points * (in / lanes * patchStep + productStep) + shape.in);
    float* products = patches + points * in / lanes * patchStep;
    float* zeros = products + points * productStep;
    std::fill_n(zeros, shape.in, 0.f);
    transformPatches<Number, false>(shape, x, block, {0, shape.in}, zeros, patches);
    for (int64_t o = 0; o < shape.out; o += columns) {
      const float* filters = filter + o / columns * points * filterStep;
      for (int64_t point = 0; point < points; point++) {
        for (int64_t row = 0; row < room; row += rows) {
          multiply<Number, 1, lanes, false>(patches + point * patchStep + row * lanes, points * patchStep,
                                            filters + point * filterStep, in / lanes,
                                            products + point * productStep + row * columns, columns);
        }
      }
      transformResults(shape, products, block, o, epilogue, y);
    }
  });
}

// The gradient of the filter -----------------------------------------------------------------------------------------

/**
 * The gradients of the block's tiles as [channels / columns][point][words of tiles][column], zeros in the room after the
 * last; columns of no channel are left as they are. `zeros` for each channel.
 */
template <typename Number>
inline void transformGradients(const Shape& shape, const float* dy, const Block& block, const Channels& channels,
                               const float* zeros, float* to) {
  constexpr int each = Number::each;
  const int64_t step = pointStep(block.room / each * columns);
  const Images images{dy, shape.outHeight(), shape.outWidth(), shape.out};
  for (int64_t i = 0; i < block.room; i += each) {
    const float* at[each][side][side];
    for (int tile = 0; tile < each; tile++) {
      locate(shape, images, 0, block, i + tile, channels.first, zeros, at[tile]);
    }
    const Tile tile(shape, block.first + i), next(shape, block.first + i + each);
    const ptrdiff_t ahead = images.place(next) - images.place(tile);
    for (int64_t o = 0; o < channels.count; o += lanes) {
      float* place = to + o / columns * points * step + i / each * columns + o % columns;
      Vector before[points] = {};
      for (int part = 0; part < each; part++) {
        const auto read = [&](int row, int column) {
          __builtin_prefetch(at[part][row][column] + o + ahead);
          return load(at[part][row][column] + o);
        };
        const auto write = [&](int row, int column, Vector value) {
          if (part + 1 < each) {
            before[row * patch + column] = value;
          } else {
            store(place + (row * patch + column) * step, Number::pack(before[row * patch + column], value));
          }
        };
        transformSquare<side, patch, transformOutputGradient>(read, write);
      }
    }
  }
}

/** Channels in and out whose sums, at all points, a thread keeps in its cache. */
constexpr int64_t channelsAtATime = 128;
constexpr int64_t gradientTilesAtATime = 64;

/** Adds to [3, 3, in, out] what some tiles contribute to some of its channels. */
template <typename Number>
inline void addFilterGradient(const Shape& shape, const float* x, const float* dy, const Block& tiles, const Channels& in,
                              const Channels& out, float* gradient) {
  thread_local Scratch scratch;
  const int64_t width = roundUp(out.count, columns), sumStep = pointStep(in.count * width), atATime = gradientTilesAtATime;
  const int64_t patchesSize = points * in.count / lanes * pointStep(atATime * lanes);
  const int64_t gradientsSize = points * width / columns * pointStep(atATime * columns);
  float* sums = scratch.get(points * sumStep + patchesSize + gradientsSize + channelsAtATime);
  float* patches = sums + points * sumStep;
  float* gradients = patches + patchesSize;
  float* zeros = gradients + gradientsSize;
  std::fill_n(zeros, channelsAtATime, 0.f);
  for (int64_t first = 0; first < tiles.count; first += atATime) {
    const int64_t count = std::min(atATime, tiles.count - first), length = words<Number>(count);
    const Block block{tiles.first + first, count, length * Number::each};
    transformPatches<Number, true>(shape, x, block, in, zeros, patches);
    transformGradients<Number>(shape, dy, block, out, zeros, gradients);
    for (int64_t point = 0; point < points; point++) {
      for (int64_t o = 0; o < width; o += columns) {
        for (int64_t i = 0; i < in.count; i += rows) {
          const float* a = patches + (i / lanes * points + point) * pointStep(length * lanes) + i % lanes;
          const float* b = gradients + (o / columns * points + point) * pointStep(length * columns);
          float* to = sums + point * sumStep + i * width + o;
          const auto product = first == 0 ? multiply<Number, lanes, 1, false> : multiply<Number, lanes, 1, true>;
          product(a, lanes * lanes, b, length / lanes, to, width);
        }
      }
    }
  }
  for (int64_t i = 0; i < in.count; i++) {
    for (int64_t o = 0; o < out.count; o += lanes) {
      const auto read = [&](int row, int column) { return load(sums + (row * patch + column) * sumStep + i * width + o); };
      const auto write = [&](int row, int column, Vector value) {
        float* to = gradient + ((row * 3 + column) * shape.in + in.first + i) * shape.out + out.first + o;
        store(to, load(to) + value);
      };
      transformSquare<patch, 3, transformFilterGradient>(read, write);
    }
  }
}

/** The gradient of the filter, [3, 3, in, out], from the convolution's input and the gradient of its result. */
template <typename Number>
inline void filterGradient(const Shape& shape, const float* x, const float* dy, float* gradient, int threads) {
  const int64_t tiles = shape.tiles(), size = 9 * shape.in * shape.out;
  const int64_t across = (shape.out + channelsAtATime - 1) / channelsAtATime;
  const int64_t squares = (shape.in + channelsAtATime - 1) / channelsAtATime * across;
  // Where there are few squares of channels for the threads, each is computed in parts, from some of the tiles.
  const int64_t wanted = threads > 1 ? (4 * threads + squares - 1) / squares : 1;
  const int64_t parts = std::max<int64_t>(1, std::min(wanted, tiles / (2 * gradientTilesAtATime)));
  thread_local Scratch scratch;
  float* others = parts > 1 ? scratch.get((parts - 1) * size) : nullptr;
  const auto sumOf = [=](int64_t part) { return part == 0 ? gradient : others + (part - 1) * size; };
  parallel(threads, parts, [&](int64_t part) { std::fill_n(sumOf(part), size, 0.f); });
  parallel(threads, squares * parts, [&](int64_t item) {
    const int64_t part = item / squares, square = item % squares;
    const int64_t i = square / across * channelsAtATime, o = square % across * channelsAtATime;
    const int64_t first = part * tiles / parts, count = (part + 1) * tiles / parts - first;
    addFilterGradient<Number>(shape, x, dy, {first, count, count}, {i, std::min(channelsAtATime, shape.in - i)},
                              {o, std::min(channelsAtATime, shape.out - o)}, sumOf(part));
  });
  for (int64_t part = 1; part < parts; part++) {
    for (int64_t i = 0; i < size; i++) gradient[i] += sumOf(part)[i];
  }
}

}  // namespace winograd
