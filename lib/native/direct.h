// Convolutions of images with few channels, such as pixels, stride 1: all products of a pixel with its neighbours are
// summed up in registers. Images are [image, row, column, channel], filters [row, column, channel in, channel out], float32.
#pragma once

#include <type_traits>

#include "parallel.h"
#include "pooling.h"
#include "vectors.h"

namespace direct {

using namespace vectors;

constexpr int mostIn = 4;     // channels
constexpr int mostWide = 12;  // numbers of one row of the kernel, its width times the channels

/** A convolution; zeros are added around the image as TensorFlow's "SAME" does, or none. */
struct Shape {
  int64_t images, height, width, in, kernelHeight, kernelWidth, out;
  bool same;

  int64_t outHeight() const { return same ? height : height - kernelHeight + 1; }
  int64_t outWidth() const { return same ? width : width - kernelWidth + 1; }
  int64_t top() const { return same ? (kernelHeight - 1) / 2 : 0; }
  int64_t left() const { return same ? (kernelWidth - 1) / 2 : 0; }
  /** Numbers of one row of the kernel. */
  int64_t wide() const { return kernelWidth * in; }
  /** Numbers of a row of the image, with zeros around it up to whole groups of results. */
  int64_t line() const { return (roundUp(outWidth(), rows) + kernelWidth) * in; }
};

/** `count` rows of the image, from the first on that row `row` of the result is computed from, with zeros around. */
inline void readLines(const Shape& shape, const float* image, int64_t row, int64_t count, float* lines) {
  std::fill_n(lines, count * shape.line(), 0.f);
  for (int64_t y = 0; y < count; y++) {
    const int64_t from = row + y - shape.top();
    if (from < 0 || from >= shape.height) continue;
    memcpy(lines + y * shape.line() + shape.left() * shape.in, image + from * shape.width * shape.in,
           shape.width * shape.in * sizeof(float));
  }
}

/** Sums for `rows` pixels, in `down` rows of them, and `columns` channels. */
template <int in, int down>
inline void convolvePixels(const Shape& shape, const float* lines, const float* filter, Vector (&sums)[rows][2]) {
  constexpr int across = rows / down;
  for (int64_t line = 0; line < shape.kernelHeight; line++, lines += shape.line()) {
    const float* below[down];
    for (int row = 0; row < down; row++) below[row] = lines + row * shape.line();
    for (int64_t i = 0; i < shape.wide(); i++, filter += columns) {
      const Vector left = load(filter), right = load(filter + lanes);
      for (int pixel = 0; pixel < rows; pixel++) {
        const float factor = below[pixel / across][i + pixel % across * in];
        sums[pixel][0] += factor * left;
        sums[pixel][1] += factor * right;
      }
    }
  }
}

/** A filter as [channel out / columns][row, column, channel in][column]. */
inline float* pack(const Shape& shape, const float* filter) {
  thread_local Scratch scratch;
  const int64_t products = shape.kernelHeight * shape.wide(), out = roundUp(shape.out, columns);
  float* panels = scratch.get(products * out);
  for (int64_t o = 0; o < out; o++) {
    for (int64_t i = 0; i < products; i++) {
      panels[(o / columns * products + i) * columns + o % columns] = o < shape.out ? filter[i * shape.out + o] : 0;
    }
  }
  return panels;
}

/**
 * Calls `take(image, row, column, channel, vectors)` with all sums of products, from those of `rows` pixels on, in `down`
 * rows of them, and of `columns` channels; some are beyond the last.
 */
template <int in, int down, typename Take>
inline void convolveImages(const Shape& shape, const float* x, const float* filter, int threads, const Take& take) {
  const float* panels = pack(shape, filter);
  parallel(threads, shape.images, [&, panels](int64_t image) {
    thread_local Scratch scratch;
    const int64_t count = shape.kernelHeight + down - 1;
    float* lines = scratch.get(count * shape.line());
    for (int64_t row = 0; row + down <= shape.outHeight(); row += down) {
      readLines(shape, x + image * shape.height * shape.width * in, row, count, lines);
      for (int64_t column = 0; column < shape.outWidth(); column += rows / down) {
        for (int64_t o = 0; o < shape.out; o += columns) {
          Vector sums[rows][2] = {};
          convolvePixels<in, down>(shape, lines + column * in, panels + o * shape.kernelHeight * shape.wide(), sums);
          for (int half = 0; half < 2 && o + half * lanes < shape.out; half++) {
            take(image, row, column, o + half * lanes, [&](int y, int x) { return sums[y * (rows / down) + x][half]; });
          }
        }
      }
    }
  });
}

/** y = x * filter + bias, and ReLU where asked for. */
template <int in>
inline void convolve(const Shape& shape, const float* x, const float* filter, const Epilogue& epilogue, float* y,
                     int threads) {
  const int64_t width = shape.outWidth();
  const auto take = [&](int64_t image, int64_t row, int64_t column, int64_t channel, const auto& read) {
    for (int i = 0; i < rows && column + i < width; i++) {
      const int64_t pixel = (image * shape.outHeight() + row) * width + column + i;
      store(y + pixel * shape.out + channel, epilogue(read(0, i), channel));
    }
  };
  convolveImages<in, 1>(shape, x, filter, threads, take);
}

/** The same with max pooling of 2x2 behind it, which drops a last odd row or column. */
template <int in>
inline void convolveAndPool(const Shape& shape, const float* x, const float* filter, const Epilogue& epilogue,
                            const pooling::Pooled& y, int threads) {
  const int64_t height = shape.outHeight() / 2, width = shape.outWidth() / 2;
  const auto take = [&](int64_t image, int64_t row, int64_t column, int64_t channel, const auto& read) {
    for (int i = 0; i < rows / 4 && column / 2 + i < width; i++) {
      pooling::pool([&](int down, int across) { return read(down, 2 * i + across); }, epilogue, channel, y,
                    ((image * height + row / 2) * width + column / 2 + i) * shape.out + channel);
    }
  };
  convolveImages<in, 2>(shape, x, filter, threads, take);
}

/** Adds to the gradient of one row of the kernel, [wide, out], what a row of results contributes to some channels. */
template <int wide, int vectorsOut>
inline void addRow(int64_t pixels, int64_t in, const float* line, const float* dy, int64_t out, float* gradient) {
  Vector sums[wide][vectorsOut];
  for (int i = 0; i < wide; i++) {
    for (int o = 0; o < vectorsOut; o++) sums[i][o] = load(gradient + i * out + o * lanes);
  }
  for (int64_t pixel = 0; pixel < pixels; pixel++, line += in, dy += out) {
    for (int o = 0; o < vectorsOut; o++) {
      const Vector outcome = load(dy + o * lanes);
      for (int i = 0; i < wide; i++) sums[i][o] += line[i] * outcome;
    }
  }
  for (int i = 0; i < wide; i++) {
    for (int o = 0; o < vectorsOut; o++) store(gradient + i * out + o * lanes, sums[i][o]);
  }
}

/** The same from gradients behind max pooling: each belongs to one of the two times two pixels of its window. */
template <int wide>
inline void addWindows(int64_t windows, int64_t in, const float* upper, const float* lower, const float* dy,
                       const uint8_t* places, int64_t out, float* gradient) {
  Vector sums[wide];
  for (int i = 0; i < wide; i++) sums[i] = load(gradient + i * out);
  for (int64_t window = 0; window < windows; window++, upper += 2 * in, lower += 2 * in, dy += out, places += out) {
    const Vector outcome = load(dy);
    const Places place = loadBytes(places);
#ifdef __AVX512F__
    // The numbers that the lanes take, of those of the upper line and of the lower.
    const Places first = (place & 1) * static_cast<int32_t>(in) + (place >> 1) * lanes;
    const Vector left = load(upper), right = load(lower);
    for (int i = 0; i < wide; i++) sums[i] += outcome * pick(left, right, first + i);
#else
    for (int row = 0; row < 2; row++) {
      for (int column = 0; column < 2; column++) {
        const float* line = (row == 0 ? upper : lower) + column * in;
        const Vector part = pooling::partOf(outcome, place, row, column);
        for (int i = 0; i < wide; i++) sums[i] += line[i] * part;
      }
    }
#endif
  }
  for (int i = 0; i < wide; i++) store(gradient + i * out, sums[i]);
}

/** Calls `body` with the constant that equals `value`. */
template <int constant = 1, typename Body>
inline void withConstant(int64_t value, const Body& body) {
  if (value == constant) return body(std::integral_constant<int, constant>{});
  if constexpr (constant < mostWide) withConstant<constant + 1>(value, body);
}

/** The gradient of the filter; `add(image, lines, sum)` adds what an image contributes, with room for lines of images. */
template <typename Add>
inline void sumOverImages(const Shape& shape, float* gradient, int threads, const Add& add) {
  const int64_t size = shape.kernelHeight * shape.wide() * shape.out;
  const int64_t parts = threads > 1 ? std::min<int64_t>(shape.images, 4 * threads) : 1;
  thread_local Scratch scratch;
  float* sums = parts > 1 ? scratch.get(parts * size) : gradient;
  parallel(threads, parts, [&, sums](int64_t part) {
    thread_local Scratch own;
    float* lines = own.get((shape.kernelHeight + 1) * shape.line() + lanes);  // vectors may reach beyond the last
    float* sum = sums + part * size;
    std::fill_n(sum, size, 0.f);
    for (int64_t image = part * shape.images / parts; image < (part + 1) * shape.images / parts; image++) {
      add(image, lines, sum);
    }
  });
  if (parts == 1) return;
  std::copy_n(sums, size, gradient);
  for (int64_t part = 1; part < parts; part++) {
    for (int64_t i = 0; i < size; i++) gradient[i] += sums[part * size + i];
  }
}

/** The gradient of the filter, from the convolution's input and the gradient of its result. */
inline void filterGradient(const Shape& shape, const float* x, const float* dy, float* gradient, int threads) {
  const int64_t width = shape.outWidth(), out = shape.out;
  sumOverImages(shape, gradient, threads, [&](int64_t image, float* lines, float* sum) {
    for (int64_t row = 0; row < shape.outHeight(); row++) {
      readLines(shape, x + image * shape.height * shape.width * shape.in, row, shape.kernelHeight, lines);
      const float* from = dy + (image * shape.outHeight() + row) * width * out;
      for (int64_t o = 0; o < out; o += columns) {
        withConstant(shape.wide(), [&](auto wide) {
          const auto add = o + lanes < out ? addRow<wide, 2> : addRow<wide, 1>;
          for (int64_t line = 0; line < shape.kernelHeight; line++) {
            add(width, shape.in, lines + line * shape.line(), from + o, out, sum + line * wide * out + o);
          }
        });
      }
    }
  });
}

/** The same behind `convolveAndPool`, from the gradient of what was pooled. */
inline void pooledFilterGradient(const Shape& shape, const float* x, const float* dy, const uint8_t* places,
                                 float* gradient, int threads) {
  const int64_t height = shape.outHeight() / 2, width = shape.outWidth() / 2, out = shape.out;
  sumOverImages(shape, gradient, threads, [&](int64_t image, float* lines, float* sum) {
    for (int64_t row = 0; row < height; row++) {
      readLines(shape, x + image * shape.height * shape.width * shape.in, 2 * row, shape.kernelHeight + 1, lines);
      const int64_t from = (image * height + row) * width * out;
      for (int64_t o = 0; o < out; o += lanes) {
        withConstant(shape.wide(), [&](auto wide) {
          for (int64_t line = 0; line < shape.kernelHeight; line++) {
            const float* upper = lines + line * shape.line();
            addWindows<wide>(width, shape.in, upper, upper + shape.line(), dy + from + o, places + from + o, out,
                             sum + line * wide * out + o);
          }
        });
      }
    }
  });
}

}  // namespace direct
