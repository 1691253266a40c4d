#pragma once

#include <stdexcept>

#include "tensorflow/c/tf_status.h"

/** Where TensorFlow's C interface says how a call went. */
struct Status {
  TF_Status* status = TF_NewStatus();
  ~Status() { TF_DeleteStatus(status); }
  operator TF_Status*() const { return status; }
  /** Throws what went wrong. */
  void check() const {
    if (TF_GetCode(status) != TF_OK) throw std::runtime_error(TF_Message(status));
  }
};
