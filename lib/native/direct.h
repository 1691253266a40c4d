// Convolutions of images with few channels, such as pixels, stride 1: all products of a pixel with its neighbours are
// summed up in registers. Images are [image, row, column, channel], filters [row, column, channel in, channel out], float32.
#pragma once

#include "parallel.h"
#include "vectors.h"

namespace direct {

using namespace vectors;

constexpr int64_t mostIn = 4;     // channels
constexpr int64_t mostWide = 12;  // numbers of one row of the kernel, its width times the channels

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

/** The rows of the image that row `row` of the result is computed from, with zeros around. */
inline void readLines(const Shape& shape, const float* image, int64_t row, float* lines) {
  std::fill_n(lines, shape.kernelHeight * shape.line(), 0.f);
  for (int64_t y = 0; y < shape.kernelHeight; y++) {
    const int64_t from = row + y - shape.top();
    if (from < 0 || from >= shape.height) continue;
    memcpy(lines + y * shape.line() + shape.left() * shape.in, image + from * shape.width * shape.in,
           shape.width * shape.in * sizeof(float));
  }
}

/** Sums for `rows` pixels and `columns` channels, handed on as (pixel, half of the columns, vector). */
template <int in, typename Take>
inline void convolvePixels(const Shape& shape, const float* lines, const float* filter, const Take& take) {
  Vector sums[rows][2] = {};
  for (int64_t line = 0; line < shape.kernelHeight; line++, lines += shape.line()) {
    for (int64_t i = 0; i < shape.wide(); i++, filter += columns) {
      const Vector left = load(filter), right = load(filter + lanes);
      for (int pixel = 0; pixel < rows; pixel++) {
        const float factor = lines[i + pixel * in];
        sums[pixel][0] += factor * left;
        sums[pixel][1] += factor * right;
      }
    }
  }
  for (int half = 0; half < 2; half++) {
    for (int pixel = 0; pixel < rows; pixel++) take(pixel, half, sums[pixel][half]);
  }
}

/** One row of results, [column, channel out], whole groups of `rows` columns; `panels` are the packed filter. */
template <int in>
inline void convolveRow(const Shape& shape, const float* image, const float* panels, const Epilogue& epilogue, int64_t row,
                        float* lines, float* to) {
  const int64_t products = shape.kernelHeight * shape.wide();
  readLines(shape, image, row, lines);
  for (int64_t column = 0; column < shape.outWidth(); column += rows) {
    for (int64_t o = 0; o < shape.out; o += columns) {
      convolvePixels<in>(shape, lines + column * in, panels + o * products, [&](int pixel, int half, Vector sum) {
        const int64_t channel = o + half * lanes, x = column + pixel;
        if (x < shape.outWidth() && channel < shape.out) store(to + x * shape.out + channel, epilogue(sum, channel));
      });
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

/** y = x * filter + bias, and ReLU where asked for. */
template <int in>
inline void convolve(const Shape& shape, const float* x, const float* filter, const Epilogue& epilogue, float* y,
                     int threads) {
  const float* panels = pack(shape, filter);
  parallel(threads, shape.images, [&, panels](int64_t image) {
    thread_local Scratch scratch;
    float* lines = scratch.get(shape.kernelHeight * shape.line());
    for (int64_t row = 0; row < shape.outHeight(); row++) {
      convolveRow<in>(shape, x + image * shape.height * shape.width * in, panels, epilogue, row, lines,
                      y + (image * shape.outHeight() + row) * shape.outWidth() * shape.out);
    }
  });
}

/**
 * The same with max pooling of 2x2 behind it, stride 2, which drops a last odd row or column. `places` tells where in its
 * window the largest number was, 0 to 3 row by row, the first of equal ones.
 */
template <int in>
inline void convolveAndPool(const Shape& shape, const float* x, const float* filter, const Epilogue& epilogue, float* y,
                            uint8_t* places, int threads) {
  const float* panels = pack(shape, filter);
  const int64_t height = shape.outHeight() / 2, width = shape.outWidth() / 2, out = shape.out;
  parallel(threads, shape.images, [&, panels](int64_t image) {
    thread_local Scratch scratch;
    const int64_t size = shape.kernelHeight * shape.line();
    float* lines = scratch.get(size + 2 * shape.outWidth() * out);
    float* upper = lines + size;
    float* lower = upper + shape.outWidth() * out;
    for (int64_t row = 0; row < height; row++) {
      const float* from = x + image * shape.height * shape.width * in;
      convolveRow<in>(shape, from, panels, epilogue, 2 * row, lines, upper);
      convolveRow<in>(shape, from, panels, epilogue, 2 * row + 1, lines, lower);
      for (int64_t column = 0; column < width; column++) {
        const int64_t to = ((image * height + row) * width + column) * out;
        for (int64_t o = 0; o < out; o += lanes) {
          const int64_t left = 2 * column * out + o, right = left + out;
          Vector largest = load(upper + left);
          Places place = {};
          int number = 0;
          for (const float* candidate : {upper + right, lower + left, lower + right}) {
            const Vector value = load(candidate);
            const auto larger = (value > largest) | (value != value);  // a NaN, as TensorFlow has it
            number++;
            place = larger ? Places{} + number : place;
            largest = larger ? value : largest;
          }
          store(y + to + o, largest);
          storeBytes(places + to + o, place);
        }
      }
    }
  });
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

typedef void (*AddRow)(int64_t, int64_t, const float*, const float*, int64_t, float*);
template <int vectorsOut>
constexpr AddRow addRows[mostWide] = {addRow<1, vectorsOut>,  addRow<2, vectorsOut>,  addRow<3, vectorsOut>,
                                      addRow<4, vectorsOut>,  addRow<5, vectorsOut>,  addRow<6, vectorsOut>,
                                      addRow<7, vectorsOut>,  addRow<8, vectorsOut>,  addRow<9, vectorsOut>,
                                      addRow<10, vectorsOut>, addRow<11, vectorsOut>, addRow<12, vectorsOut>};

/**
 * `readRow(image, row, scratch)` answers a row, [column, channel out], of the gradient of the convolution's result, or none
 * where all are zeros.
 */
template <typename ReadRow>
inline void filterGradientOfRows(const Shape& shape, const float* x, const ReadRow& readRow, float* gradient, int threads) {
  const int64_t size = shape.kernelHeight * shape.wide() * shape.out;
  const int64_t parts = threads > 1 ? std::min<int64_t>(shape.images, 4 * threads) : 1;
  thread_local Scratch scratch;
  float* sums = parts > 1 ? scratch.get(parts * size) : gradient;
  parallel(threads, parts, [&, sums](int64_t part) {
    thread_local Scratch own;
    float* lines = own.get(shape.kernelHeight * shape.line() + shape.outWidth() * shape.out);
    float* sum = sums + part * size;
    std::fill_n(sum, size, 0.f);
    for (int64_t image = part * shape.images / parts; image < (part + 1) * shape.images / parts; image++) {
      for (int64_t row = 0; row < shape.outHeight(); row++) {
        readLines(shape, x + image * shape.height * shape.width * shape.in, row, lines);
        const float* dy = readRow(image, row, lines + shape.kernelHeight * shape.line());
        if (dy == nullptr) continue;
        for (int64_t o = 0; o < shape.out; o += columns) {
          const AddRow add = (o + lanes < shape.out ? addRows<2> : addRows<1>)[shape.wide() - 1];
          for (int64_t line = 0; line < shape.kernelHeight; line++) {
            add(shape.outWidth(), shape.in, lines + line * shape.line(), dy + o, shape.out,
                sum + line * shape.wide() * shape.out + o);
          }
        }
      }
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
  const auto readRow = [&](int64_t image, int64_t row, float*) {
    return dy + (image * shape.outHeight() + row) * shape.outWidth() * shape.out;
  };
  filterGradientOfRows(shape, x, readRow, gradient, threads);
}

/** The same behind `convolveAndPool`, from the gradient of what was pooled: each number belongs to one place. */
inline void pooledFilterGradient(const Shape& shape, const float* x, const float* dy, const uint8_t* places,
                                 float* gradient, int threads) {
  const int64_t height = shape.outHeight() / 2, width = shape.outWidth() / 2, out = shape.out;
  const auto readRow = [&](int64_t image, int64_t row, float* to) -> const float* {
    if (row / 2 >= height) return nullptr;
    const int64_t from = (image * height + row / 2) * width * out;
    const int32_t first = row % 2 * 2;
    for (int64_t i = 0; i < width * out; i += lanes) {
      const Places place = loadBytes(places + from + i);
      const Vector value = load(dy + from + i);
      float* pixel = to + i / out * 2 * out + i % out;
      store(pixel, place == first ? value : Vector{});
      store(pixel + out, place == first + 1 ? value : Vector{});
    }
    std::fill(to + 2 * width * out, to + shape.outWidth() * out, 0.f);
    return to;
  };
  filterGradientOfRows(shape, x, readRow, gradient, threads);
}

}  // namespace direct
