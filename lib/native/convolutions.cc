// The convolutions of `winograd.h` and `direct.h` as operations of TensorFlow, float32 throughout. Only TensorFlow's C
// interface is used:
// https://github.com/tensorflow/tensorflow/blob/v2.21.0/tensorflow/c/kernels.h
#include <functional>
#include <stdexcept>
#include <vector>

#include "direct.h"
#include "status.h"
#include "tensorflow/c/kernels.h"
#include "tensorflow/c/ops.h"
#include "winograd.h"

namespace {

using Sizes = std::vector<int64_t>;

// What a kernel sees --------------------------------------------------------------------------------------------------

/** An input; it lives as long as this. */
class Input {
 public:
  Input(TF_OpKernelContext* context, int index) {
    Status status;
    TF_GetInput(context, index, &tensor_, status);
    status.check();
    for (int axis = 0; axis < TF_NumDims(tensor_); axis++) sizes.push_back(TF_Dim(tensor_, axis));
  }
  ~Input() { TF_DeleteTensor(tensor_); }
  Input(const Input&) = delete;
  Input& operator=(const Input&) = delete;

  const float* values() const { return static_cast<const float*>(TF_TensorData(tensor_)); }
  const uint8_t* bytes() const { return static_cast<const uint8_t*>(TF_TensorData(tensor_)); }
  Sizes sizes;

 private:
  TF_Tensor* tensor_ = nullptr;
};

class Output {
 public:
  Output(TF_OpKernelContext* context, const Sizes& sizes, int index = 0, TF_DataType dtype = TF_FLOAT) {
    Status status;
    size_t bytes = TF_DataTypeSize(dtype);
    for (const int64_t size : sizes) bytes *= size;
    tensor_ = TF_AllocateOutput(context, index, dtype, sizes.data(), static_cast<int>(sizes.size()), bytes, status);
    status.check();
  }
  ~Output() { TF_DeleteTensor(tensor_); }
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  float* values() const { return static_cast<float*>(TF_TensorData(tensor_)); }
  uint8_t* bytes() const { return static_cast<uint8_t*>(TF_TensorData(tensor_)); }

 private:
  TF_Tensor* tensor_ = nullptr;
};

void expect(bool condition, const char* message) {
  if (!condition) throw std::invalid_argument(message);
}

int64_t integer(TF_OpKernelConstruction* construction, const char* name) {
  Status status;
  int64_t value = 0;
  TF_OpKernelConstruction_GetAttrInt64(construction, name, &value, status);
  status.check();
  return value;
}

bool boolean(TF_OpKernelConstruction* construction, const char* name) {
  Status status;
  TF_Bool value = 0;
  TF_OpKernelConstruction_GetAttrBool(construction, name, &value, status);
  status.check();
  return value != 0;
}

/** The sizes of the result, or of what is left of it behind max pooling of 2x2. */
template <bool pooled, typename Shape>
Sizes resultSizes(const Shape& shape) {
  constexpr int64_t stride = pooled ? pooling::window : 1;
  return {shape.images, shape.outHeight() / stride, shape.outWidth() / stride, shape.out};
}

/** What pooling gives, or, without it, the result alone. */
template <bool pooled, typename Shape, typename Body>
void withResults(TF_OpKernelContext* context, const Shape& shape, const Body& body) {
  const Sizes sizes = resultSizes<pooled>(shape);
  const Output y(context, sizes);
  if constexpr (pooled) {
    const Output places(context, sizes, 1, TF_UINT8);
    body(pooling::Pooled{y.values(), places.bytes()});
  } else {
    body(pooling::Pooled{y.values(), nullptr});
  }
}

winograd::Shape winogradShape(const Sizes& x, int64_t out, int64_t padding, bool pooled) {
  expect(x.size() == 4, "expected images as [image, row, column, channel]");
  const winograd::Shape shape{x[0], x[1], x[2], x[3], out, padding, pooled};
  expect(shape.in % vectors::lanes == 0 && out % vectors::lanes == 0, "expected whole vectors of channels");
  expect(shape.outHeight() > 0 && shape.outWidth() > 0, "expected images of 3 x 3 pixels or more");
  return shape;
}

/** Calls `body` with the gradient of a result: input `index`, and, where it was pooled, the places after it. */
template <bool pooled, typename Body>
void withGradients(TF_OpKernelContext* context, int index, const winograd::Shape& shape, const Body& body) {
  const Input dy(context, index);
  expect(dy.sizes == resultSizes<pooled>(shape), "expected gradients of the shape of the convolution's result");
  const std::vector<float> zeros(shape.out);
  const winograd::Images gradients{dy.values(), dy.sizes[1], dy.sizes[2], dy.sizes[3], zeros.data()};
  if constexpr (pooled) {
    const Input places(context, index + 1);
    expect(places.sizes == dy.sizes, "expected a place for each gradient");
    body(winograd::Windows::Source{gradients, places.bytes()});
  } else {
    body(winograd::Square<winograd::side>::Source{gradients, 0});
  }
}

/** Calls `body` with what matrix products are made of; `pairs` are those of bfloat16. */
template <typename Body>
void withNumber(bool pairs, const Body& body) {
  if (!pairs) return body(vectors::Float32{});
#ifdef __AVX512BF16__
  body(vectors::Bfloat16{});
#else
  expect(false, "expected a processor with products of bfloat16");
#endif
}

// The operations -------------------------------------------------------------------------------------------------------

struct WinogradFilter {
  const bool transposed, pairs;
  const int64_t threads;
  explicit WinogradFilter(TF_OpKernelConstruction* construction)
      : transposed(boolean(construction, "transposed")),
        pairs(boolean(construction, "pairs")),
        threads(integer(construction, "threads")) {}

