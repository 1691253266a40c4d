// What the kernels of this folder have in common: vectors as wide as the processor's, and products of small matrices that
// fill its registers.
#pragma once

#include <immintrin.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>

namespace vectors {

// Of a matrix product, `rows` by `columns` sums are in registers at a time.
#ifdef __AVX512F__
constexpr int lanes = 16, rows = 8;
#else
constexpr int lanes = 8, rows = 4;
#endif
constexpr int columns = 2 * lanes;
typedef float Vector __attribute__((vector_size(lanes * sizeof(float))));

inline int64_t roundUp(int64_t value, int64_t multiple) { return (value + multiple - 1) / multiple * multiple; }

inline Vector load(const float* from) {
  Vector vector;
  memcpy(&vector, from, sizeof vector);
  return vector;
}

inline void store(float* to, Vector vector) { memcpy(to, &vector, sizeof vector); }

/** Small whole numbers that go with the lanes of a vector; in memory they are bytes. */
typedef int32_t Places __attribute__((vector_size(lanes * sizeof(int32_t))));

// GCC converts bytes one by one unless it is told how.
#ifdef __AVX512F__
inline Places loadBytes(const uint8_t* from) {
  return (Places)_mm512_cvtepu8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from)));
}

inline void storeBytes(uint8_t* to, Places places) {
  _mm_storeu_si128(reinterpret_cast<__m128i*>(to), _mm512_cvtepi32_epi8((__m512i)places));
}
#else
inline Places loadBytes(const uint8_t* from) {
  return (Places)_mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(from)));
}

inline void storeBytes(uint8_t* to, Places places) {
  const __m256i all = (__m256i)places;
  const __m128i words = _mm_packus_epi32(_mm256_castsi256_si128(all), _mm256_extracti128_si256(all, 1));
  _mm_storel_epi64(reinterpret_cast<__m128i*>(to), _mm_packus_epi16(words, words));
}
#endif

#ifdef __AVX512F__
/** For each lane the number that it asks for: 0 to 15 of the left vector, 16 to 31 of the right. */
inline Vector pick(Vector left, Vector right, Places which) {
  return (Vector)_mm512_permutex2var_ps((__m512)left, (__m512i)which, (__m512)right);
}
#endif

/** Memory of a thread that it uses again in its next call. */
class Scratch {
 public:
  ~Scratch() { free(memory_); }
  float* get(size_t floats) {
    if (floats > size_) {
      free(memory_);
      size_ = 0;
      memory_ = static_cast<float*>(aligned_alloc(64, roundUp(floats * sizeof(float), 64)));
      if (memory_ == nullptr) throw std::bad_alloc();
      size_ = floats;
    }
    return memory_;
  }

 private:
  float* memory_ = nullptr;
  size_t size_ = 0;
};

/** What comes after a convolution. */
struct Epilogue {
  const float* bias;  // [channels out] or none
  bool relu;

  Vector operator()(Vector value, int64_t channel) const {
    if (bias != nullptr) value += load(bias + channel);
    return relu ? (value < 0 ? Vector{} : value) : value;  // a NaN stays
  }
};

// What a matrix product multiplies stands in words of 32 bits: a number each, or, where the processor adds the products of
// two pairs at once, a pair of bfloat16. Sums are always float32.

struct Float32 {
  static constexpr int each = 1;  // of the numbers in a word
  static Vector pack(Vector, Vector last) { return last; }
  static Vector addProducts(Vector sum, float word, Vector words) { return sum + word * words; }
};

#ifdef __AVX512BF16__
struct Bfloat16 {
  static constexpr int each = 2;
  static Vector pack(Vector first, Vector last) {
    const __m512i low = _mm512_cvtepu16_epi32((__m256i)_mm512_cvtneps_pbh((__m512)first));
    const __m512i high = _mm512_cvtepu16_epi32((__m256i)_mm512_cvtneps_pbh((__m512)last));
    return (Vector)_mm512_or_si512(low, _mm512_slli_epi32(high, 16));
  }
  static Vector addProducts(Vector sum, float word, Vector words) {
    return (Vector)_mm512_dpbf16_ps((__m512)sum, (__m512bh)_mm512_set1_ps(word), (__m512bh)words);
  }
};
#endif

/**
 * `out`, `rows` by `columns`, becomes or grows by the sum over i of a(i, row) * b(i, column), where i counts the words of
 * groups of `lanes`: a(i, row) stands at i * step + row * rowStep of its group, b(i, ...) after b(i - 1, ...).
 */
template <typename Number, int step, int rowStep, bool grows>
inline void multiply(const float* a, ptrdiff_t groupStep, const float* b, int64_t groups, float* out,
                     ptrdiff_t outStep) {
  Vector sums[rows][2];
  for (int row = 0; row < rows; row++) {
    for (int half = 0; half < 2; half++) {
      sums[row][half] = grows ? load(out + row * outStep + half * lanes) : Vector{};
    }
  }
  for (int64_t group = 0; group < groups; group++, a += groupStep) {
    for (int i = 0; i < lanes; i++, b += columns) {
      const Vector left = load(b), right = load(b + lanes);
      for (int row = 0; row < rows; row++) {
        const float word = a[i * step + row * rowStep];
        sums[row][0] = Number::addProducts(sums[row][0], word, left);
        sums[row][1] = Number::addProducts(sums[row][1], word, right);
      }
    }
  }
  for (int row = 0; row < rows; row++) {
    for (int half = 0; half < 2; half++) store(out + row * outStep + half * lanes, sums[row][half]);
  }
}

}  // namespace vectors
