// A TensorFlow graph and its session for Node: nodes are added one by one, TensorFlow infers their shapes, and the
// graph runs on a thread of its own while JavaScript goes on. Only TensorFlow's C interface is used:
// https://github.com/tensorflow/tensorflow/blob/master/tensorflow/c/c_api.h
#define NAPI_EXPERIMENTAL_NOGC_ENV_OPT_OUT
#include <node_api.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

#include <condition_variable>
#include <cstring>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <vector>

#include "status.h"
#include "tensorflow/c/c_api.h"

namespace {

struct Graph {
  TF_Graph* graph = TF_NewGraph();
  TF_Session* session = nullptr;
  std::mutex busy;  // Held while the graph runs or grows.
  // Runs take place one after the other in the order they were asked for, so each has the number of its turn: a read
  // of the weights that is asked for after a step sees what the step made of them.
  std::mutex turns;
  std::condition_variable turnEnded;
  uint64_t nextTurn = 0, presentTurn = 0;

  ~Graph() {
    TF_Status* status = TF_NewStatus();
    if (session != nullptr) TF_DeleteSession(session, status);
    TF_DeleteStatus(status);
    TF_DeleteGraph(graph);
  }
};
using GraphPointer = std::shared_ptr<Graph>;

void check(napi_status status, const char* expected) {
  if (status != napi_ok) throw std::invalid_argument(std::string("expected ") + expected);
}

// From JavaScript ----------------------------------------------------------------------------------------------------

std::string toString(napi_env env, napi_value value) {
  size_t length = 0;
  check(napi_get_value_string_utf8(env, value, nullptr, 0, &length), "a string");
  std::string text(length, '\0');
  napi_get_value_string_utf8(env, value, &text[0], length + 1, &length);
  return text;
}

int64_t toInteger(napi_env env, napi_value value) {
  int64_t number = 0;
  check(napi_get_value_int64(env, value, &number), "a number");
  return number;
}

double toNumber(napi_env env, napi_value value) {
  double number = 0;
  check(napi_get_value_double(env, value, &number), "a number");
  return number;
}

bool toBoolean(napi_env env, napi_value value) {
  bool boolean = false;
  check(napi_get_value_bool(env, value, &boolean), "a boolean");
  return boolean;
}

napi_value property(napi_env env, napi_value object, const char* name) {
  napi_value value = nullptr;
  check(napi_get_named_property(env, object, name, &value), name);
  return value;
}

bool isArray(napi_env env, napi_value value) {
  bool array = false;
  napi_is_array(env, value, &array);
  return array;
}

template <typename Convert>
auto toVector(napi_env env, napi_value array, Convert convert) -> std::vector<decltype(convert(env, array))> {
  uint32_t length = 0;
  check(napi_get_array_length(env, array, &length), "an array");
  std::vector<decltype(convert(env, array))> values;
  values.reserve(length);
  for (uint32_t i = 0; i < length; i++) {
    napi_value element = nullptr;
    napi_get_element(env, array, i, &element);
    values.push_back(convert(env, element));
  }
  return values;
}

/** A copy of the typed array {dtype, shape, data}, so that JavaScript may change its own while the graph runs. */
TF_Tensor* toTensor(napi_env env, napi_value object) {
  const auto dtype = static_cast<TF_DataType>(toInteger(env, property(env, object, "dtype")));
  const auto shape = toVector(env, property(env, object, "shape"), toInteger);
  size_t count = 1;
  for (int64_t size : shape) count *= static_cast<size_t>(size);
  void* data = nullptr;
  size_t length = 0, offset = 0;
  napi_value buffer = nullptr;
  napi_typedarray_type type;
  check(napi_get_typedarray_info(env, property(env, object, "data"), &type, &length, &data, &buffer, &offset),
        "a typed array");
  if (length != count) {
    throw std::invalid_argument("expected " + std::to_string(count) + " values, got " + std::to_string(length));
  }
  const size_t bytes = count * TF_DataTypeSize(dtype);
  TF_Tensor* tensor = TF_AllocateTensor(dtype, shape.data(), static_cast<int>(shape.size()), bytes);
  if (bytes > 0) memcpy(TF_TensorData(tensor), data, bytes);
  return tensor;
}

GraphPointer& graphOf(napi_env env, napi_value self) {
  void* pointer = nullptr;
  check(napi_unwrap(env, self, &pointer), "a graph that is not closed");
  auto& graph = *static_cast<GraphPointer*>(pointer);
  if (!graph) throw std::invalid_argument("expected a graph that is not closed");
  return graph;
}

TF_Output toOutput(TF_Graph* graph, const std::string& reference) {
  const size_t colon = reference.find(':');
  TF_Operation* operation = TF_GraphOperationByName(graph, reference.substr(0, colon).c_str());
  if (operation == nullptr) throw std::invalid_argument("no node is called " + reference);
  return {operation, colon == std::string::npos ? 0 : std::stoi(reference.substr(colon + 1))};
}

/** Turns C++ exceptions into JavaScript's. */
template <typename Body>
napi_value guarded(napi_env env, napi_callback_info info, Body body) {
  size_t count = 6;
  napi_value arguments[6] = {};
  napi_value self = nullptr;
  napi_get_cb_info(env, info, &count, arguments, &self, nullptr);
  try {
    return body(self, arguments);
  } catch (const std::exception& error) {
    napi_throw_error(env, nullptr, error.what());
    return nullptr;
  }
}

// The graph ----------------------------------------------------------------------------------------------------------

/** new GraphSession({ intraOpThreads, interOpThreads, mixedBfloat16 }); 0 threads leave the choice to TensorFlow. */
napi_value construct(napi_env env, napi_callback_info info) {
  return guarded(env, info, [&](napi_value self, napi_value* arguments) {
    const int64_t intra = toInteger(env, property(env, arguments[0], "intraOpThreads"));
    const int64_t inter = toInteger(env, property(env, arguments[0], "interOpThreads"));
    const bool mixedBfloat16 = toBoolean(env, property(env, arguments[0], "mixedBfloat16"));
    auto graph = std::make_shared<Graph>();
    TF_SessionOptions* options = TF_NewSessionOptions();
    // A ConfigProto in protobuf's wire format: fields 2 and 5 are the thread counts, both below 128 to be one byte.
    std::vector<uint8_t> config = {0x10, static_cast<uint8_t>(intra & 0x7f), 0x28, static_cast<uint8_t>(inter & 0x7f)};
    // graph_options (10) { rewrite_options (10) { auto_mixed_precision_onednn_bfloat16 (31): ON (1) } }
    if (mixedBfloat16) config.insert(config.end(), {0x52, 0x05, 0x52, 0x03, 0xf8, 0x01, 0x01});
    Status status;
    TF_SetConfig(options, config.data(), config.size(), status);
    if (TF_GetCode(status) == TF_OK) graph->session = TF_NewSession(graph->graph, options, status);
    TF_DeleteSessionOptions(options);
    status.check();
    const auto finalize = [](napi_env, void* data, void*) { delete static_cast<GraphPointer*>(data); };
    napi_wrap(env, self, new GraphPointer(graph), finalize, nullptr, nullptr);
    return self;
  });
}

void setAttribute(napi_env env, TF_OperationDescription* description, napi_value attribute) {
  const std::string text = toString(env, property(env, attribute, "name"));
  const char* name = text.c_str();
  napi_value value = property(env, attribute, "value");
  const bool list = isArray(env, value);
  switch (toInteger(env, property(env, attribute, "type"))) {
    case TF_ATTR_STRING: {
      const std::string content = toString(env, value);
      return TF_SetAttrString(description, name, content.data(), content.size());
    }
    case TF_ATTR_INT: {
      if (!list) return TF_SetAttrInt(description, name, toInteger(env, value));
      const auto values = toVector(env, value, toInteger);
      return TF_SetAttrIntList(description, name, values.data(), static_cast<int>(values.size()));
    }
    case TF_ATTR_FLOAT:
      return TF_SetAttrFloat(description, name, static_cast<float>(toNumber(env, value)));
    case TF_ATTR_BOOL:
      return TF_SetAttrBool(description, name, toBoolean(env, value));
    case TF_ATTR_TYPE:
      return TF_SetAttrType(description, name, static_cast<TF_DataType>(toInteger(env, value)));
    case TF_ATTR_SHAPE: {
      const auto values = toVector(env, value, toInteger);
      return TF_SetAttrShape(description, name, values.data(), static_cast<int>(values.size()));
    }
    case TF_ATTR_TENSOR: {
      TF_Tensor* tensor = toTensor(env, value);
      Status status;
      TF_SetAttrTensor(description, name, tensor, status);
      TF_DeleteTensor(tensor);
      return status.check();
    }
  }
  throw std::invalid_argument("the kind of attribute " + text + " is not known");
}

/** [{ dtype, shape }] of a node's outputs; a size that is not known stands as -1, a shape as null. */
napi_value outputsOf(napi_env env, TF_Graph* graph, TF_Operation* operation) {
  napi_value outputs = nullptr;
  napi_create_array(env, &outputs);
  for (int i = 0; i < TF_OperationNumOutputs(operation); i++) {
    const TF_Output output = {operation, i};
    Status status;
    const int rank = TF_GraphGetTensorNumDims(graph, output, status);
    std::vector<int64_t> sizes(rank > 0 ? rank : 0);
    if (rank > 0) TF_GraphGetTensorShape(graph, output, sizes.data(), rank, status);
    status.check();
    napi_value entry = nullptr, dtype = nullptr, shape = nullptr;
    napi_create_object(env, &entry);
    napi_create_int32(env, TF_OperationOutputType(output), &dtype);
    napi_set_named_property(env, entry, "dtype", dtype);
    if (rank < 0) {
      napi_get_null(env, &shape);
    } else {
      napi_create_array_with_length(env, rank, &shape);
    }
    for (int axis = 0; axis < rank; axis++) {
      napi_value size = nullptr;
      napi_create_int64(env, sizes[axis], &size);
      napi_set_element(env, shape, axis, size);
    }
    napi_set_named_property(env, entry, "shape", shape);
    napi_set_element(env, outputs, i, entry);
  }
  return outputs;
}

/**
 * addNode(op, name, inputs, controlInputs, attributes, shape): inputs are "node:output", or lists of those where the op
 * takes a list; `shape` is that of the first output where TensorFlow does not infer it, else undefined. Answers the outputs'
 * dtypes and shapes.
 */
napi_value addNode(napi_env env, napi_callback_info info) {
  return guarded(env, info, [&](napi_value self, napi_value* arguments) {
    const GraphPointer graph = graphOf(env, self);
    const std::lock_guard<std::mutex> lock(graph->busy);
    TF_Graph* nodes = graph->graph;
    const auto output = [&](napi_env, napi_value value) { return toOutput(nodes, toString(env, value)); };
    // Everything that may throw comes first: an unfinished TF_OperationDescription cannot be thrown away.
    struct Input { bool list; std::vector<TF_Output> outputs; };
    const auto inputs = toVector(env, arguments[2], [&](napi_env, napi_value value) {
      return isArray(env, value) ? Input{true, toVector(env, value, output)} : Input{false, {output(env, value)}};
    });
    const auto controls = toVector(env, arguments[3], output);
    const std::string op = toString(env, arguments[0]), name = toString(env, arguments[1]);
    if (TF_GraphOperationByName(nodes, name.c_str())) throw std::invalid_argument("a node is called " + name + " already");
    TF_OperationDescription* description = TF_NewOperation(nodes, op.c_str(), name.c_str());
    Status status;
    for (const Input& input : inputs) {
      if (input.list) {
        TF_AddInputList(description, input.outputs.data(), static_cast<int>(input.outputs.size()));
      } else {
        TF_AddInput(description, input.outputs[0]);
      }
    }
    for (const TF_Output& control : controls) TF_AddControlInput(description, control.oper);
    toVector(env, arguments[4], [&](napi_env, napi_value value) {
      setAttribute(env, description, value);
      return true;
    });
    TF_Operation* operation = TF_FinishOperation(description, status);
    status.check();
    if (isArray(env, arguments[5])) {
      const auto sizes = toVector(env, arguments[5], toInteger);
      TF_GraphSetTensorShape(nodes, {operation, 0}, sizes.data(), static_cast<int>(sizes.size()), status);
      status.check();
    }
    return outputsOf(env, nodes, operation);
  });
}

// Running ------------------------------------------------------------------------------------------------------------

struct Run {
  GraphPointer graph;
  std::vector<TF_Output> feeds, fetches;
  std::vector<TF_Operation*> targets;
  std::vector<TF_Tensor*> inputs, outputs;
  bool trace = false;  // whether TensorFlow keeps times
  uint64_t turn = 0;
  std::string error, metadata;
  napi_deferred deferred = nullptr;
  napi_async_work work = nullptr;