  void compute(TF_OpKernelContext* context) const {
    const Input filter(context, 0);
    expect(filter.sizes.size() == 4 && filter.sizes[0] == 3 && filter.sizes[1] == 3, "expected a filter of 3 x 3");
    const int64_t in = filter.sizes[transposed ? 3 : 2], out = filter.sizes[transposed ? 2 : 3];
    withNumber(pairs, [&](auto number) {
      using Number = decltype(number);
      expect(in % (vectors::lanes * Number::each) == 0 && out % vectors::lanes == 0, "expected whole vectors of channels");
      const Output transformed(context, {winograd::filterSize<Number>(in, out)});
      winograd::transformFilters<Number>(filter.values(), in, out, transposed, transformed.values(),
                                         static_cast<int>(threads));
    });
  }
};

template <typename Number>
void expectFilter(const Input& filter, int64_t in, int64_t out) {
  expect(in % (vectors::lanes * Number::each) == 0, "expected whole vectors of channels");
  expect(filter.sizes == Sizes{winograd::filterSize<Number>(in, out)}, "expected a filter that WinogradFilter made");
}

template <bool pooled>
struct WinogradConvolution {
  const int64_t out, padding, threads;
  const bool relu, pairs;
  explicit WinogradConvolution(TF_OpKernelConstruction* construction)
      : out(integer(construction, "out")),
        padding(integer(construction, "padding")),
        threads(integer(construction, "threads")),
        relu(boolean(construction, "relu")),
        pairs(boolean(construction, "pairs")) {}

  void compute(TF_OpKernelContext* context) const {
    const Input x(context, 0), filter(context, 1), bias(context, 2);
    const winograd::Shape shape = winogradShape(x.sizes, out, padding, pooled);
    expect(bias.sizes == Sizes{out}, "expected a bias for each channel");
    const std::vector<float> zeros(shape.in);
    const winograd::Images images{x.values(), shape.height, shape.width, shape.in, zeros.data()};
    withNumber(pairs, [&](auto number) {
      using Number = decltype(number);
      expectFilter<Number>(filter, shape.in, out);
      withResults<pooled>(context, shape, [&](const pooling::Pooled& y) {
        winograd::convolve<Number>(shape, images, filter.values(), {bias.values(), relu}, y, static_cast<int>(threads));
      });
    });
  }
};

template <bool pooled>
struct WinogradInputGradient {
  const int64_t height, width, in, out, padding, threads;
  const bool pairs;
  explicit WinogradInputGradient(TF_OpKernelConstruction* construction)
      : height(integer(construction, "height")),
        width(integer(construction, "width")),
        in(integer(construction, "in")),
        out(integer(construction, "out")),
        padding(integer(construction, "padding")),
        threads(integer(construction, "threads")),
        pairs(boolean(construction, "pairs")) {}

  void compute(TF_OpKernelContext* context) const {
    const Input filter(context, 0), dy(context, 1);
    expect(dy.sizes.size() == 4, "expected gradients as [image, row, column, channel]");
    const winograd::Shape shape = winogradShape({dy.sizes[0], height, width, in}, out, padding, pooled);
    withNumber(pairs, [&](auto number) {
      using Number = decltype(number);
      expectFilter<Number>(filter, out, in);
      withGradients<pooled>(context, 1, shape, [&](const auto& source) {
        const Output dx(context, {shape.images, height, width, in});
        winograd::inputGradient<Number>(shape, source, filter.values(), dx.values(), static_cast<int>(threads));
      });
    });
  }
};

template <bool pooled>
struct WinogradFilterGradient {
  const int64_t padding, threads;
  const bool pairs;
  explicit WinogradFilterGradient(TF_OpKernelConstruction* construction)
      : padding(integer(construction, "padding")),
        threads(integer(construction, "threads")),
        pairs(boolean(construction, "pairs")) {}

