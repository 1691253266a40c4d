// Loads TensorFlow's library without the notice that oneDNN is on, which TensorFlow prints while it is being loaded,
// before any log level holds. Whatever else comes to standard error meanwhile is passed on.
#include <dlfcn.h>
#include <node_api.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern "C" napi_value napi_register_module_v1(napi_env env, napi_value exports) {
  FILE* held = tmpfile();
  int error_output = dup(STDERR_FILENO);
  if (held == nullptr || error_output < 0) return exports;
  dup2(fileno(held), STDERR_FILENO);
  dlopen(TENSORFLOW, RTLD_NOW);  // Found by this module's rpath; a failure shows again when the binding is loaded.
  fflush(stderr);
  dup2(error_output, STDERR_FILENO);
  close(error_output);
  rewind(held);
  char* line = nullptr;
  size_t capacity = 0;
  while (getline(&line, &capacity, held) > 0) {
    bool notice = strstr(line, "oneDNN custom operations are on") || strstr(line, "before absl::InitializeLog()");
    if (!notice) fputs(line, stderr);
  }
  free(line);
  fclose(held);
  return exports;
}
