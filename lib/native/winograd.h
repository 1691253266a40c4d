// Convolutions with kernels of 3x3, stride 1, by Winograd's minimal filtering F(4x4, 3x3): 16 results from 36 products
// in the place of 144. Images are [image, row, column, channel], filters [3, 3, channel in, channel out], float32.
// Lavin and Gray, https://arxiv.org/abs/1509.09308; the polynomials' points are 0, the roots of 1/2 and 2 with both signs,
// and infinity, which halve the rounding errors of the paper's 0, 1, -1, 2, -2 and infinity.
#pragma once

#include "parallel.h"
#include "pooling.h"
#include "vectors.h"

namespace winograd {

using namespace vectors;

constexpr int side = 4;            // of a tile of results
constexpr int patch = side + 2;    // side of the pixels that a tile is computed from
constexpr int points = patch * patch;

/**
 * A convolution; `padding` pixels of zeros are added on each side: 0 for "valid", 1 for "same". Where max pooling of 2x2
 * drops a last odd row or column of results, they are not computed.
 */
struct Shape {
  int64_t images, height, width, in, out, padding;
  bool pooled;

  int64_t outHeight() const { return kept(height + 2 * padding - 2); }
  int64_t outWidth() const { return kept(width + 2 * padding - 2); }
  int64_t kept(int64_t results) const { return pooled ? results / pooling::window * pooling::window : results; }
  int64_t tilesDown() const { return (outHeight() + side - 1) / side; }
  int64_t tilesAcross() const { return (outWidth() + side - 1) / side; }
  int64_t tilesOfImage() const { return tilesDown() * tilesAcross(); }
  int64_t tiles() const { return images * tilesOfImage(); }
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

/** The transpose of `transformInput`. */
inline void transformInputGradient(const Vector (&v)[patch], Vector (&to)[patch]) {
  const Vector sum = v[1] + v[2], difference = near * (v[1] - v[2]);
  const Vector sumFar = v[3] + v[4], differenceFar = far * (v[3] - v[4]);
  to[0] = v[0];
  to[1] = v[5] - 2 * difference - 0.5f * differenceFar;
  to[2] = -2.5f * v[0] - 2 * sum - 0.5f * sumFar;
  to[3] = difference + differenceFar - 2.5f * v[5];
  to[4] = v[0] + sum + sumFar;
  to[5] = v[5];
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
    image = index / shape.tilesOfImage();
    row = index % shape.tilesOfImage() / shape.tilesAcross() * side;
    column = index % shape.tilesAcross() * side;
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

/** Images, [image, height, width, channels]; outside of them are zeros, of which there are as many as channels. */
struct Images {
  const float* values;
  int64_t height, width, channels;
  const float* zeros;

  int64_t offset(int64_t image, int64_t row, int64_t column) const {
    return ((image * height + row) * width + column) * channels;
  }
  bool has(int64_t row, int64_t column) const {
    return (row >= 0) & (row < height) & (column >= 0) & (column < width);
  }
};

/** The pixels that a tile is computed from, or its gradients: a square that begins `padding` before the tile. */
template <int size>
struct Square {
  static constexpr int read = size;
  const float* at[size][size];
  ptrdiff_t ahead;  // to the pixels of the tile that is read next

  struct Source {
    using Reader = Square;
    Images images;
    int64_t padding;
  };

  void locate(const Source& source, const Tile& tile, const Tile& next, bool there) {
    const auto& [images, padding] = source;
    for (int y = 0; y < size; y++) {
      for (int x = 0; x < size; x++) {
        const int64_t row = tile.row - padding + y, column = tile.column - padding + x;
        at[y][x] = there & images.has(row, column) ? images.values + images.offset(tile.image, row, column) : images.zeros;
      }
    }
    ahead = images.offset(next.image, next.row, next.column) - images.offset(tile.image, tile.row, tile.column);
  }

  Vector operator()(int row, int column, int64_t channel) const {
    __builtin_prefetch(at[row][column] + channel + ahead);
    return load(at[row][column] + channel);
  }
};

/** A tile's gradients behind max pooling: of each window, the place of the largest number has them. */
struct Windows {
  static constexpr int read = side;
  static constexpr int across = side / pooling::window;
  Square<across> gradients;
  const uint8_t* places[across][across];

  struct Source {
    using Reader = Windows;
    Images images;
    const uint8_t* places;
  };

  void locate(const Source& source, const Tile& tile, const Tile& next, bool there) {
    const auto& [images, from] = source;
    gradients.locate({images, 0}, windowOf(tile), windowOf(next), there);
    for (int y = 0; y < across; y++) {
      for (int x = 0; x < across; x++) {
        const float* at = gradients.at[y][x];
        places[y][x] = at == images.zeros ? reinterpret_cast<const uint8_t*>(at) : from + (at - images.values);
      }
    }
  }

  Vector operator()(int row, int column, int64_t channel) const {
    const int y = row / pooling::window, x = column / pooling::window;
    return pooling::partOf(gradients(y, x, channel), loadBytes(places[y][x] + channel), row % pooling::window,
                           column % pooling::window);
  }

  static Tile windowOf(Tile tile) {
    tile.row /= pooling::window;
    tile.column /= pooling::window;
    return tile;
  }
};

/** How many words hold the numbers of a row of a matrix, whole vectors of them. */
template <typename Number>
inline int64_t words(int64_t numbers) {
  return roundUp(numbers, lanes * Number::each) / Number::each;
}

/**
 * The block's tiles, read by a `Reader` and transformed, as [words of channels / width][point][tile][width], zeros in the
 * room after the last. A word holds some of the channels, or, with `pairsTiles`, of the tiles, of which there are then
 * fewer. Where the last group has more words than there are channels, they are left as they are.
 */
template <typename Number, bool pairsTiles, int width, typename Reader,
          void (*transform)(const Vector (&)[Reader::read], Vector (&)[patch])>
inline void transformTiles(const Shape& shape, const typename Reader::Source& source, const Block& block,
                           const Channels& channels, float* to) {
  constexpr int tilesEach = pairsTiles ? Number::each : 1, channelsEach = pairsTiles ? 1 : Number::each;
  const int64_t step = pointStep(block.room / tilesEach * width);
  for (int64_t i = 0; i < block.room; i += tilesEach) {
    Reader readers[tilesEach];
    for (int tile = 0; tile < tilesEach; tile++) {
      const int64_t index = block.first + i + tile;
      readers[tile].locate(source, Tile(shape, index), Tile(shape, index + tilesEach), i + tile < block.count);
    }
    for (int64_t channel = 0; channel < channels.count; channel += lanes * channelsEach) {
      const int64_t word = channel / channelsEach;
      float* place = to + word / width * points * step + i / tilesEach * width + word % width;
      Vector before[points] = {};  // the first numbers of the words, until the last are there
      for (int part = 0; part < Number::each; part++) {
        const Reader& reader = readers[pairsTiles ? part : 0];
        const int64_t from = channels.first + channel + (pairsTiles ? 0 : part * lanes);
        const auto read = [&](int row, int column) { return reader(row, column, from); };
        const auto write = [&](int row, int column, Vector value) {
          if (part + 1 < Number::each) {
            before[row * patch + column] = value;
          } else {
            store(place + (row * patch + column) * step, Number::pack(before[row * patch + column], value));
          }
        };
        transformSquare<Reader::read, patch, transform>(read, write);
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
 * A filter, [3, 3, in, out], as [out / columns][point][words of in][column]. `transposed` reads [3, 3, out, in], as the
 * gradient of the input wants it.
 */
template <typename Number>
inline void transformFilters(const float* filter, int64_t in, int64_t out, bool transposed, float* to, int threads) {
  constexpr int each = Number::each;
  const int64_t step = pointStep(words<Number>(in) * columns);
  parallel(threads, roundUp(out, columns) / lanes, [&](int64_t group) {
    const int64_t o = group * lanes;
    float* panel = to + o / columns * points * step + o % columns;
    float block[9][lanes * each][lanes] = {};  // [place][in][out]
    for (int64_t first = 0; first < in; first += lanes * each) {
      for (int place = 0; place < 9 && o < out; place++) {
        for (int row = 0; row < lanes; row++) {
          if (transposed) {
            const float* from = filter + (place * out + o + row) * in + first;
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

/**
 * Products, [point][tile][column], of the block's tiles, [words of in / lanes][point][tile][lane], and `columns` channels of
 * a filter.
 */
template <typename Number>
inline void multiplyTiles(const Block& block, int64_t words, const float* tiles, const float* filter, float* products) {
  const int64_t tileStep = pointStep(block.room * lanes), filterStep = pointStep(words * columns);
  const int64_t productStep = pointStep(block.room * columns);
  for (int64_t point = 0; point < points; point++) {
    for (int64_t row = 0; row < block.room; row += rows) {
      multiply<Number, 1, lanes, false>(tiles + point * tileStep + row * lanes, points * tileStep,
                                        filter + point * filterStep, words / lanes,
                                        products + point * productStep + row * columns, columns);
    }
  }
}

/** Hands on (tile, first of a vector of channels, square), transformed from products [point][tile][column]. */
template <int size, void (*transform)(const Vector (&)[patch], Vector (&)[size]), typename Take>
inline void transformProducts(const Shape& shape, const float* products, const Block& block, const Channels& channels,
                              const Take& take) {
  const int64_t step = pointStep(block.room * columns);
  for (int64_t i = 0; i < block.count; i++) {
    const Tile tile(shape, block.first + i);
    for (int64_t channel = 0; channel < channels.count; channel += lanes) {
      const float* from = products + i * columns + channel;
      Vector square[size][size];
      transformSquare<patch, size, transform>(
          [=](int row, int column) { return load(from + (row * patch + column) * step); },
          [&](int row, int column, Vector value) { square[row][column] = value; });
      take(tile, channels.first + channel, square);
    }
  }
}

/**
 * Calls `take(block, channels, products)` for all channels of the tiles from `first` on, `columns` at a time: their products
 * with a filter that `transformFilters` made for `in` channels of theirs.
 */
template <typename Number, typename Reader, void (*transform)(const Vector (&)[Reader::read], Vector (&)[patch]),
          typename Take>
inline void multiplyBlock(const Shape& shape, const typename Reader::Source& source, int64_t first, int64_t count,
                          int64_t in, int64_t out, const float* filter, const Take& take) {
  thread_local Scratch scratch;
  const Block block{first, count, roundUp(count, rows)};
  const int64_t length = words<Number>(in), size = points * length / lanes * pointStep(block.room * lanes);
  float* tiles = scratch.get(size + points * pointStep(block.room * columns));
  float* products = tiles + size;
  transformTiles<Number, false, lanes, Reader, transform>(shape, source, block, {0, in}, tiles);
  for (int64_t o = 0; o < out; o += columns) {
    multiplyTiles<Number>(block, length, tiles, filter + o / columns * points * pointStep(length * columns), products);
    take(block, Channels{o, std::min<int64_t>(columns, out - o)}, products);
  }
}

/** y = x * filter + bias, and ReLU where asked for; the filter is a transformed one. Places only where it is pooled. */
template <typename Number>
inline void convolve(const Shape& shape, const Images& x, const float* filter, const Epilogue& epilogue,
                     const pooling::Pooled& y, int threads) {
  const int64_t tiles = shape.tiles(), height = shape.outHeight(), width = shape.outWidth(), out = shape.out;
  const auto take = [&](const Tile& tile, int64_t channel, const Vector (&results)[side][side]) {
    const int64_t down = std::min<int64_t>(side, height - tile.row), across = std::min<int64_t>(side, width - tile.column);
    const auto place = [&](int64_t row, int64_t column, int64_t stride) {
      const int64_t down = (tile.image * height + tile.row + row) / stride, across = (tile.column + column) / stride;
      return (down * (width / stride) + across) * out + channel;
    };
    if (shape.pooled) {
      for (int row = 0; row < down; row += pooling::window) {
        for (int column = 0; column < across; column += pooling::window) {
          pooling::pool([&](int y, int x) { return results[row + y][column + x]; }, epilogue, channel, y,
                        place(row, column, pooling::window));
        }
      }
    } else {
      for (int row = 0; row < down; row++) {
        for (int column = 0; column < across; column++) {
          store(y.values + place(row, column, 1), epilogue(results[row][column], channel));
        }
      }
    }
  };
  parallel(threads, (tiles + tilesAtATime - 1) / tilesAtATime, [&](int64_t index) {
    const int64_t first = index * tilesAtATime;
    multiplyBlock<Number, Square<patch>, transformInput>(
        shape, {x, shape.padding}, first, std::min(tilesAtATime, tiles - first), shape.in, out, filter,
        [&](const Block& block, const Channels& channels, const float* products) {
          transformProducts<side, transformOutput>(shape, products, block, channels, take);
        });
  });
}

// The gradient of the input ------------------------------------------------------------------------------------------

/** From the gradient of the result and a transformed filter, transposed. */
template <typename Number, typename Source>
inline void inputGradient(const Shape& shape, const Source& dy, const float* filter, float* dx, int threads) {
  const int64_t each = shape.tilesOfImage(), size = shape.height * shape.width * shape.in;
  // What tiles contribute overlaps: a thread takes whole images.
  const auto take = [&](const Tile& tile, int64_t channel, const Vector (&gradients)[patch][patch]) {
    float* image = dx + tile.image * size + channel;
    for (int y = 0; y < patch; y++) {
      const int64_t row = tile.row - shape.padding + y;
      if (row < 0 || row >= shape.height) continue;
      for (int x = 0; x < patch; x++) {
        const int64_t column = tile.column - shape.padding + x;
        if (column < 0 || column >= shape.width) continue;
        float* to = image + (row * shape.width + column) * shape.in;
        store(to, load(to) + gradients[y][x]);
      }
    }
  };
  const int64_t parts = threads > 1 ? std::min<int64_t>(shape.images, 4 * threads) : 1;
  parallel(threads, parts, [&](int64_t part) {
    const int64_t end = (part + 1) * shape.images / parts * each;
    for (int64_t first = part * shape.images / parts * each; first < end; first += tilesAtATime) {
      const int64_t count = std::min(tilesAtATime, end - first);
      const int64_t begun = (first + each - 1) / each, next = (first + count + each - 1) / each;
      std::fill(dx + begun * size, dx + next * size, 0.f);
      multiplyBlock<Number, typename Source::Reader, transformOutputGradient>(
          shape, dy, first, count, shape.out, shape.in, filter,
          [&](const Block& block, const Channels& channels, const float* products) {
            transformProducts<patch, transformInputGradient>(shape, products, block, channels, take);
          });
    }
  });
}

// The gradient of the filter -----------------------------------------------------------------------------------------

/** Channels in and out whose sums, at all points, a thread keeps in its cache. */
constexpr int64_t channelsAtATime = 128;
constexpr int64_t gradientTilesAtATime = 64;

/** Adds to [3, 3, in, out] what some tiles contribute to some of its channels. */
template <typename Number, typename Source>
inline void addFilterGradient(const Shape& shape, const Images& x, const Source& dy, const Block& tiles, const Channels& in,
                              const Channels& out, float* gradient) {
  thread_local Scratch scratch;
  const int64_t width = roundUp(out.count, columns), sumStep = pointStep(in.count * width), atATime = gradientTilesAtATime;
  const int64_t patchesSize = points * in.count / lanes * pointStep(atATime * lanes);
  const int64_t gradientsSize = points * width / columns * pointStep(atATime * columns);
  float* sums = scratch.get(points * sumStep + patchesSize + gradientsSize);
  float* patches = sums + points * sumStep;
  float* gradients = patches + patchesSize;
  for (int64_t first = 0; first < tiles.count; first += atATime) {
    const int64_t count = std::min(atATime, tiles.count - first), length = words<Number>(count);
    const Block block{tiles.first + first, count, length * Number::each};
    transformTiles<Number, true, lanes, Square<patch>, transformInput>(shape, {x, shape.padding}, block, in, patches);
    transformTiles<Number, true, columns, typename Source::Reader, transformOutputGradient>(shape, dy, block, out,
                                                                                            gradients);
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
template <typename Number, typename Source>
inline void filterGradient(const Shape& shape, const Images& x, const Source& dy, float* gradient, int threads) {
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
