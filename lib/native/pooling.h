// Max pooling of 2x2 pixels, stride 2. Where in its window a largest number was is told by its place: 0 to 3, row by row.
#pragma once

#include "vectors.h"

namespace pooling {

using namespace vectors;

constexpr int window = 2;  // its side

/** What pooling gives: numbers, and the place of each. */
struct Pooled {
  float* values;
  uint8_t* places;
};

/** Writes the largest numbers of a window at `to`, with bias and ReLU behind; of equal ones the first counts. */
template <typename Read>
inline void pool(const Read& read, const Epilogue& epilogue, int64_t channel, const Pooled& results, int64_t to) {
  Vector largest = read(0, 0);
  Places place = {};
  for (int number = 1; number < window * window; number++) {
    const Vector value = read(number / window, number % window);
    const auto larger = (value > largest) | (value != value);  // a NaN, as TensorFlow has it
    place = larger ? Places{} + number : place;
    largest = larger ? value : largest;
  }
  store(results.values + to, epilogue(largest, channel));
  storeBytes(results.places + to, place);
}

/** What of a gradient belongs to a place. */
inline Vector partOf(Vector gradient, Places places, int row, int column) {
  return places == row * window + column ? gradient : Vector{};
}

}  // namespace pooling