  void compute(TF_OpKernelContext* context) const {
    const Input x(context, 0), dy(context, 1);
    expect(dy.sizes.size() == 4, "expected gradients as [image, row, column, channel]");
    const winograd::Shape shape = winogradShape(x.sizes, dy.sizes[3], padding, pooled);
    const std::vector<float> zeros(shape.in);
    const winograd::Images images{x.values(), shape.height, shape.width, shape.in, zeros.data()};
    const Output gradient(context, {3, 3, shape.in, shape.out});
    withNumber(pairs, [&](auto number) {
      withGradients<pooled>(context, 1, shape, [&](const auto& source) {
        winograd::filterGradient<decltype(number)>(shape, images, source, gradient.values(), static_cast<int>(threads));
      });
    });
  }
};

direct::Shape directShape(const Sizes& x, const Sizes& filter, bool same) {
  expect(x.size() == 4, "expected images as [image, row, column, channel]");
  expect(filter.size() == 4 && filter[2] == x[3], "expected a filter for as many channels as the images have");
  const direct::Shape shape{x[0], x[1], x[2], x[3], filter[0], filter[1], filter[3], same};
  expect(shape.in <= direct::mostIn && shape.wide() <= direct::mostWide, "expected fewer channels");
  expect(shape.out % vectors::lanes == 0, "expected whole vectors of channels");
  expect(shape.outHeight() > 0 && shape.outWidth() > 0, "expected images of the kernel's size or more");
  return shape;
}

template <bool pooled>
struct DirectConvolution {
  const bool same, relu;
  const int64_t threads;
  explicit DirectConvolution(TF_OpKernelConstruction* construction)
      : same(boolean(construction, "same")),
        relu(boolean(construction, "relu")),
        threads(integer(construction, "threads")) {}

  void compute(TF_OpKernelContext* context) const {
    constexpr decltype(&DirectConvolution::convolve<1>) ofChannels[] = {
        &DirectConvolution::convolve<1>, &DirectConvolution::convolve<2>, &DirectConvolution::convolve<3>,
        &DirectConvolution::convolve<4>};
    const Input x(context, 0), filter(context, 1), bias(context, 2);
    const direct::Shape shape = directShape(x.sizes, filter.sizes, same);
    expect(bias.sizes == Sizes{shape.out}, "expected a bias for each channel");
    (this->*ofChannels[shape.in - 1])(context, shape, x.values(), filter.values(), bias.values());
  }

  template <int in>
  void convolve(TF_OpKernelContext* context, const direct::Shape& shape, const float* x, const float* filter,
                const float* bias) const {
    const vectors::Epilogue epilogue{bias, relu};
    withResults<pooled>(context, shape, [&](const pooling::Pooled& y) {
      if constexpr (pooled) {
        direct::convolveAndPool<in>(shape, x, filter, epilogue, y, static_cast<int>(threads));
      } else {
        direct::convolve<in>(shape, x, filter, epilogue, y.values, static_cast<int>(threads));
      }
    });
  }
};

template <bool pooled>
struct DirectFilterGradient {
  const int64_t height, width, threads;
  const bool same;
  explicit DirectFilterGradient(TF_OpKernelConstruction* construction)
      : height(integer(construction, "height")),
        width(integer(construction, "width")),
        threads(integer(construction, "threads")),
        same(boolean(construction, "same")) {}