  ~Run() {
    for (TF_Tensor* tensor : inputs) TF_DeleteTensor(tensor);
    for (TF_Tensor* tensor : outputs) {
      if (tensor != nullptr) TF_DeleteTensor(tensor);
    }
  }

  void execute() {
    std::unique_lock<std::mutex> waiting(graph->turns);
    graph->turnEnded.wait(waiting, [this] { return graph->presentTurn == turn; });
    waiting.unlock();
    runGraph();
    waiting.lock();
    graph->presentTurn++;
    graph->turnEnded.notify_all();
  }

  void runGraph() {
    const std::lock_guard<std::mutex> lock(graph->busy);
    Status status;
    const uint8_t fullTrace[] = {0x08, 0x03};  // a RunOptions in wire format: field 1, trace_level, is FULL_TRACE
    TF_Buffer* options = trace ? TF_NewBufferFromString(fullTrace, sizeof fullTrace) : nullptr;
    TF_Buffer* kept = trace ? TF_NewBuffer() : nullptr;
    TF_SessionRun(graph->session, options, feeds.data(), inputs.data(), static_cast<int>(feeds.size()),
                  fetches.data(), outputs.data(), static_cast<int>(fetches.size()), targets.data(),
                  static_cast<int>(targets.size()), kept, status);
    if (TF_GetCode(status) != TF_OK) error = TF_Message(status);
    if (!trace) return;
    metadata.assign(static_cast<const char*>(kept->data), kept->length);
    TF_DeleteBuffer(options);
    TF_DeleteBuffer(kept);
  }
};

/** From (feeds, fetches, targets): feeds are { name, dtype, shape, data }, the others names. */
std::unique_ptr<Run> prepare(napi_env env, napi_value self, napi_value* arguments) {
  auto run = std::make_unique<Run>();
  run->graph = graphOf(env, self);
  TF_Graph* nodes = run->graph->graph;
  toVector(env, arguments[0], [&](napi_env, napi_value feed) {
    run->feeds.push_back(toOutput(nodes, toString(env, property(env, feed, "name"))));
    run->inputs.push_back(toTensor(env, feed));
    return true;
  });
  run->fetches = toVector(env, arguments[1], [&](napi_env, napi_value name) {
    return toOutput(nodes, toString(env, name));
  });
  run->targets = toVector(env, arguments[2], [&](napi_env, napi_value name) {
    return toOutput(nodes, toString(env, name)).oper;
  });
  run->outputs.resize(run->fetches.size(), nullptr);
  run->turn = run->graph->nextTurn++;  // The last thing to do: a turn that is taken must also be run.
  return run;
}

/** The fetched values, each as an ArrayBuffer of its own. */
napi_value results(napi_env env, const Run& run) {
  napi_value values = nullptr;
  napi_create_array_with_length(env, run.outputs.size(), &values);
  for (size_t i = 0; i < run.outputs.size(); i++) {
    const size_t bytes = TF_TensorByteSize(run.outputs[i]);
    void* data = nullptr;
    napi_value buffer = nullptr;
    check(napi_create_arraybuffer(env, bytes, &data, &buffer), "memory for the results");
    if (bytes > 0) memcpy(data, TF_TensorData(run.outputs[i]), bytes);
    napi_set_element(env, values, static_cast<uint32_t>(i), buffer);
  }
  return values;
}

napi_value runSync(napi_env env, napi_callback_info info) {
  return guarded(env, info, [&](napi_value self, napi_value* arguments) {
    const auto run = prepare(env, self, arguments);
    run->execute();
    if (!run->error.empty()) throw std::runtime_error(run->error);
    return results(env, *run);
  });
}

/** profile(feeds, fetches, targets): runs and answers TensorFlow's RunMetadata, serialized. */
napi_value profile(napi_env env, napi_callback_info info) {
  return guarded(env, info, [&](napi_value self, napi_value* arguments) {
    const auto run = prepare(env, self, arguments);
    run->trace = true;
    run->execute();
    if (!run->error.empty()) throw std::runtime_error(run->error);
    void* data = nullptr;
    napi_value buffer = nullptr;
    check(napi_create_arraybuffer(env, run->metadata.size(), &data, &buffer), "memory for the profile");
    memcpy(data, run->metadata.data(), run->metadata.size());
    return buffer;
  });
}

napi_value runAsync(napi_env env, napi_callback_info info) {
  return guarded(env, info, [&](napi_value self, napi_value* arguments) {
    auto run = prepare(env, self, arguments);
    napi_value promise = nullptr, name = nullptr;
    napi_create_promise(env, &run->deferred, &promise);
    napi_create_string_utf8(env, "GraphSession.run", NAPI_AUTO_LENGTH, &name);
    const auto execute = [](napi_env, void* data) { static_cast<Run*>(data)->execute(); };
    const auto complete = [](napi_env env, napi_status, void* data) {
      const std::unique_ptr<Run> run(static_cast<Run*>(data));
      napi_delete_async_work(env, run->work);
      if (run->error.empty()) {
        napi_resolve_deferred(env, run->deferred, results(env, *run));
        return;
      }
      napi_value message = nullptr, error = nullptr;
      napi_create_string_utf8(env, run->error.c_str(), run->error.size(), &message);
      napi_create_error(env, nullptr, message, &error);
      napi_reject_deferred(env, run->deferred, error);
    };
    check(napi_create_async_work(env, nullptr, name, execute, complete, run.get(), &run->work), "room for the work");
    check(napi_queue_async_work(env, run->work), "room for the work");
    run.release();  // complete() takes it over.
    return promise;
  });
}

/** Frees the graph, its variables with it, as soon as no run needs them. */
napi_value close(napi_env env, napi_callback_info info) {
  return guarded(env, info, [&](napi_value self, napi_value*) {
    graphOf(env, self).reset();
    napi_value undefined = nullptr;
    napi_get_undefined(env, &undefined);
    return undefined;
  });
}

/**
 * loadConvolutions(folder): the operations of convolutions.cc for this processor's vectors. Answers which those are:
 * "avx512_bf16", "avx512", "avx2", or "" where there are none.
 */
napi_value loadConvolutions(napi_env env, napi_callback_info info) {
  return guarded(env, info, [&](napi_value, napi_value* arguments) {
    std::string vectors;
#if defined(__x86_64__) && defined(__linux__)
    if (__builtin_cpu_supports("avx512bf16")) {
      vectors = "avx512_bf16";
    } else if (__builtin_cpu_supports("avx512f")) {
      vectors = "avx512";
    } else if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
      vectors = "avx2";
    }
#endif
    if (!vectors.empty()) {
      Status status;
      TF_LoadLibrary((toString(env, arguments[0]) + "/convolutions_" + vectors + ".so").c_str(), status);
      status.check();  // the library stays loaded, so nobody needs what TF_LoadLibrary answers
    }
    napi_value answer = nullptr;
    napi_create_string_utf8(env, vectors.c_str(), vectors.size(), &answer);
    return answer;
  });
}