  void compute(TF_OpKernelContext* context) const {
    const Input x(context, 0), dy(context, 1);
    expect(x.sizes.size() == 4 && dy.sizes.size() == 4, "expected images as [image, row, column, channel]");
    const Sizes filter = {height, width, x.sizes[3], dy.sizes[3]};
    const direct::Shape shape = directShape(x.sizes, filter, same);
    expect(dy.sizes == resultSizes<pooled>(shape), "expected gradients of the shape of the result");
    const Output gradient(context, filter);
    if constexpr (pooled) {
      const Input places(context, 2);
      expect(places.sizes == dy.sizes, "expected a place for each gradient");
      direct::pooledFilterGradient(shape, x.values(), dy.values(), places.bytes(), gradient.values(),
                                   static_cast<int>(threads));
    } else {
      direct::filterGradient(shape, x.values(), dy.values(), gradient.values(), static_cast<int>(threads));
    }
  }
};

// Registration --------------------------------------------------------------------------------------------------------

/** Turns C++ exceptions into TensorFlow's errors. */
template <typename Body>
void guarded(Body body, const std::function<void(TF_Status*)>& fail) {
  try {
    body();
  } catch (const std::exception& error) {
    Status status;
    TF_SetStatus(status, TF_INVALID_ARGUMENT, error.what());
    fail(status);
  }
}

template <typename Kernel>
void* create(TF_OpKernelConstruction* construction) {
  Kernel* kernel = nullptr;
  guarded([&] { kernel = new Kernel(construction); },
          [&](TF_Status* status) { TF_OpKernelConstruction_Failure(construction, status); });
  return kernel;
}

template <typename Kernel>
void compute(void* kernel, TF_OpKernelContext* context) {
  guarded([&] { static_cast<const Kernel*>(kernel)->compute(context); },
          [&](TF_Status* status) { TF_OpKernelContext_Failure(context, status); });
}

template <typename Kernel>
void destroy(void* kernel) {
  delete static_cast<Kernel*>(kernel);
}

/** Whoever adds the operation to a graph says its result's shape: C functions that infer shapes cannot read attributes. */
void leaveShapeOpen(TF_ShapeInferenceContext* context, TF_Status* status) {
  TF_ShapeInferenceContextSetUnknownShape(context, status);
}

template <typename Kernel>
void registerOperation(const char* name, const std::vector<const char*>& inputs, const std::vector<const char*>& outputs,
                       const std::vector<const char*>& attributes) {
  TF_OpDefinitionBuilder* definition = TF_NewOpDefinitionBuilder(name);
  for (const char* input : inputs) TF_OpDefinitionBuilderAddInput(definition, input);
  for (const char* output : outputs) TF_OpDefinitionBuilderAddOutput(definition, output);
  for (const char* attribute : attributes) TF_OpDefinitionBuilderAddAttr(definition, attribute);
  TF_OpDefinitionBuilderSetShapeInferenceFunction(definition, leaveShapeOpen);
  Status status;
  TF_RegisterOpDefinition(definition, status);
  status.check();
  TF_KernelBuilder* kernel = TF_NewKernelBuilder(name, "CPU", create<Kernel>, compute<Kernel>, destroy<Kernel>);
  TF_RegisterKernelBuilder(name, kernel, status);
  status.check();
}

/** As soon as the library is loaded. */
const bool registered = [] {
  using Strings = std::vector<const char*>;
  registerOperation<WinogradFilter>("WinogradFilter", {"filter: float"}, {"transformed: float"},
                                    {"transposed: bool", "threads: int", "pairs: bool"});
  const Strings convolved = {"x: float", "filter: float", "bias: float"}, result = {"y: float"};
  const Strings pooled = {"y: float", "places: uint8"};
  const Strings winograd = {"out: int", "padding: int", "threads: int", "relu: bool", "pairs: bool"};
  registerOperation<WinogradConvolution<false>>("WinogradConv2D", convolved, result, winograd);
  registerOperation<WinogradConvolution<true>>("WinogradConv2DMaxPool", convolved, pooled, winograd);
  const Strings direct = {"same: bool", "threads: int", "relu: bool"};
  registerOperation<DirectConvolution<false>>("DirectConv2D", convolved, result, direct);
  registerOperation<DirectConvolution<true>>("DirectConv2DMaxPool", convolved, pooled, direct);

  const Strings ofInput = {"filter: float", "dy: float"}, ofPooledInput = {"filter: float", "dy: float", "places: uint8"};
  const Strings gradient = {"gradient: float"};
  const Strings inputGradient = {"height: int",  "width: int",   "in: int",    "out: int",
                                 "padding: int", "threads: int", "pairs: bool"};
  registerOperation<WinogradInputGradient<false>>("WinogradConv2DBackpropInput", ofInput, gradient, inputGradient);
  registerOperation<WinogradInputGradient<true>>("WinogradConv2DMaxPoolBackpropInput", ofPooledInput, gradient,
                                                 inputGradient);

  const Strings ofFilter = {"x: float", "dy: float"}, ofPooledFilter = {"x: float", "dy: float", "places: uint8"};
  const Strings filterGradient = {"padding: int", "threads: int", "pairs: bool"};
  registerOperation<WinogradFilterGradient<false>>("WinogradConv2DBackpropFilter", ofFilter, gradient, filterGradient);
  registerOperation<WinogradFilterGradient<true>>("WinogradConv2DMaxPoolBackpropFilter", ofPooledFilter, gradient,
                                                  filterGradient);
  const Strings directGradient = {"height: int", "width: int", "same: bool", "threads: int"};
  registerOperation<DirectFilterGradient<false>>("DirectConv2DBackpropFilter", ofFilter, gradient, directGradient);
  registerOperation<DirectFilterGradient<true>>("DirectConv2DMaxPoolBackpropFilter", ofPooledFilter, gradient,
                                                directGradient);
  return true;
}();

}  // namespace