/**
 * glibc gives the memory of every large tensor back to the system and takes pages full of zeros for the next one. A
 * training asks for the same sizes again at once, so freed memory is kept.
 * https://www.gnu.org/software/libc/manual/html_node/Malloc-Tunable-Parameters.html
 */
void keepFreedMemory() {
#ifdef __GLIBC__
  constexpr int most = 2'000'000'000;  // bytes; an int is what mallopt takes
  mallopt(M_MMAP_MAX, 0);
  mallopt(M_TRIM_THRESHOLD, most);
  mallopt(M_TOP_PAD, 64 << 20);
#endif
}

}  // namespace

extern "C" napi_value napi_register_module_v1(napi_env env, napi_value exports) {
  keepFreedMemory();
  const auto method = [](const char* name, napi_callback callback) {
    return napi_property_descriptor{name, nullptr, callback, nullptr, nullptr, nullptr, napi_default_method, nullptr};
  };
  const napi_property_descriptor methods[] = {method("addNode", addNode), method("run", runAsync),
                                              method("runSync", runSync), method("profile", profile),
                                              method("close", close)};
  napi_value constructor = nullptr;
  napi_define_class(env, "GraphSession", NAPI_AUTO_LENGTH, construct, nullptr, 5, methods, &constructor);
  napi_set_named_property(env, exports, "GraphSession", constructor);
  napi_value load = nullptr;
  napi_create_function(env, "loadConvolutions", NAPI_AUTO_LENGTH, loadConvolutions, nullptr, &load);
  napi_set_named_property(env, exports, "loadConvolutions", load);
  return exports;
}
